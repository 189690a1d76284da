//! How the API writes and reads dates: instants with three millisecond digits and an offset, days in German local time.

use crate::domain::time::{Timestamp, midnight};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

/// The zone of every day that the API speaks of.
pub(super) const BERLIN: Tz = Tz::Europe__Berlin;

pub(super) const SECOND: i64 = 1_000;
pub(super) const DAY: i64 = 86_400 * SECOND;

/// `2026-01-08T11:02:40.318+01:00`.
pub(super) fn stamp(ms: i64) -> String {
    Timestamp(ms).in_zone(BERLIN).format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// The same with the milliseconds at zero, as the voucherlist has it.
pub(super) fn stamp_of_second(ms: i64) -> String {
    stamp(ms - ms.rem_euclid(SECOND))
}

/// A day as the API writes it: its midnight.
pub(super) fn stamp_of_day(day: NaiveDate) -> String {
    stamp(midnight(BERLIN, day).0)
}

/// The German day of an instant.
pub(super) fn day(ms: i64) -> NaiveDate {
    Timestamp(ms).date_in(BERLIN)
}

/// Reads `yyyy-MM-ddTHH:mm:ss.SSSXXX` and nothing else: the letter T, three digits, `Z` or `+HH:MM`.
pub(super) fn read_stamp(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 24
        && bytes[10] == b'T'
        && bytes[19] == b'.'
        && bytes[20..23].iter().all(u8::is_ascii_digit)
        && (text.get(23..) == Some("Z") || (bytes.len() == 29 && bytes[26] == b':'));
    if !shaped {
        return None;
    }
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_have_three_digits_and_the_offset_of_the_day() {
        assert_eq!(stamp(1_767_866_560_318), "2026-01-08T11:02:40.318+01:00");
        assert_eq!(stamp_of_second(1_767_866_560_318), "2026-01-08T11:02:40.000+01:00");
        assert_eq!(stamp_of_day(NaiveDate::from_ymd_opt(2026, 7, 1).unwrap()), "2026-07-01T00:00:00.000+02:00");
    }

    #[test]
    fn only_the_one_form_is_read() {
        assert_eq!(read_stamp("2026-01-08T11:02:40.318+01:00"), Some(1_767_866_560_318));
        assert_eq!(read_stamp("2026-01-08T10:02:40.318Z"), Some(1_767_866_560_318));
        for wrong in [
            "2026-01-08",
            "2026-01-08T11:02:40+01:00",
            "2026-01-08 11:02:40.318Z",
            "2026-01-08T11:02:40.3Z",
            "2026-02-30T00:00:00.000Z",
            "ä",
        ] {
            assert_eq!(read_stamp(wrong), None, "{wrong}");
        }
    }
}
