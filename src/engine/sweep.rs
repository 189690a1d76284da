//! What workers left behind: leases that ended, retries whose time has come, bells that nobody heard.

use super::Engine;
use super::error::EngineError;
use super::issue::Ready;
use super::late::put_off_late;
use super::plan::every_seconds;
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::{StepId, TenantId};
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use crate::store::notices::NoticeOutcome;
use crate::store::steps::{StepOutcome, StepRow};
use std::collections::BTreeMap;

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

fn ready(step: &StepRow) -> Ready {
    Ready { pool: step.pool, step: step.id, attempt: step.attempt }
}

impl Engine {
    /// Steps that are queued and were not started yet, to be rung again.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn unclaimed(&self, tenant: TenantId) -> Result<Vec<Ready>, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let now = self.clock.now();
        let mut unit = Unit::begin(&self.store, held, now, "system").await?;
        let steps = unit.tx.unheard(now, now, LIMIT).await?;
        unit.commit().await?;
        Ok(steps.iter().map(ready).collect())
    }

    /// Sets forgotten steps going again.
    ///
    /// A started step whose lease is over becomes unknown. Of what
    /// a dead process had queued nobody knows whether the queue still has it: it is all rung again.
    pub(super) async fn sweep(&self, unit: &mut Unit, left: Left) -> Result<Vec<Ready>, EngineError> {
        let now = unit.now;
        let (void, all_bells) = (left == Left::Everything, left != Left::InTheOrdinaryCourse);
        let mut again: BTreeMap<StepId, StepRow> = BTreeMap::new();
        let lost = unit.tx.expired_starts(now, void).await?;
        self.give_up_knowing(unit, &lost).await?;
        // What a dead process left is rung whole; otherwise the next round takes the rest.
        let (before, limit) = if all_bells { (now, i64::MAX) } else { (Timestamp(now.0 - self.limits.patience_ms), LIMIT) };
        again.extend(unit.tx.unheard(before, now, limit).await?.into_iter().map(|step| (step.id, step)));
        let mut going: Vec<_> = put_off_late(unit, again.into_values()).await?.iter().map(ready).collect();
        going.extend(self.take_up_retries(unit).await?);
        Ok(going)
    }

    /// Steps that had begun when their worker died: nobody knows how they ended, a person must look.
    async fn give_up_knowing(&self, unit: &mut Unit, lost: &[StepRow]) -> Result<(), EngineError> {
        const WHY: &str = "the worker ended while it was being carried out";
        if lost.is_empty() {
            return Ok(());
        }
        unit.facts_moved = true;
        // Printing happens inside; what was begun is simply done again.
        let (inside, outside): (Vec<&StepRow>, Vec<&StepRow>) = lost.iter().partition(|step| step.pool != Pool::Send);
        let state = |step: &StepRow, state: StepState, attempt: i64| StepOutcome {
            id: step.id,
            epoch: step.epoch,
            state,
            attempt,
            due_at: unit.now,
            ended_at: unit.now,
            error: Some(WHY.to_owned()),
        };
        unit.tx.begin_again(&inside, WHY, unit.now).await?;
        let outcomes: Vec<_> = outside.iter().map(|step| state(step, StepState::Unknown, step.attempt)).collect();
        unit.tx.settle_steps(&outcomes).await?;
        let notices: Vec<_> = outside
            .iter()
            .map(|step| NoticeOutcome {
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
            let (every, edition) = (every_seconds(&unit.tenant.clone(), sender), unit.edition(workflow)?);
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
        Ok(free.iter().map(ready).collect())
    }
}
