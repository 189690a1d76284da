//! A case that is due though a notice already stands for its stage goes back onto that notice.
//!
//! Facts may take a case off its notice (a pause, a payment) and bring it back (the pause's end, a return debit) while
//! nobody knows yet how that notice ended. It must not be dunned twice for one stage: the notice that stands decides.

use super::error::EngineError;
use super::unit::Unit;
use crate::domain::instance::Command;
use crate::store::cases::Case;
use serde_json::Map;

/// Puts a waiting case back onto the notice of its stage. Whether there was one: then it is not to be issued again.
///
/// # Errors
/// When the ledger fails.
pub(super) async fn rejoin(unit: &mut Unit, case: &mut Case) -> Result<bool, EngineError> {
    let Some(notice) = case.standing.clone() else { return Ok(false) };
    let rows = unit.tx.notices(std::slice::from_ref(&notice)).await?;
    let Some(row) = rows.get(&notice) else { return Ok(false) };
    unit.facts_moved = true;
    match row.state.as_str() {
        "proposed" => unit.act(case, &Command::Propose { notice }, Map::new())?,
        "failed" => {
            unit.act(case, &Command::Issue { notice: notice.clone() }, Map::new())?;
            unit.act(case, &Command::Fail { notice, reason: row.reason.clone().unwrap_or_default() }, Map::new())?
        }
        "sent" | "paper" => {
            let stage = row.lines.iter().find(|line| line.instance == case.instance.id).map_or(row.stage, |line| line.stage);
            let on = unit.edition(row.workflow)?.calendar.date(row.slot_at);
            unit.act(case, &Command::Deliver { notice, stage, on }, Map::new())?
        }
        // Still on its way, or unknown: its worker or a person will say.
        _ => unit.act(case, &Command::Issue { notice }, Map::new())?,
    };
    Ok(true)
}
