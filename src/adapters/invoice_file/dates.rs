//! Dates as a map's pattern writes them.

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use std::fmt::Write as _;

/// Outside these years a date is a slip, mostly a year of two digits read with `%Y`.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// What files are known to use; only ever proposed, never tried in place of the map's pattern.
const COMMON: [&str; 9] =
    ["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];

/// One strftime pattern, taken apart once for all rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DatePattern {
    pattern: String,
    items: Vec<Item<'static>>,
}

impl DatePattern {
    /// A pattern of our own, known to be one.
    pub(super) fn known(pattern: &'static str) -> Self {
        Self { pattern: pattern.to_owned(), items: StrftimeItems::new(pattern).collect() }
    }

    /// # Errors
    /// When the pattern is none, or a date does not survive being written and read with it; the message says what to write.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        let refuse = |why: &str| format!("{why}: write a strftime pattern such as \"%d.%m.%Y\" or \"%Y-%m-%d\"");
        let items = StrftimeItems::new(pattern).parse_to_owned().map_err(|_| refuse("is not a date pattern"))?;
        let pattern = Self { pattern: pattern.to_owned(), items };
        let sample = NaiveDate::from_ymd_opt(2025, 11, 23).unwrap_or_default();
        let written = pattern.write(sample).ok_or_else(|| refuse("asks for more than a date and a clock time"))?;
        if pattern.parse(&written) == Some(sample) { Ok(pattern) } else { Err(refuse("leaves out the day, the month or the year")) }
    }

    /// # Errors
    /// A sentence without subject: what is wrong and how to write it instead.
    pub(super) fn read(&self, text: &str) -> Result<NaiveDate, String> {
        match self.parse(text) {
            Some(date) if YEARS.contains(&date.year()) => Ok(date),
            Some(date) => {
                Err(format!("is the year {}: write a year from {} to {}{}", date.year(), YEARS.start(), YEARS.end(), self.proposal(text)))
            }
            None => Err(format!("is not a date: write it like {}{}", self.example(), self.proposal(text))),
        }
    }

    fn parse(&self, text: &str) -> Option<NaiveDate> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        parsed.to_naive_date().ok()
    }

    fn write(&self, date: NaiveDate) -> Option<String> {
        let mut text = String::new();
        let moment: NaiveDateTime = date.and_time(chrono::NaiveTime::MIN);
        write!(text, "{}", moment.format_with_items(self.items.iter())).ok()?;
        Some(text)
    }

    fn example(&self) -> String {
        let day = NaiveDate::from_ymd_opt(2025, 12, 31).unwrap_or_default();
        self.write(day).unwrap_or_else(|| self.pattern.clone())
    }

    /// The patterns that would read this text; several if it is ambiguous, so that nobody swaps day and month by accident.
    fn proposal(&self, text: &str) -> String {
        let fitting: Vec<String> = COMMON
            .iter()
            .filter(|pattern| **pattern != self.pattern)
            .map(|pattern| Self::known(pattern))
            .filter(|other| other.parse(text).is_some_and(|date| YEARS.contains(&date.year())))
            .map(|other| format!("dates = \"{}\"", other.pattern))
            .collect();
        if fitting.is_empty() { String::new() } else { format!(", or set {} in [format] of the map", fitting.join(" or ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn a_pattern_reads_its_dates() {
        for (pattern, text, date) in [
            ("%Y-%m-%d", "2026-02-28", day(2026, 2, 28)),
            ("%d.%m.%Y", "1.2.2026", day(2026, 2, 1)),
            ("%m/%d/%Y", "1/2/2013", day(2013, 1, 2)),
            ("%d.%m.%y", "01.02.26", day(2026, 2, 1)),
            ("%Y-%m-%d %H:%M:%S", "2026-02-28 00:00:00", day(2026, 2, 28)),
            ("%d. %B %Y", "3. March 2026", day(2026, 3, 3)),
        ] {
            assert_eq!(DatePattern::new(pattern).unwrap().read(text), Ok(date), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_lose_the_date_are_refused() {
        for pattern in ["", "%Y-%m", "%d.%m.", "%Q", "TT.MM.JJJJ", "%H:%M", "%Y-%m-%d %z", "%"] {
            assert!(DatePattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_wrong_date_is_answered_with_what_to_write() {
        for (pattern, text, expected) in [
            ("%Y-%m-%d", "31.01.2026", "write it like 2025-12-31, or set dates = \"%d.%m.%Y\" in [format] of the map"),
            ("%Y-%m-%d", "03/04/2026", "dates = \"%m/%d/%Y\" or dates = \"%d/%m/%Y\""),
            ("%d.%m.%Y", "30.02.2026", "is not a date: write it like 31.12.2025"),
            ("%d.%m.%Y", "05.03.26", "is the year 26: write a year from 1990 to 2100, or set dates = \"%d.%m.%y\""),
            ("%d.%m.%Y", "05.03.2206", "is the year 2206"),
        ] {
            let message = DatePattern::new(pattern).unwrap().read(text).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
