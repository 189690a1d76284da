//! What the flight logs of this machine's dead processes tell of the steps that they had started (`store/flight.rs`).

use super::Engine;
use super::error::EngineError;
use super::issue::Ready;
use super::ports::{Material, Outcome};
use super::settle::Ended;
use super::snapshot::{Snapshot, compose_job};
use super::start::Task;
use super::unit::Unit;
use crate::domain::ids::TenantId;
use crate::domain::pool::Pool;
use crate::domain::time::Timestamp;
use crate::store::flight::{self, Answered, Flight, Flown};
use crate::store::steps::StepRow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The logs of this machine's dead, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Fallen {
    /// Beside which file the logs are; without it there are none.
    base: OnceLock<PathBuf>,
    logs: Mutex<Vec<Flown>>,
}

impl Fallen {
    fn read(&self, base: &Path) -> Result<(), EngineError> {
        let found = flight::fallen(base)?;
        *self.logs.lock().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }

    fn logs(&self) -> Vec<Flown> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// Lets it know, before it takes up what others left, where the logs are, and reads those of the dead.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn learn_flown(&self, base: PathBuf) -> Result<(), EngineError> {
        self.fallen.read(self.fallen.base.get_or_init(|| base))
    }

    /// Begins this process's own log with room for so many steps, once, after everything that others left has been taken up.
    /// `None` where it can't have one.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin_flight(&self, room: usize) -> Result<Option<Flight>, EngineError> {
        let Some(base) = self.fallen.base.get() else { return Ok(None) };
        let settled = self.fallen.logs();
        Ok(flight::begin(base, &self.owner.name(), room, |owner| settled.iter().any(|flown| flown.owner() == owner))?)
    }

    /// Looks whether other processes of this machine have died since, and sees to what they had started before somebody writes
    /// them down as dead who can't read their logs. How many there were.
    ///
    /// # Errors
    /// When the ledger fails.
    pub(super) async fn look_for_fallen(&self) -> Result<usize, EngineError> {
        let Some(base) = self.fallen.base.get() else { return Ok(0) };
        self.fallen.read(base)?;
        self.acquit().await
    }

    /// Sees to what this machine's dead had started, and writes them down as dead: on a shared ledger, before somebody does it who
    /// can't read their logs. What others have given up already is known again, as far as the logs know. How many dead there were.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn acquit(&self) -> Result<usize, EngineError> {
        let logs = self.fallen.logs();
        for flown in &logs {
            for tenant in self.tenants() {
                let held = self.tenant_with_editions(tenant).await?;
                let mut unit = Unit::begin(&self.store, held, self.clock.now(), "system").await?;
                // How these steps ended in what a restored ledger has forgotten, a person must say.
                if unit.tx.is_fenced() {
                    continue;
                }
                let mut begun = unit.tx.started_by(flown.owner()).await?;
                begun.extend(unit.tx.lost_by(flown.owner()).await?);
                // What is queued by it is rung for with everything else that the dead left.
                self.heed_flown(&mut unit, begun).await?;
                unit.commit_keeping_facts().await?;
            }
            self.store.sign_off(flown.owner(), self.clock.now()).await?;
        }
        Ok(logs.len())
    }

    /// Of steps that dead processes had started, given up since or not: what certainly never began is queued again, or tried again if it
    /// was given up; what was answered is settled. The others, of which the logs know no more than that they may be out; and steps whose
    /// turn comes.
    pub(super) async fn heed_flown(
        &self,
        unit: &mut Unit,
        started: Vec<(StepRow, String)>,
    ) -> Result<(Vec<(StepRow, String)>, Vec<Ready>), EngineError> {
        // Every round of the planner comes by here, hardly ever with something.
        if started.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let (mut unbegun, mut ended, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        let (tenant, logs, now) = (unit.tx.tenant, self.fallen.logs(), unit.now);
        for (step, owner) in started {
            match told(&logs, tenant, &step, &owner) {
                Told::Nothing => rest.push((step, owner)),
                Told::NeverBegan => unbegun.push(step),
                Told::Answered(answer) => ended.push((step, answer.at, Outcome::Done { reply: answer.reply })),
            }
        }
        let queued = unit.tx.put_back(&unbegun.iter().map(|step| (step.id, step.epoch)).collect::<Vec<_>>(), now).await?;
        let given_up = unbegun.into_iter().filter(|step| !queued.contains(&step.id));
        ended.extend(given_up.map(|step| (step, now, Outcome::not_begun())));
        let ready = self.settle_told(unit, ended).await?;
        Ok((rest, ready))
    }

    async fn settle_told(&self, unit: &mut Unit, told: Vec<(StepRow, Timestamp, Outcome)>) -> Result<Vec<Ready>, EngineError> {
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = told.iter().map(|(step, ..)| step.notice.clone()).collect();
        let notices = unit.tx.notices(&ids).await?;
        let mut ended = Vec::with_capacity(told.len());
        for (step, at, outcome) in told {
            let Some(notice) = notices.get(&step.notice) else { continue };
            // As it was read before it started.
            let step = StepRow { epoch: step.epoch - 1, ..step };
            let snapshot = Snapshot { step, notice: notice.clone(), cases: Vec::new(), facts_seq: None, at };
            unit.edition(notice.workflow)?;
            let job = compose_job(&unit.tenant, &snapshot, |_, wanted| wanted.to_owned())?;
            let task = Arc::new(Task::new(snapshot, job, Ok(Material::default())));
            ended.push(Ended { task, outcome, at });
        }
        self.settle(unit, &ended, true).await
    }
}

fn told(logs: &[Flown], tenant: TenantId, step: &StepRow, owner: &str) -> Told {
    // Only what is sent has entries.
    if step.pool != Pool::Send {
        return Told::Nothing;
    }
    for flown in logs {
        if flown.never_began(owner, tenant, step.id, step.epoch) {
            return Told::NeverBegan;
        }
        if let Some(answer) = flown.answered(owner, tenant, step.id, step.epoch) {
            return Told::Answered(answer.clone());
        }
    }
    Told::Nothing
}

/// What the logs tell of a step.
enum Told {
    /// It may be out.
    Nothing,
    NeverBegan,
    Answered(Answered),
}
