//! A throttled sender's real dispatches move its next slot: what was held up on its way (a lost queue, a dead worker) does
//! not leave close before the next one.
//!
//! The slot that a notice took when it was issued says when it was meant to leave. So that the server sees the gaps
//! that were promised, one mail at a time is on its way to a worker, and the next slot counts from its start, and from its
//! end once that is known.

use super::error::EngineError;
use super::plan::every_seconds;
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::pool::Pool;
use crate::domain::time::Timestamp;
use crate::store::notices::NoticeRow;

/// The pool whose steps go out by this sender.
pub(super) fn pool_of(sender: Sender) -> Pool {
    match sender {
        Sender::Mail => Pool::Send,
        Sender::Post => Pool::Post,
    }
}

/// Whether a notice's dispatch by this sender is one that its throttle counts: paper takes no slot, nor does a letter beside a
/// mail, which leaves in the mail's.
pub(super) fn takes_slot(sender: Sender, notice: &NoticeRow) -> bool {
    notice.channel != "paper" && (sender == Sender::Mail || notice.channel == "post")
}

/// Steps of these pools had their effects for these notices at these instants.
pub(super) async fn dispatched(
    unit: &mut Unit,
    effects: impl Iterator<Item = (Pool, &NoticeRow, Timestamp)> + Clone,
) -> Result<(), EngineError> {
    for sender in Sender::ALL {
        if every_seconds(&unit.tenant, sender) == 0 {
            continue;
        }
        let counts =
            |(pool, notice, at): (Pool, &NoticeRow, Timestamp)| (pool == pool_of(sender) && takes_slot(sender, notice)).then_some(at);
        let last = effects.clone().filter_map(counts).max();
        if let Some(at) = last {
            unit.tx.move_last_slot(sender, at).await?;
        }
    }
    Ok(())
}
