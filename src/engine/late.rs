//! Steps that missed their slot: the bell came late, the worker stood still, the process was down. They leave neither
//! outside the window nor closer behind another than the throttle allows: they take the sender's next free slot, as a
//! retry does (`sweep`).
//!
//! `sender.last_slot_at` is the last slot that was given, or the last real dispatch (`throttle`). A step's own slot is over
//! as soon as there was a later one.

use super::error::EngineError;
use super::issue::Ready;
use super::plan::every_seconds;
use super::throttle::takes_slot;
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::NoticeId;
use crate::domain::pool::Pool;
use crate::store::notices::NoticeRow;
use crate::store::steps::StepRow;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Whether a step that a worker is about to start must not have its effect now.
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

/// Steps whose turn has come: those that hold no slot of their sender any more, or never did, wait for one. The others,
/// to be rung.
pub(super) async fn put_off_without_slot(
    unit: &mut Unit,
    steps: Vec<StepRow>,
    notices: &BTreeMap<NoticeId, Cow<'_, NoticeRow>>,
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
        // A letter that follows a mail that failed is later in the row.
        Sender::Post => notice.channel == "post" && step.position == 1,
    };
    Ok(taken && unit.tx.last_slot(sender).await? == Some(notice.slot_at))
}

/// Steps of notices that were composed in the place of `recalled`: its slot is theirs, unless a mail was tried in it or it
/// was another sender's. Those without one wait; the others, to be rung.
pub(super) async fn put_off_composed_anew(unit: &mut Unit, steps: Vec<Ready>, recalled: &NoticeRow) -> Result<Vec<Ready>, EngineError> {
    let tried = unit.tx.steps_of(&[&recalled.id]).await?.iter().any(|(step, _)| step.pool == Pool::Send && step.started_at.is_some());
    let inherited = recalled.channel == "email" && !tried;
    let throttled = |pool| Sender::of(pool).is_some_and(|sender| every_seconds(&unit.tenant, sender) > 0);
    let (going, waiting): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| !throttled(step.pool) || inherited);
    let ids: Vec<_> = waiting.iter().map(|step| step.step).collect();
    unit.tx.put_off(&ids, unit.now).await?;
    Ok(going)
}

/// The pool's sender, if it has a throttle that counts this notice.
fn throttled(unit: &Unit, pool: Pool, notice: &NoticeRow) -> Option<Sender> {
    let sender = Sender::of(pool).filter(|sender| takes_slot(*sender, notice))?;
    (every_seconds(&unit.tenant, sender) > 0).then_some(sender)
}

/// Of queued steps that were forgotten, puts off those that may have missed their slot: while a window is closed, and of a
/// throttled sender all but the first, for one at a time is on its way. The others, to be rung.
pub(super) async fn put_off_late(unit: &mut Unit, steps: Vec<StepRow>) -> Result<Vec<StepRow>, EngineError> {
    let open = unit.tenant.all_open(unit.now);
    let mut on_its_way = Vec::new();
    let (mut going, mut waiting) = (Vec::new(), Vec::new());
    for step in steps {
        let Some(sender) = Sender::of(step.pool) else {
            going.push(step);
            continue;
        };
        let throttled = every_seconds(&unit.tenant, sender) > 0;
        if open && !(throttled && on_its_way.contains(&sender)) {
            on_its_way.extend(throttled.then_some(sender));
            going.push(step);
        } else {
            waiting.push(step.id);
        }
    }
    unit.tx.put_off(&waiting, unit.now).await?;
    Ok(going)
}
