//! How values and states read on the pages. Amounts and dates read as in mails and letters: `domain::format`.

mod changed;
mod done;
mod history;
mod states;
mod why;

pub(super) use changed::{ChangedLine, changed_lines};
pub(super) use done::{account_error, done, draft_changed};
pub(super) use history::{actor, actor_word, became, cause, causes, customer, known, lost, own_words, reason, refusal};
pub(super) use states::{channel, notice_state, state, step_pool, step_state, tone};
pub(super) use why::{next, why};

use crate::domain::format;
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::engine::edition::Edition;
use crate::web::language::Language;
use chrono_tz::Tz;

/// A workflow with its version.
pub(super) fn version(language: Language, edition: &Edition) -> String {
    let word = if language == Language::German { "Fassung" } else { "version" };
    format!("{} ({word} {})", edition.workflow.title_in(language.tag()), edition.id)
}

/// An amount whose currency is a text of the ledger.
pub(super) fn money(language: Language, minor: i64, currency: &str) -> String {
    Currency::parse(currency).map_or_else(|_| format!("{minor} {currency}"), |known| format::money(language.tag(), minor, known))
}

/// A day that is a text of the ledger.
pub(super) fn day(language: Language, text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), |date| format::short_date(language.tag(), date))
}

/// An instant to the minute, in the tenant's zone.
pub(super) fn moment(language: Language, at: Timestamp, zone: Tz) -> String {
    let local = at.in_zone(zone);
    format!("{} {}", format::short_date(language.tag(), local.date_naive()), local.format("%H:%M"))
}

/// A whole number with its separators.
pub(super) fn count(language: Language, count: i64) -> String {
    format::count(language.tag(), count)
}
