//! Steps that missed their slot: the bell came late, the worker stood still, the process was down. They leave neither
//! outside the window nor closer behind another than the throttle allows: they take the sender's next free slot, as a
//! retry does (`sweep`).

use super::error::EngineError;
use super::plan::every_seconds;
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::WorkflowId;
use crate::domain::pool::Pool;
use crate::store::steps::StepRow;

/// Whether a step that a worker has just claimed must not have its effect now.
pub(super) fn missed(unit: &mut Unit, step: &StepRow, workflow: WorkflowId) -> Result<bool, EngineError> {
    let Some(sender) = Sender::of(step.pool) else { return Ok(false) };
    let every = every_seconds(&unit.tenant.clone(), sender);
    let over = every > 0 && unit.now >= step.due_at.plus_seconds(i64::from(every));
    Ok(over || !unit.edition(workflow)?.calendar.is_open(unit.now))
}

/// Puts off those of these queued steps that may have missed their slot; the others, to be rung.
pub(super) async fn put_off_late(unit: &mut Unit, steps: impl Iterator<Item = StepRow>) -> Result<Vec<StepRow>, EngineError> {
    let late = Pool::ALL.map(|pool| (pool, may_be_late(unit, pool)));
    let (waiting, going): (Vec<_>, Vec<_>) = steps.partition(|step| late.contains(&(step.pool, true)));
    let ids: Vec<_> = waiting.iter().map(|step| step.id).collect();
    unit.tx.put_off(&ids, unit.now).await?;
    Ok(going)
}

/// Whether the pool's sender has a throttle, or a window that may be closed now.
fn may_be_late(unit: &Unit, pool: Pool) -> bool {
    let Some(sender) = Sender::of(pool) else { return false };
    every_seconds(&unit.tenant, sender) > 0 || !unit.tenant.all_open(unit.now)
}
