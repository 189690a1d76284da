//! Places: where a tenant dunns at most so many invoices at once, what is due without a place queues for one.
//!
//! An invoice needs a place from the moment that its stage is due, and gives it up when it ends, rests or fails. Places are given
//! by due date, then invoice number: nobody who becomes due passes those who queue already.

use super::error::EngineError;
use super::unit::Unit;
use crate::domain::ids::InvoiceId;
use crate::domain::instance::Command;
use crate::store::cases::Case;
use serde_json::Map;
use std::collections::BTreeMap;

/// How many enter in one round.
const LIMIT: i64 = 1000;

/// How many places are free; `None` where they are not limited.
fn free(unit: &Unit) -> Option<i64> {
    let max = unit.tenant.settings.max_active?;
    Some((i64::from(max) - unit.places().0).max(0))
}

/// Those of these due cases that have a place now; the others queue. `more`: further cases are due at this instant.
///
/// # Errors
/// When an edition is not known.
pub(super) fn seat_due(unit: &mut Unit, due: Vec<Case>, more: bool) -> Result<Vec<Case>, EngineError> {
    let Some(free) = free(unit) else { return Ok(due) };
    let wanted = due.iter().filter(|case| !case.instance.placed).count();
    // Where not all of them find a place, all of them queue first: who is let in is decided among all that are due.
    let room = !more && unit.places().1 == 0 && i64::try_from(wanted).is_ok_and(|wanted| wanted <= free);
    let mut seated = Vec::with_capacity(due.len());
    for mut case in due {
        if case.instance.placed || (room && enter(unit, &mut case)?) {
            seated.push(case);
        } else {
            unit.act(&mut case, &Command::Queue, Map::new())?;
        }
    }
    Ok(seated)
}

/// Whether a case has a place, or gets one, to share somebody else's notice; else it queues.
///
/// # Errors
/// When an edition is not known.
pub(super) fn seat(unit: &mut Unit, case: &mut Case) -> Result<bool, EngineError> {
    let Some(free) = free(unit) else { return Ok(true) };
    if case.instance.placed {
        return Ok(true);
    }
    if free > 0 && unit.places().1 == 0 {
        return enter(unit, case);
    }
    unit.act(case, &Command::Queue, Map::new())?;
    Ok(false)
}

/// Lets those who queue into the places that are free.
///
/// # Errors
/// When the ledger fails.
pub(super) async fn fill(unit: &mut Unit) -> Result<(), EngineError> {
    let free = free(unit).unwrap_or(LIMIT).min(LIMIT);
    if free == 0 || unit.places().1 == 0 {
        return Ok(());
    }
    // Who began to queue in this very unit is among them.
    unit.save().await?;
    let order = unit.tx.place_queue(free).await?;
    let mut cases: BTreeMap<InvoiceId, Case> =
        unit.tx.cases(order.iter().copied()).await?.into_iter().map(|case| (case.instance.id, case)).collect();
    for id in order {
        if let Some(mut case) = cases.remove(&id) {
            enter(unit, &mut case)?;
        }
    }
    Ok(())
}

/// Whether it has a place now: the facts may have decided otherwise.
fn enter(unit: &mut Unit, case: &mut Case) -> Result<bool, EngineError> {
    unit.act(case, &Command::Enter, Map::new())?;
    Ok(case.instance.placed)
}
