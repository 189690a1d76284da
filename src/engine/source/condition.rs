//! What condition a source is in, and when it is tried again after it failed. Pure.

use super::ports::SourceError;
use crate::domain::chain::Hash;
use crate::domain::time::Timestamp;
use crate::store::source::SourceRow;

const FIRST_PAUSE_MS: i64 = 5_000;
const LONGEST_PAUSE_MS: i64 = 10 * 60_000;
/// What only a person can mend is looked at as rarely as that: a key that is hammered with is shut out for longer.
const HOPELESS_PAUSE_MS: i64 = 15 * 60_000;

pub(super) const NEW: &str = "new";
pub(super) const CONNECTED: &str = "connected";
pub(super) const SYNCING: &str = "syncing";
pub(super) const IN_STEP: &str = "in_step";

/// Whether its last answer was a good one.
#[must_use]
pub fn is_well(state: &str) -> bool {
    matches!(state, CONNECTED | SYNCING | IN_STEP)
}

/// The word for what went wrong. A key that was accepted before and is refused now was revoked.
fn word(error: &SourceError, row: &SourceRow, key: &Hash) -> &'static str {
    match error {
        SourceError::Unreachable { .. } | SourceError::RateLimited { .. } => "unreachable",
        SourceError::Unauthorized if row.key_hash.as_ref() == Some(key) => "revoked_key",
        SourceError::Unauthorized => "bad_key",
        SourceError::Revoked => "revoked_key",
        SourceError::NoContract { .. } => "no_contract",
        SourceError::WrongOrganisation { .. } => "wrong_organisation",
        SourceError::Malformed { .. } => "malformed",
        SourceError::TooLarge { .. } => "too_large",
        SourceError::Redirected { .. } => "redirected",
        SourceError::NotFound { .. } | SourceError::Refused { .. } => "refused",
    }
}

/// Writes down that it failed; when to try again is spread by `chance`, so that many tenants don't come back at once.
pub(super) fn failed(row: &mut SourceRow, error: &SourceError, key: &Hash, chance: u8, now: Timestamp) {
    let state = word(error, row, key);
    enter(row, state, now);
    row.error = Some(error.to_string());
    row.failures += 1;
    let doublings = u32::try_from(row.failures - 1).unwrap_or(0).min(12);
    let pause = if error.is_passing() { (FIRST_PAUSE_MS << doublings).min(LONGEST_PAUSE_MS) } else { HOPELESS_PAUSE_MS };
    let asked = match error {
        SourceError::RateLimited { after: Some(after) } => i64::try_from(after.as_millis()).unwrap_or(LONGEST_PAUSE_MS),
        _ => 0,
    };
    let pause = pause.max(asked);
    row.next_at = Timestamp(now.0 + pause + pause * i64::from(chance) / 1024);
}

/// Writes down that it answered.
pub(super) fn answered(row: &mut SourceRow, state: &'static str, now: Timestamp) {
    enter(row, state, now);
    (row.error, row.failures, row.next_at, row.heard_at) = (None, 0, Timestamp(0), Some(now));
}

fn enter(row: &mut SourceRow, state: &'static str, now: Timestamp) {
    if row.state != state {
        (row.state, row.since) = (state.to_owned(), now);
    }
}
