//! When the senders of the stories may send: weekdays from nine to three in Berlin, calculated without the engine.

use chrono::{Datelike, Timelike, Weekday};
use mahnwerk::domain::time::Timestamp;

pub(crate) fn open(at: Timestamp) -> bool {
    let civil = at.in_zone(chrono_tz::Europe::Berlin);
    !matches!(civil.weekday(), Weekday::Sat | Weekday::Sun) && (9..15).contains(&civil.hour())
}
