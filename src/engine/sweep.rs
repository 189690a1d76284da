//! What workers left behind: leases that ended, retries whose time has come, bells that nobody heard.

use super::Engine;
use super::error::EngineError;
use super::issue::Ready;
use super::plan::every_seconds;
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::TenantId;
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use crate::store::notices::NoticeOutcome;
use crate::store::steps::{StepOutcome, StepRow};

/// How many steps one sweep takes up.
const LIMIT: i64 = 2000;

fn ready(step: &StepRow) -> Ready {
    Ready { pool: step.pool, step: step.id, attempt: step.attempt }
}

impl Engine {
    /// Steps that are queued and were not claimed yet, to be rung again.
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

    /// Sets forgotten steps going again. `void`: no lease can hold, since no older process can be alive.
    ///
    /// A claim that ended goes back to its queue, for nothing had happened outside; a started step becomes unknown. Of what
    /// an older process had queued nobody knows whether the queue still has it: it is all rung again.
    pub(super) async fn sweep(&self, unit: &mut Unit, void: bool) -> Result<Vec<Ready>, EngineError> {
        let now = unit.now;
        let mut again: Vec<_> = unit.tx.free_expired_claims(now, void).await?.iter().map(ready).collect();
        let lost = unit.tx.expired_starts(now, void).await?;
        self.give_up_knowing(unit, &lost).await?;
        again.extend(self.take_up_retries(unit).await?);
        let before = if void { now } else { Timestamp(now.0 - self.limits.patience_ms) };
        loop {
            let unheard = unit.tx.unheard(before, now, LIMIT).await?;
            again.extend(unheard.iter().map(ready));
            // What an older process left is rung whole; otherwise the next round takes the rest.
            if !void || unheard.len() < usize::try_from(LIMIT).unwrap_or(usize::MAX) {
                return Ok(again);
            }
        }
    }

    /// Steps that had begun when their worker died: nobody knows how they ended, a person must look.
    async fn give_up_knowing(&self, unit: &mut Unit, lost: &[StepRow]) -> Result<(), EngineError> {
        const WHY: &str = "the worker ended while it was being carried out";
        if lost.is_empty() {
            return Ok(());
        }
        // Printing happens inside; what was begun is simply done again.
        let (inside, outside): (Vec<_>, Vec<_>) = lost.iter().partition(|step| step.pool != Pool::Send);
        let state = |step: &StepRow, state: StepState, attempt: i64| StepOutcome {
            id: step.id,
            epoch: step.epoch,
            state,
            attempt,
            due_at: unit.now,
            ended_at: unit.now,
            error: Some(WHY.to_owned()),
        };
        let mut outcomes: Vec<_> = inside.iter().map(|step| state(step, StepState::Retry, step.attempt + 1)).collect();
        outcomes.extend(outside.iter().map(|step| state(step, StepState::Unknown, step.attempt)));
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
            let Some(sender) = sender_of(step.pool) else {
                free.push(step);
                continue;
            };
            let (every, edition) = (every_seconds(&unit.tenant.clone(), sender), unit.edition(workflow)?);
            let last = if every > 0 { unit.tx.last_slot(sender).await? } else { None };
            let slot = edition.calendar.next_slot(last, every, now);
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

/// The sender that a step's effect goes out by; printing stays inside.
fn sender_of(pool: Pool) -> Option<Sender> {
    match pool {
        Pool::Send => Some(Sender::Mail),
        Pool::Post => Some(Sender::Post),
        Pool::Print => None,
    }
}
