//! Steps that missed their slot: the bell came late, the worker stood still, the process was down. They leave neither
//! outside the window nor closer behind another than the throttle allows: they take the sender's next free slot, as a
//! retry does (`sweep`).
//!
//! `sender.last_slot_at` is the last slot that was given. A step's own is over as soon as a later one was given.

use super::error::EngineError;
use super::plan::every_seconds;
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::NoticeId;
use crate::domain::pool::Pool;
use crate::store::notices::NoticeRow;
use crate::store::steps::StepRow;
use std::collections::BTreeMap;

/// So much later than its slot a message may leave without moving the slots behind it: a worker's usual way to it.
const TOLERANCE_SECONDS: i64 = 1;

/// Whether a step that a worker has just claimed must not have its effect now.
pub(super) async fn missed(unit: &mut Unit, step: &StepRow, notice: &NoticeRow) -> Result<bool, EngineError> {
    if Sender::of(step.pool).is_none() {
        return Ok(false);
    }
    if !unit.edition(notice.workflow)?.calendar.is_open(unit.now) {
        return Ok(true);
    }
    let Some(sender) = throttled(unit, step.pool, notice) else { return Ok(false) };
    Ok(unit.tx.last_slot(sender).await?.is_some_and(|last| last > step.due_at))
}

/// A step has its effect now, which may be later in its slot than at its beginning: the next slot is counted from now.
pub(super) async fn keep_distance(unit: &mut Unit, step: &StepRow, notice: &NoticeRow) -> Result<(), EngineError> {
    let Some(sender) = throttled(unit, step.pool, notice) else { return Ok(()) };
    let now = unit.now;
    if unit.tx.last_slot(sender).await?.is_none_or(|last| last.plus_seconds(TOLERANCE_SECONDS) <= now) {
        unit.tx.set_last_slot(sender, now).await?;
    }
    Ok(())
}

/// Steps whose turn has come: those that hold no slot of their sender any more, or never did, wait for one. The others,
/// to be rung.
pub(super) async fn put_off_without_slot(
    unit: &mut Unit,
    steps: Vec<StepRow>,
    notices: &BTreeMap<NoticeId, NoticeRow>,
) -> Result<Vec<StepRow>, EngineError> {
    let (mut going, mut waiting) = (Vec::new(), Vec::new());
    for step in steps {
        let holds = match notices.get(&step.notice) {
            Some(notice) => holds_slot(unit, &step, notice).await?,
            None => true,
        };
        if holds { going.push(step) } else { waiting.push(step.id) }
    }
    unit.tx.put_off(&waiting, unit.now).await?;
    Ok(going)
}

/// A notice took the slot of the sender that its channel names, for its first step that goes out by it.
async fn holds_slot(unit: &mut Unit, step: &StepRow, notice: &NoticeRow) -> Result<bool, EngineError> {
    let Some(sender) = throttled(unit, step.pool, notice) else { return Ok(true) };
    let taken = match sender {
        Sender::Mail => notice.channel == "email",
        // A letter that follows a mail that failed is later in the row; one beside a mail stands under the mail's channel.
        Sender::Post => notice.channel == "post" && step.position == 1,
    };
    Ok(taken && unit.tx.last_slot(sender).await? == Some(notice.slot_at))
}

/// The pool's sender, if it has a throttle. Paper takes no slot.
fn throttled(unit: &Unit, pool: Pool, notice: &NoticeRow) -> Option<Sender> {
    let sender = Sender::of(pool).filter(|_| notice.channel != "paper")?;
    (every_seconds(&unit.tenant, sender) > 0).then_some(sender)
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
