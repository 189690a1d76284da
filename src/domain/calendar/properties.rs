//! What holds for every calendar, not only for the examples: compiled into tests only.

use super::{Calendar, Holidays, Region};
use crate::domain::time::{Timestamp, instant};
use crate::domain::workflow::BusinessHours;
use chrono::{Days, NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Zones with late, early, southern, half-hour and midnight changes, and one that skipped a whole day.
const ZONES: [Tz; 8] = [
    Tz::Europe__Berlin,
    Tz::America__Asuncion,
    Tz::America__New_York,
    Tz::America__Nuuk,
    Tz::America__Havana,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Apia,
    Tz::UTC,
];

const WEEKDAYS: [Weekday; 7] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

fn dates() -> impl Strategy<Value = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2008, 1, 1).unwrap();
    (0..35 * 365_u64).prop_map(move |days| first + Days::new(days))
}

fn times() -> impl Strategy<Value = NaiveTime> {
    (0..24 * 60_u32).prop_map(|minute| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap())
}

/// Between 2008 and 2043, to the millisecond.
fn instants() -> impl Strategy<Value = Timestamp> {
    (1_200_000_000_000..2_300_000_000_000_i64).prop_map(Timestamp)
}

/// At least one day and an hour: shorter windows may be shut by a change of the clocks, which others test.
fn hours() -> impl Strategy<Value = BusinessHours> {
    let days = proptest::sample::subsequence(&WEEKDAYS[..], 1..=7);
    (days, 0..22 * 60_u32, 60..24 * 60_u32).prop_map(|(days, start, length)| {
        let end = (start + length).min(24 * 60 - 1);
        let time = |minute| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
        BusinessHours { days, start: time(start), end: time(end) }
    })
}

fn calendars() -> impl Strategy<Value = Calendar> {
    let region = proptest::sample::select(Region::all().collect::<Vec<_>>());
    let zone = proptest::sample::select(&ZONES[..]);
    let added = proptest::collection::btree_set(dates(), 0..5);
    (zone, region, added, proptest::option::weighted(0.9, hours())).prop_map(|(zone, region, added, hours)| Calendar {
        zone,
        holidays: Holidays::new(region, added, BTreeSet::new()),
        hours,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_departure_is_inside_a_window_and_never_before_its_inputs(
        calendar in calendars(), day in dates(), time in proptest::option::of(times()), not_before in instants(),
    ) {
        let leaves = calendar.departure(day, time, not_before);
        prop_assert!(calendar.is_open(leaves));
        prop_assert!(leaves >= not_before);
        prop_assert!(calendar.hours.is_none() || !calendar.is_holiday(calendar.date(leaves)));
        if let Some(time) = time {
            prop_assert!(leaves >= instant(calendar.zone, day, time));
        }
        prop_assert_eq!(calendar.next_open(leaves), leaves);
    }

    #[test]
    fn a_departure_is_the_first_that_could_be(calendar in calendars(), day in dates(), not_before in instants()) {
        let leaves = calendar.departure(day, None, not_before);
        let before = Timestamp(leaves.0 - 1);
        let start = calendar.hours.as_ref().map_or(NaiveTime::from_hms_opt(9, 0, 0).unwrap(), |hours| hours.start);
        prop_assert!(!calendar.is_open(before) || before < not_before || before < instant(calendar.zone, day, start));
    }

    #[test]
    fn a_later_stage_or_a_later_start_never_leaves_earlier(
        calendar in calendars(), days in (dates(), dates()), time in proptest::option::of(times()), starts in (instants(), instants()),
    ) {
        let first = calendar.departure(days.0.min(days.1), time, starts.0.min(starts.1));
        let second = calendar.departure(days.0.max(days.1), time, starts.0.max(starts.1));
        prop_assert!(first <= second);
    }

    #[test]
    fn the_windows_of_days_and_the_open_instants_are_the_same(calendar in calendars(), at in instants()) {
        let window = calendar.window(calendar.date(at));
        prop_assert_eq!(calendar.is_open(at), window.is_some_and(|(start, end)| start <= at && at < end));
        if let Some((start, end)) = window {
            prop_assert!(calendar.is_open(start) && calendar.is_open(Timestamp(end.0 - 1)));
            prop_assert!(calendar.hours.is_none() || !calendar.is_open(end));
        }
    }

    #[test]
    fn slots_keep_their_distance_and_the_window(
        calendar in calendars(), every in 1..200_000_u32, begin in instants(), dues in proptest::collection::vec(0..500_000_000_i64, 1..40),
    ) {
        let mut last: Option<Timestamp> = None;
        for due in dues {
            let due = Timestamp(begin.0 + due);
            let slot = calendar.next_slot(last, every, due);
            prop_assert!(slot >= due && calendar.is_open(slot));
            prop_assert!(last.is_none_or(|last| slot.0 - last.0 >= i64::from(every) * 1000));
            last = Some(slot);
        }
    }

    #[test]
    fn a_legal_due_date_is_the_first_working_day(calendar in calendars(), due in dates()) {
        let rests = |day| calendar.is_holiday(day) || matches!(chrono::Datelike::weekday(&day), Weekday::Sat | Weekday::Sun);
        let shifted = calendar.legal_due(due);
        prop_assert!(!rests(shifted));
        prop_assert!(due.iter_days().take_while(|day| *day < shifted).all(rests));
        prop_assert_eq!(calendar.legal_due(shifted), shifted);
    }
}
