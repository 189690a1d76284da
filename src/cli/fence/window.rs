//! `FROM..TO`: the span of which a person says what was sent.

use crate::domain::time::{Timestamp, instant, midnight};
use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

/// Reads `FROM..TO`: dates (the last one whole), civil times as `2026-11-21T09:00`, or instants with their offset.
///
/// # Errors
/// What can't be read, and what to write instead.
pub(super) fn window(text: &str, zone: Tz) -> anyhow::Result<(Timestamp, Timestamp)> {
    let (from, to) = text.split_once("..").context("--confirm-window: write FROM..TO, such as 2026-11-20..2026-11-21")?;
    let (from, to) = (edge(from.trim(), zone, false)?, edge(to.trim(), zone, true)?);
    if to <= from {
        bail!("--confirm-window: {text} ends before it begins");
    }
    Ok((from, to))
}

fn edge(text: &str, zone: Tz, is_end: bool) -> anyhow::Result<Timestamp> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        let day = if is_end { date.succ_opt().unwrap_or(date) } else { date };
        let first = midnight(zone, day);
        return Ok(if is_end { Timestamp(first.0 - 1) } else { first });
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp(at.timestamp_millis()));
    }
    let civil =
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"].iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let civil = civil.with_context(|| {
        format!("--confirm-window: `{text}` is no instant: write 2026-11-21, 2026-11-21T09:00 or 2026-11-21T09:00+01:00")
    })?;
    Ok(instant(zone, civil.date(), civil.time()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_whole_days_of_the_tenants_zone() {
        let zone = chrono_tz::Europe::Berlin;
        let (from, to) = window("2026-11-20..2026-11-21", zone).unwrap();
        assert_eq!((from.rfc3339_in(zone), to.0 - from.0), ("2026-11-20T00:00:00+01:00".to_owned(), 2 * 86_400_000 - 1));
        let (from, to) = window("2026-11-20T09:00 .. 2026-11-20T12:00:00Z", zone).unwrap();
        assert_eq!(to.0 - from.0, 4 * 3_600_000);
        for (wrong, why) in
            [("2026-11-20", "FROM..TO"), ("2026-11-20..x", "`x` is no instant"), ("2026-11-20..2026-11-19", "before it begins")]
        {
            assert!(window(wrong, zone).unwrap_err().to_string().contains(why), "{wrong}");
        }
    }
}
