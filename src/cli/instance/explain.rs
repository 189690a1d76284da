//! Why an instance has not been dunned yet, as the command line tells it: with the command that helps.

use crate::cli::output::{money, weekday_moment};
use crate::domain::instance::{Hindrance, Teller};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use chrono_tz::Tz;

/// The rule as one sentence.
pub(super) fn sentence(why: &Hindrance, currency: Currency, number: &str) -> String {
    let told = teller(&|minor| money(minor, currency.code())).why(why);
    match why {
        Hindrance::Place => format!("{told} (`max_active`): it waits for a place"),
        Hindrance::NextRound => format!("{told}, if `mahnwerk serve` runs"),
        Hindrance::Review { notice } => format!("{told}: `mahnwerk notice release {notice} --reason …`"),
        Hindrance::UnderWay { notice } => format!("{told}: {notice}"),
        Hindrance::Failed { .. } => format!("{told}. `mahnwerk instance retry {number} --reason …` sends it again"),
        _ => told,
    }
}

fn teller(amount: &dyn Fn(i64) -> String) -> Teller<'_> {
    Teller { language: "en", day: &|date: NaiveDate| date.to_string(), amount }
}

/// When it may go on.
pub(super) fn next(why: &Hindrance, at: Option<Timestamp>, zone: Tz) -> String {
    teller(&|minor| minor.to_string()).next(why, at.map(|at| weekday_moment(at, zone)))
}
