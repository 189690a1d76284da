//! A run in numbers.

use crate::store::runs::RunCount;
use crate::web::language::Language;
use crate::web::site::notices::STATES;
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// How many of its notices are in a state.
pub(super) struct Count {
    pub(super) label: String,
    pub(super) tone: &'static str,
    pub(super) count: String,
    /// The list of notices, with these alone.
    pub(super) href: String,
    /// A person's release is awaited.
    pub(super) is_pressing: bool,
}

/// The heads of the columns, in the order of [`counts`].
pub(super) fn heads(language: Language) -> Vec<String> {
    STATES.iter().map(|state| shown::notice_state(language, state).to_owned()).collect()
}

/// One for each state that a notice can be in; without any it is empty.
pub(super) fn counts(seat: &Seat, date: NaiveDate, of_day: &[&RunCount]) -> Vec<Count> {
    let count = |state: &&'static str| {
        let count: i64 = of_day.iter().filter(|found| found.state == **state).map(|found| found.count).sum();
        Count {
            label: shown::notice_state(seat.language(), state).to_owned(),
            tone: shown::tone(state),
            count: if count == 0 { String::new() } else { shown::count(seat.language(), count) },
            href: seat.href(&format!("/notices?run={date}&state={state}")),
            is_pressing: count > 0 && *state == "proposed",
        }
    };
    STATES.iter().map(count).collect()
}

/// What these ask for, and the fees in it, by currency.
pub(super) fn sums<'a>(language: Language, found: impl Iterator<Item = &'a RunCount>) -> Vec<(String, Option<String>)> {
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for count in found {
        let (total, fees) = sums.entry(count.currency.as_str()).or_default();
        *total = total.saturating_add(count.total_minor);
        *fees = fees.saturating_add(count.fee_minor);
    }
    let said = |(currency, (total, fees)): (&str, (i64, i64))| {
        let money = |minor| shown::money(language, minor, currency);
        (money(total), (fees > 0).then(|| money(fees)))
    };
    sums.into_iter().map(said).collect()
}
