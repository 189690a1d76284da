//! Fences: after a restore nothing leaves until a person has said what was sent meanwhile.
//!
//! A ledger from yesterday has forgotten today's notices and would send them again. Such a ledger is fenced, by `restore` or
//! because it is behind its mark (`store::mark`): the planner issues nothing and no step is started. [`lift`] ends
//! it: what the servers have recorded is entered as sent ([`recognise`]), or what nobody knows becomes `unknown`.

mod lift;
mod recognise;

pub use lift::{Answer, Lift, Lifted, Recognised, Recorded};

use super::Engine;
use super::error::EngineError;
use super::issue::{Draft, rung};
use super::unit::Unit;
use crate::domain::ids::TenantId;
use crate::store::fence::FenceCause;
use crate::store::tenant::TenantTx;
use std::collections::BTreeSet;

/// Why a notice is `unknown` that fell due in a window of which nobody knows what was sent.
pub const DOUBTFUL: &str = "it may have been sent before the ledger was restored; a person must look";

impl Engine {
    /// Fences a tenant whose ledger was restored from a backup. Does nothing where a fence holds already.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn fence_restored(&self, tenant: TenantId) -> Result<(), EngineError> {
        let mut tx: TenantTx = self.store.begin_tenant(tenant).await?;
        if !tx.is_fenced() {
            let mark = self.store.marks().of(tenant);
            tx.raise_fence(FenceCause::Restored, mark.as_ref(), self.clock.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Compares a tenant's chain with the mark of what was done under it, entry by hash. Whether it is fenced.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn confirm_mark(&self, tenant: TenantId) -> Result<bool, EngineError> {
        let mut tx = self.store.begin_tenant(tenant).await?;
        tx.confirm_mark(self.clock.now()).await?;
        let fenced = tx.is_fenced();
        tx.commit().await?;
        Ok(fenced)
    }
}

/// Which of these drafts may have been sent before the ledger was restored. A stage of which a person has said that it was
/// not sent is free.
pub(super) async fn doubtful(unit: &mut Unit, drafts: &[Draft]) -> Result<Vec<bool>, EngineError> {
    let Some(until) = unit.tx.uncertain_until() else { return Ok(vec![false; drafts.len()]) };
    let mut stages = BTreeSet::new();
    for case in drafts.iter().flat_map(|draft| &draft.cases) {
        let last_date = unit.edition(case.instance.workflow)?.calendar.date(until);
        stages.extend(rung(case).filter(|(_, date)| *date <= last_date).map(|(stage, _)| (case.instance.id, stage)));
    }
    let asked: Vec<_> = stages.iter().copied().collect();
    for (invoice, stage) in unit.tx.answered(&asked).await? {
        stages.retain(|(id, own)| *id != invoice || i64::try_from(*own) != Ok(stage));
    }
    let in_doubt =
        |draft: &Draft| draft.cases.iter().any(|case| rung(case).is_some_and(|(stage, _)| stages.contains(&(case.instance.id, stage))));
    Ok(drafts.iter().map(in_doubt).collect())
}
