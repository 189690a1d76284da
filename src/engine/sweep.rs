//! What workers left behind: leases that ended, retries whose time has come, bells that nobody heard.

use super::Engine;
use super::error::EngineError;
use super::issue::Ready;
use super::late::put_off_late;
use super::plan::every_seconds;
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::TenantId;
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use crate::store::begun::StepOutcome;
use crate::store::notices::NoticeOutcome;
use crate::store::steps::StepRow;

/// How many steps one sweep takes up.
const LIMIT: i64 = 2000;

/// What a sweep takes for forgotten. Leases that ended, and those of processes that are proved dead, always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Bells that nobody heard for too long.
    InTheOrdinaryCourse,
    /// Every bell: a process died, and it may have had some to ring.
    ByTheDead,
    /// Every bell and every lease: no older process can be alive.
    Everything,
}

impl Engine {
    /// Steps that have been queued since `before` or longer and have not started, to be rung again; they count as rung for now.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn unheard(&self, tenant: TenantId, before: Timestamp) -> Result<Vec<Ready>, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let now = self.clock.now();
        let mut unit = Unit::begin(&self.store, held, now, "system").await?;
        // Nobody would start them.
        if unit.tx.is_shut() {
            return Ok(Vec::new());
        }
        let steps = unit.tx.unheard(before, now, LIMIT).await?;
        // That a bell is rung again changes nothing of what a notice says.
        unit.commit_keeping_facts().await?;
        Ok(steps.iter().map(Ready::from).collect())
    }

    /// Sets forgotten steps going again.
    ///
    /// A started step whose lease is over becomes unknown. Of what a dead process had queued nobody knows whether the queue still
    /// has it: it is all rung again.
    pub(super) async fn sweep(&self, unit: &mut Unit, left: Left) -> Result<Vec<Ready>, EngineError> {
        let now = unit.now;
        let (void, all_bells) = (left == Left::Everything, left != Left::InTheOrdinaryCourse);
        let lost = unit.tx.expired_starts(now, void).await?;
        let (lost, mut going) = self.heed_flown(unit, lost).await?;
        self.give_up_knowing(unit, &lost).await?;
        // What a dead process left is rung whole; otherwise the next round takes the rest.
        let (before, limit) = if all_bells { (now, i64::MAX) } else { (Timestamp(now.0 - self.limits.patience_ms), LIMIT) };
        let unheard = unit.tx.unheard(before, now, limit).await?;
        going.extend(put_off_late(unit, unheard).await?.iter().map(Ready::from));
        going.extend(self.take_up_retries(unit).await?);
        Ok(going)
    }

    /// Steps that had begun when their worker died: nobody knows how they ended, a person must look.
    async fn give_up_knowing(&self, unit: &mut Unit, lost: &[(StepRow, String)]) -> Result<(), EngineError> {
        const WHY: &str = "the worker ended while it was being carried out";
        if lost.is_empty() {
            return Ok(());
        }
        unit.facts_moved = true;
        // Printing happens inside; what was begun is simply done again.
        let (inside, outside): (Vec<_>, Vec<_>) = lost.iter().partition(|(step, _)| step.pool != Pool::Send);
        let now = unit.now;
        unit.tx.begin_again(&inside.iter().map(|(step, _)| step).collect::<Vec<_>>(), WHY, now).await?;
        let unknown = |(step, _): &&(StepRow, String)| StepOutcome {
            id: step.id,
            epoch: step.epoch,
            state: StepState::Unknown,
            attempt: step.attempt,
            due_at: now,
            ended_at: now,
            error: Some(WHY.to_owned()),
        };
        let outcomes: Vec<_> = outside.iter().map(unknown).collect();
        unit.tx.settle_steps(&outcomes).await?;
        unit.tx.lose(&outside.iter().map(|(step, owner)| (step.id, owner.as_str())).collect::<Vec<_>>()).await?;
        let notices: Vec<_> = outside
            .iter()
            .map(|(step, _)| NoticeOutcome {
                id: step.notice.clone(),
                state: "unknown",
                reason: Some(WHY.to_owned()),
                reply: None,
                dispatched_at: None,
            })
            .collect();
        notices.iter().for_each(|ended| self.metrics.notice_ended(ended.state));
        unit.tx.save_outcomes(&notices).await?;
        Ok(())
    }

    /// Queues retries that may leave now; the others wait for their sender's next free slot inside the window.
    async fn take_up_retries(&self, unit: &mut Unit) -> Result<Vec<Ready>, EngineError> {
        let now = unit.now;
        let mut free = Vec::new();
        let mut later = Vec::new();
        for (step, workflow) in unit.tx.retries_due(now, LIMIT).await? {
            let Some(sender) = Sender::of(step.pool) else {
                free.push(step);
                continue;
            };
            let (every, edition) = (every_seconds(&unit.tenant, sender), unit.edition(workflow)?);
            let last = if every > 0 { unit.tx.last_slot(sender).await? } else { None };
            let mut slot = edition.calendar.next_slot(last, every, now);
            if every > 0 && slot <= now && unit.tx.on_its_way(step.pool).await? {
                slot = edition.calendar.next_slot(Some(now), every, now);
            }
            if slot > now {
                later.push((step.id, slot));
                continue;
            }
            if every > 0 {
                unit.tx.set_last_slot(sender, now).await?;
            }
            free.push(step);
        }
        unit.tx.postpone_retries(&later).await?;
        let ids: Vec<_> = free.iter().map(|step| step.id).collect();
        unit.tx.requeue(&ids, now).await?;
        Ok(free.iter().map(Ready::from).collect())
    }
}
