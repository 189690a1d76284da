//! The start of steps: the last look at the facts, and the intent made durable, in one transaction right before the effect.
//!
//! A step starts only if it is still queued as it was read and its notice still says what is true. Nothing is started for an
//! effect that has no connection to go out on: what is under way when the process dies is unknown afterwards.

use super::Engine;
use super::drop_out::{drop_out, lose_sight, may_be_out};
use super::error::EngineError;
use super::issue::Ready;
use super::late::missed;
use super::ports::{Job, Material, Outcome};
use super::snapshot::{Snapshot, is_on};
use super::throttle::dispatched;
use super::unit::Unit;
use crate::domain::ids::{InvoiceId, StepId};
use crate::store::begun::StartStep;
use crate::store::cases::Case;
use crate::store::documents::Kept;
use crate::store::notices::{NoticeRow, Prepared};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A step that is ready to have its effect.
#[derive(Debug)]
pub struct Task {
    pub snapshot: Snapshot,
    pub job: Job,
    pub material: Material,
    /// As they are kept with the intent.
    mail: Option<Kept>,
    letter: Option<Kept>,
    /// It can't be made: this is its outcome already.
    pub refusal: Option<Outcome>,
}

impl Task {
    /// What was made for a step, or why it can't be. Documents are hashed and packed here, outside the transaction.
    #[must_use]
    pub fn new(snapshot: Snapshot, job: Job, made: Result<Material, Outcome>) -> Self {
        let (material, refusal) = match made {
            Ok(material) => (material, None),
            Err(outcome) => (Material::default(), Some(outcome)),
        };
        let mail = material.mail.as_ref().map(|(_, mail)| mail.kept(material.dictionary.as_ref()));
        let letter = material.letter.as_ref().map(|letter| letter.kept(None));
        Self { snapshot, job, material, mail, letter, refusal }
    }

    /// The documents that are kept with the intent.
    fn documents(&self) -> impl Iterator<Item = &Kept> {
        self.mail.iter().chain(&self.letter)
    }

    /// What is written down at its notice.
    fn prepared(&self) -> Option<Prepared> {
        let Material { recipient, recipient_rule, .. } = &self.material;
        let hash = |kept: &Kept| kept.hash;
        let (mail_hash, letter_hash) = (self.mail.as_ref().map(hash), self.letter.as_ref().map(hash));
        let id = self.job.notice.id.clone();
        (mail_hash.is_some() || letter_hash.is_some() || recipient.is_some()).then(|| Prepared {
            id,
            recipient: recipient.clone(),
            recipient_rule: recipient_rule.clone(),
            mail_hash,
            letter_hash,
        })
    }
}

/// What became of a step that was to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The intent is stored: now it must have its effect.
    Go,
    /// Its facts have changed, but it is still to leave: it must be made anew.
    Changed,
    /// It is somebody else's, or its notice was recalled: it must not have its effect.
    Gone,
}

impl Engine {
    /// Stores the intents: documents, hashes, `started`. An answer per task, and steps of notices that were composed anew.
    ///
    /// # Errors
    /// When the ledger fails; then none may act.
    pub async fn start(&self, unit: &mut Unit, tasks: &[Arc<Task>]) -> Result<(Vec<Begun>, Vec<Ready>), EngineError> {
        if unit.tx.is_shut() {
            return Ok((vec![Begun::Gone; tasks.len()], Vec::new()));
        }
        let tasks_in_time = put_off_missed(unit, tasks).await?;
        let (fresh, old): (Vec<_>, Vec<_>) = tasks_in_time.into_iter().partition(|task| task.snapshot.facts_seq == Some(unit.tx.facts_seq));
        let (mut going, mut changed, mut ready) = (fresh, BTreeSet::new(), Vec::new());
        if !old.is_empty() {
            let (holding, other, composed) = look_again(unit, &old, &self.owner.name()).await?;
            going.extend(old.into_iter().filter(|task| holding.contains(&task.job.step)));
            (changed, ready) = (other, composed);
        }
        let held = self.begin(unit, &going).await?;
        let answer = |task: &Arc<Task>| {
            let step = task.job.step;
            if held.contains(&step) {
                Begun::Go
            } else if changed.contains(&step) {
                Begun::Changed
            } else {
                Begun::Gone
            }
        };
        Ok((tasks.iter().map(answer).collect(), ready))
    }

