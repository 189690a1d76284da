//! Leaves a proposal out of its run: it is taken back, and in the same transaction its invoices rest or pass by the stage, so that no
//! planner proposes them again in between.

use super::Engine;
use super::error::EngineError;
use super::holds::Hold;
use super::operate::{Cause, Scope, because};
use crate::domain::ids::{NoticeId, TenantId};
use crate::domain::instance::{Command, State};
use chrono::NaiveDate;

/// What becomes of the invoices of a proposal that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// They rest until this day, or until somebody ends it.
    Rest(Option<NaiveDate>),
    /// Their stage is passed by.
    Skip,
}

impl Engine {
    /// Takes a proposal back, and lets its invoices rest or pass by the stage; how many there are.
    ///
    /// # Errors
    /// When there is no such proposal, or the day is not in the future.
    pub async fn leave_out(&self, tenant: TenantId, notice: &NoticeId, instead: Instead, cause: &Cause) -> Result<usize, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let mut cases = self.recall_within(&mut unit, notice, &["proposed"], cause).await?;
        for case in &mut cases {
            match instead {
                Instead::Rest(until) => {
                    let scope = Scope::Invoice(case.instance.id);
                    let hold = Hold { scope, kind: "pause", amount_minor: None, until, owner: None };
                    Self::hold_within(&mut unit, &hold, cause).await?;
                    unit.save().await?;
                }
                // What was paid meanwhile has no stage to pass by.
                Instead::Skip if matches!(case.instance.state, State::Waiting { .. }) => {
                    unit.act(case, &Command::Skip, because(cause))?;
                }
                Instead::Skip => {}
            }
        }
        unit.commit().await?;
        Ok(cases.len())
    }
}
