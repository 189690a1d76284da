//! What the flight logs of this machine's dead processes tell of the steps that they had started (`store/flight.rs`).

use super::Engine;
use super::error::EngineError;
use super::issue::Ready;
use super::ports::{Material, Outcome};
use super::settle::Ended;
use super::snapshot::{Snapshot, compose_job};
use super::start::Task;
use super::unit::Unit;
use crate::domain::pool::Pool;
use crate::store::flight::{Answered, Flown};
use crate::store::steps::StepRow;
use std::sync::Arc;

impl Engine {
    /// Lets it know, before it takes up what others left, what the dead's logs prove.
    pub fn learn_flown(&self, flown: Vec<Flown>) {
        let _ = self.flown.set(flown);
    }

    /// Sees to what this machine's dead had started, and writes them down as dead: on a shared ledger, before somebody does it who
    /// can't read their logs.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn acquit(&self) -> Result<(), EngineError> {
        for flown in self.flown.get().into_iter().flatten() {
            for tenant in self.tenants() {
                let held = self.tenant_with_editions(tenant).await?;
                let mut unit = Unit::begin(&self.store, held, self.clock.now(), "system").await?;
                let started = unit.tx.started_by(flown.owner()).await?;
                // What is queued by it is rung for with everything else that the dead left.
                self.heed_flown(&mut unit, started).await?;
                unit.commit_keeping_facts().await?;
            }
            self.store.sign_off(flown.owner(), self.clock.now()).await?;
        }
        Ok(())
    }

    /// Of steps that dead processes had started: what certainly never began is queued again, what was answered is settled. The
    /// others, of which the logs know no more than that they may be out; and steps whose turn comes.
    pub(super) async fn heed_flown(
        &self,
        unit: &mut Unit,
        lost: Vec<(StepRow, String)>,
    ) -> Result<(Vec<StepRow>, Vec<Ready>), EngineError> {
        let (mut unbegun, mut answered, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for (step, owner) in lost {
            match self.told(unit, &step, &owner) {
                Told::Nothing => rest.push(step),
                Told::NeverBegan => unbegun.push((step.id, step.epoch)),
                Told::Answered(answer) => answered.push((step, answer)),
            }
        }
        unit.tx.put_back(&unbegun, unit.now).await?;
        let ready = self.settle_answered(unit, answered).await?;
        Ok((rest, ready))
    }

    fn told(&self, unit: &Unit, step: &StepRow, owner: &str) -> Told {
        // Only what is sent has entries.
        if step.pool != Pool::Send {
            return Told::Nothing;
        }
        for flown in self.flown.get().into_iter().flatten() {
            if flown.never_began(owner, unit.tx.tenant, step.id, step.epoch) {
                return Told::NeverBegan;
            }
            if let Some(answer) = flown.answered(owner, unit.tx.tenant, step.id, step.epoch) {
                return Told::Answered(answer.clone());
            }
        }
        Told::Nothing
    }

    async fn settle_answered(&self, unit: &mut Unit, answered: Vec<(StepRow, Answered)>) -> Result<Vec<Ready>, EngineError> {
        let (notices, _) = unit.notices_with_cases(answered.iter().map(|(step, _)| step.notice.clone()).collect()).await?;
        let mut ended = Vec::with_capacity(answered.len());
        for (step, Answered { at, reply }) in answered {
            let Some(notice) = notices.get(&step.notice) else { continue };
            // As it was read before it started.
            let step = StepRow { epoch: step.epoch - 1, ..step };
            let snapshot = Snapshot { step, notice: notice.clone(), cases: Vec::new(), facts_seq: None, at };
            unit.edition(notice.workflow)?;
            let job = compose_job(&unit.tenant, &snapshot, |_, wanted| wanted.to_owned())?;
            let task = Arc::new(Task::new(snapshot, job, Ok(Material::default())));
            ended.push(Ended { task, outcome: Outcome::Done { reply }, at });
        }
        if ended.is_empty() { Ok(Vec::new()) } else { self.settle(unit, &ended, true).await }
    }
}

/// What the logs tell of a step.
enum Told {
    /// It may be out.
    Nothing,
    NeverBegan,
    Answered(Answered),
}