    async fn begin(&self, unit: &mut Unit, tasks: &[&Arc<Task>]) -> Result<BTreeSet<StepId>, EngineError> {
        let now = unit.now;
        let steps: Vec<_> = tasks
            .iter()
            .map(|task| {
                let (step, lease_until) = (&task.snapshot.step, now.plus_seconds(self.limits.effect_seconds));
                StartStep { id: step.id, attempt: step.attempt, epoch: step.epoch, at: now, lease_until }
            })
            .collect();
        let held = unit.tx.start_steps(&steps, &self.owner.name()).await?;
        let begun: Vec<_> = tasks.iter().filter(|task| held.contains(&task.job.step)).collect();
        let documents: Vec<_> = begun.iter().flat_map(|task| task.documents()).collect();
        unit.tx.put_documents(&documents, now).await?;
        let prepared: Vec<_> = begun.iter().filter_map(|task| task.prepared()).collect();
        unit.tx.save_prepared(&prepared).await?;
        let acting = begun.iter().filter(|task| task.refusal.is_none());
        dispatched(unit, acting.map(|task| (task.job.pool, &task.snapshot.notice, now))).await?;
        Ok(held)
    }
}

/// Steps whose slot or window is over take the next one, as a retry does. The others.
async fn put_off_missed<'a>(unit: &mut Unit, tasks: &'a [Arc<Task>]) -> Result<Vec<&'a Arc<Task>>, EngineError> {
    let (mut in_time, mut late) = (Vec::with_capacity(tasks.len()), Vec::new());
    for task in tasks {
        if missed(unit, &task.snapshot.step, &task.snapshot.notice).await? {
            late.push(task.job.step);
        } else {
            in_time.push(task);
        }
    }
    unit.tx.put_off(&late, unit.now).await?;
    Ok(in_time)
}

/// Reads the facts of these tasks again. Those whose notice still says the same may start; those whose notice says something else
/// by now must be made anew; of the others the notice is recalled and what is left of it composed anew.
async fn look_again(
    unit: &mut Unit,
    tasks: &[&Arc<Task>],
    owner: &str,
) -> Result<(BTreeSet<StepId>, BTreeSet<StepId>, Vec<Ready>), EngineError> {
    let wanted: Vec<_> = tasks.iter().map(|task| (task.job.step, task.job.attempt)).collect();
    let queued: BTreeMap<_, _> = unit.tx.queued_steps(&wanted).await?.into_iter().map(|step| (step.id, step)).collect();
    let (notices, mut cases) = unit.notices_with_cases(queued.values().map(|step| step.notice.clone()).collect()).await?;
    let (mut holding, mut changed, mut ready) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for task in tasks {
        let (Some(step), Some(notice)) = (queued.get(&task.job.step), notices.get(&task.job.notice.id)) else { continue };
        if stands(unit, notice, &mut cases)? {
            if *notice == task.snapshot.notice { &mut holding } else { &mut changed }.insert(step.id);
        } else if may_be_out(step) {
            lose_sight(unit, step, notice, owner).await?;
        } else {
            ready.extend(drop_out(unit, step, notice, &mut cases).await?);
        }
    }
    unit.save().await?;
    Ok((holding, changed, ready))
}

/// Whether every line of the notice is still to be dunned for the amount that it names.
pub(super) fn stands(unit: &mut Unit, notice: &NoticeRow, cases: &mut BTreeMap<InvoiceId, Case>) -> Result<bool, EngineError> {
    if notice.state != "released" {
        return Ok(false);
    }
    let mut stands = true;
    for line in &notice.lines {
        let Some(case) = cases.get_mut(&line.instance) else { return Ok(false) };
        unit.assess(case)?;
        stands &= is_on(notice, line, case);
    }
    Ok(stands)
}
