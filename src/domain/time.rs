//! Instants and civil time.
//!
//! Business time is civil (a date and a clock time in a zone); an instant is what it computes to.
//! A time in a daylight-saving gap moves forward by the gap, an ambiguous one means its first occurrence.

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant as a date and time in `zone`. Instants outside chrono's range (±262,000 years) read as 1970.
    #[must_use]
    pub fn in_zone(self, zone: Tz) -> DateTime<Tz> {
        DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default().with_timezone(&zone)
    }

    /// The civil date in `zone` at this instant.
    #[must_use]
    pub fn date_in(self, zone: Tz) -> NaiveDate {
        self.in_zone(zone).date_naive()
    }

    /// This instant moved by `seconds`.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// RFC 3339 with the offset that `zone` has at this instant: `2013-11-20T09:00:00+01:00`; milliseconds only if there are any.
    #[must_use]
    pub fn rfc3339_in(self, zone: Tz) -> String {
        self.in_zone(zone).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
    }
}

/// The instant of a civil date and clock time in `zone`.
#[must_use]
pub fn instant(zone: Tz, date: NaiveDate, time: NaiveTime) -> Timestamp {
    let civil = date.and_time(time);
    match zone.from_local_datetime(&civil) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Timestamp(at.timestamp_millis()),
        LocalResult::None => after_gap(zone, civil),
    }
}

/// A civil time that the zone skips, moved forward by the length of the gap: with the offset that held before it.
fn after_gap(zone: Tz, civil: NaiveDateTime) -> Timestamp {
    let day_before = civil - Duration::days(1);
    let offset_before = match zone.from_local_datetime(&day_before) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.timestamp_millis() - day_before.and_utc().timestamp_millis(),
        LocalResult::None => 0,
    };
    Timestamp(civil.and_utc().timestamp_millis() + offset_before)
}

/// The first instant of a civil date in `zone`.
#[must_use]
pub fn midnight(zone: Tz, date: NaiveDate) -> Timestamp {
    instant(zone, date, NaiveTime::MIN)
}

/// A civil date in `zone`: its first instant, and the first after it.
#[must_use]
pub fn whole_day(zone: Tz, date: NaiveDate) -> (Timestamp, Timestamp) {
    let end = date.succ_opt().map_or(Timestamp(i64::MAX), |next| midnight(zone, next));
    (midnight(zone, date), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date: (i32, u32, u32), time: (u32, u32)) -> String {
        let date = NaiveDate::from_ymd_opt(date.0, date.1, date.2).unwrap();
        let time = NaiveTime::from_hms_opt(time.0, time.1, 0).unwrap();
        instant(Tz::Europe__Berlin, date, time).rfc3339_in(Tz::Europe__Berlin)
    }

    #[test]
    fn a_time_in_the_gap_moves_forward_by_the_gap() {
        assert_eq!(at((2027, 3, 28), (2, 30)), "2027-03-28T03:30:00+02:00");
    }

    #[test]
    fn an_ambiguous_time_means_its_first_occurrence() {
        assert_eq!(at((2027, 10, 31), (2, 30)), "2027-10-31T02:30:00+02:00");
    }

    #[test]
    fn ordinary_times_carry_the_offset_of_the_day() {
        assert_eq!(at((2013, 11, 20), (9, 0)), "2013-11-20T09:00:00+01:00");
        assert_eq!(at((2013, 7, 20), (9, 0)), "2013-07-20T09:00:00+02:00");
    }
}
