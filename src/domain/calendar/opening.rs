//! When it is a working day, when a window is open, and when the next thing may leave.
//!
//! A window belongs to a civil date and is an interval of instants: from its start to before its end, as those
//! clock times fall on that date. So it is an hour shorter or longer where the clocks change inside it.

use super::Holidays;
use crate::domain::time::{Timestamp, instant, midnight};
use crate::domain::workflow::BusinessHours;
use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;

/// How many days are searched for an open window. Only a tenant that closes for longer, or a window that can
/// never open, gets there.
const HORIZON_DAYS: usize = 3 * 366;

/// When notices leave without a window and without a time of their own.
const NINE: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).expect("a clock time");

/// All civil time rules of one workflow at one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub zone: Tz,
    pub holidays: Holidays,
    /// Without them it is always open, on holidays too.
    pub hours: Option<BusinessHours>,
}

impl Calendar {
    /// The civil date at this instant.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> NaiveDate {
        at.date_in(self.zone)
    }

    /// The civil date at this instant, with its first instant and the next date's.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> (NaiveDate, (Timestamp, Timestamp)) {
        let date = self.date(at);
        let next = date.succ_opt().unwrap_or(NaiveDate::MAX);
        (date, (midnight(self.zone, date), midnight(self.zone, next)))
    }

    /// Whether `date` is a holiday; Saturdays and Sundays as such are none.
    #[must_use]
    pub fn is_holiday(&self, date: NaiveDate) -> bool {
        self.holidays.contains(date)
    }

    /// The day until which a debtor may pay what is due on `due`: a Saturday, Sunday or holiday moves to the next
    /// working day (§ 193 BGB). Business hours do not matter.
    #[must_use]
    pub fn legal_due(&self, due: NaiveDate) -> NaiveDate {
        let rests = |date: &NaiveDate| matches!(date.weekday(), Weekday::Sat | Weekday::Sun) || self.is_holiday(*date);
        due.iter_days().find(|date| !rests(date)).unwrap_or(due)
    }

    /// When a notice leaves: the first instant that is not before `stage_date` at `time_of_day`, not before
    /// `not_before`, and inside a window on a day that is no holiday.
    ///
    /// Without a `time_of_day` it is the window's start, or 09:00 without a window. One outside the window means the
    /// next window's start; the next day opens at its start, not at `time_of_day`.
    #[must_use]
    pub fn departure(&self, stage_date: NaiveDate, time_of_day: Option<NaiveTime>, not_before: Timestamp) -> Timestamp {
        let start = self.hours.as_ref().map_or(NINE, |hours| hours.start);
        let wanted = instant(self.zone, stage_date, time_of_day.unwrap_or(start));
        self.next_open(wanted.max(not_before))
    }

    /// The first instant from `at` on that lies inside a window; `at` itself without business hours.
    ///
    /// Where no window opens within three years it is the end of these three years: whoever sleeps until then looks
    /// again before it acts, and nothing leaves outside a window.
    #[must_use]
    pub fn next_open(&self, at: Timestamp) -> Timestamp {
        let Some(hours) = &self.hours else { return at };
        let today = self.date(at);
        let mut windows = today.iter_days().take(HORIZON_DAYS).filter_map(|date| self.window_of(hours, date));
        match windows.find(|(_, end)| at < *end) {
            Some((start, _)) => start.max(at),
            None => self.horizon(today).max(at),
        }
    }

    /// Whether a notice may leave at this instant.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let Some(hours) = &self.hours else { return true };
        self.window_of(hours, self.date(at)).is_some_and(|(start, end)| start <= at && at < end)
    }

    /// The window of a civil date, its end exclusive; the whole day without business hours; `None` on a day that does not open.
    #[must_use]
    pub fn window(&self, date: NaiveDate) -> Option<(Timestamp, Timestamp)> {
        let Some(hours) = &self.hours else { return self.interval(date, NaiveTime::MIN, None) };
        self.window_of(hours, date)
    }

    /// The next slot of a sender that dispatches at most one message each `every_seconds`: not before `at`, at
    /// least that long after the `last` slot, and inside a window.
    #[must_use]
    pub fn next_slot(&self, last: Option<Timestamp>, every_seconds: u32, at: Timestamp) -> Timestamp {
        let free = last.map_or(at, |last| last.plus_seconds(every_seconds.into()));
        self.next_open(free.max(at))
    }

    fn window_of(&self, hours: &BusinessHours, date: NaiveDate) -> Option<(Timestamp, Timestamp)> {
        if !hours.days.contains(&date.weekday()) || self.is_holiday(date) {
            return None;
        }
        self.interval(date, hours.start, Some(hours.end))
    }

    /// From one clock time to before another on `date`, or to its end; `None` where the clocks leave nothing of it.
    fn interval(&self, date: NaiveDate, start: NaiveTime, end: Option<NaiveTime>) -> Option<(Timestamp, Timestamp)> {
        let start = instant(self.zone, date, start);
        let next_day = midnight(self.zone, date.succ_opt()?);
        // Where the clocks skip the last hour of a day, a time in it moves into the next day; a window does not.
        let end = end.map_or(next_day, |end| instant(self.zone, date, end).min(next_day));
        (start < end).then_some((start, end))
    }

    fn horizon(&self, from: NaiveDate) -> Timestamp {
        midnight(self.zone, from.iter_days().nth(HORIZON_DAYS).unwrap_or(from))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Region;
    use super::*;
    use std::collections::BTreeSet;

    const WEEK: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    fn hours(days: &[Weekday], start: &str, end: &str) -> Option<BusinessHours> {
        Some(BusinessHours { days: days.to_vec(), start: time(start), end: time(end) })
    }

    fn calendar(region: &str, hours: Option<BusinessHours>) -> Calendar {
        Calendar { zone: Tz::Europe__Berlin, holidays: Holidays::of(Region::parse(region).unwrap()), hours }
    }

    fn office() -> Calendar {
        calendar("DE-BY", hours(&WEEK, "09:00:00", "15:00:00"))
    }

    fn at(text: &str) -> Timestamp {
        let (date, time) = text.split_once(' ').unwrap();
        instant(Tz::Europe__Berlin, date.parse().unwrap(), time.parse().unwrap())
    }

    fn leaves(calendar: &Calendar, stage_date: &str, time_of_day: Option<&str>, not_before: &str) -> String {
        calendar.departure(date(stage_date), time_of_day.map(time), at(not_before)).rfc3339_in(calendar.zone)
    }

    const LONG_AGO: &str = "2000-01-01 00:00:00";

    #[test]
    fn a_saturday_at_half_past_ten_leaves_on_monday_at_nine() {
        assert_eq!(leaves(&office(), "2026-11-21", Some("10:30:00"), LONG_AGO), "2026-11-23T09:00:00+01:00");
    }

    #[test]
    fn a_time_of_day_inside_the_window_is_kept() {
        assert_eq!(leaves(&office(), "2026-11-20", Some("10:30:00"), LONG_AGO), "2026-11-20T10:30:00+01:00");
        assert_eq!(leaves(&office(), "2026-11-20", None, LONG_AGO), "2026-11-20T09:00:00+01:00");
    }

    #[test]
    fn a_time_of_day_outside_the_window_means_the_next_windows_start() {
        assert_eq!(leaves(&office(), "2026-11-19", Some("08:00:00"), LONG_AGO), "2026-11-19T09:00:00+01:00");
        assert_eq!(leaves(&office(), "2026-11-19", Some("14:59:59"), LONG_AGO), "2026-11-19T14:59:59+01:00");
        // The end is exclusive.
        assert_eq!(leaves(&office(), "2026-11-19", Some("15:00:00"), LONG_AGO), "2026-11-20T09:00:00+01:00");
        assert_eq!(leaves(&office(), "2026-11-20", Some("18:00:00"), LONG_AGO), "2026-11-23T09:00:00+01:00");
    }

    #[test]
    fn a_late_not_before_inside_a_window_is_the_departure() {
        assert_eq!(leaves(&office(), "2026-11-16", Some("10:00:00"), "2026-11-18 13:07:01"), "2026-11-18T13:07:01+01:00");
        assert_eq!(leaves(&office(), "2026-11-16", Some("10:00:00"), "2026-11-18 03:00:00"), "2026-11-18T09:00:00+01:00");
    }

    #[test]
    fn without_a_window_it_leaves_at_its_time_or_at_nine_on_any_day() {
        let always = calendar("DE-BY", None);
        assert_eq!(leaves(&always, "2026-12-25", None, LONG_AGO), "2026-12-25T09:00:00+01:00");
        assert_eq!(leaves(&always, "2026-11-21", Some("22:15:00"), LONG_AGO), "2026-11-21T22:15:00+01:00");
        assert_eq!(leaves(&always, "2026-11-21", None, "2026-11-21 23:59:00"), "2026-11-21T23:59:00+01:00");
        assert!(always.is_open(at("2026-12-25 03:00:00")));
    }

    #[test]
    fn holidays_are_those_of_the_region_and_the_tenant() {
        let stage_date = "2026-06-04"; // Corpus Christi, a Thursday
        assert_eq!(leaves(&office(), stage_date, None, LONG_AGO), "2026-06-05T09:00:00+02:00");
        let berlin = calendar("DE-BE", office().hours);
        assert_eq!(leaves(&berlin, stage_date, None, LONG_AGO), "2026-06-04T09:00:00+02:00");
        let bridge_day = BTreeSet::from([date("2026-06-05")]);
        let holidays = Holidays::new(Region::parse("DE-BY").unwrap(), bridge_day, BTreeSet::new());
        assert_eq!(leaves(&Calendar { holidays, ..office() }, stage_date, None, LONG_AGO), "2026-06-08T09:00:00+02:00");
    }

    #[test]
    fn a_due_date_on_a_day_of_rest_moves_to_the_next_working_day() {
        let germany = calendar("DE", None);
        for (due, payable_until) in [
            ("2025-06-15", "2025-06-16"), // Sunday
            ("2026-05-14", "2026-05-15"), // Ascension, a Thursday
            ("2026-04-03", "2026-04-07"), // Good Friday to the Tuesday after Easter
            ("2026-12-25", "2026-12-28"),
            ("2026-11-20", "2026-11-20"),
        ] {
            assert_eq!(germany.legal_due(date(due)), date(payable_until), "{due}");
        }
        assert_eq!(calendar("none", None).legal_due(date("2026-05-14")), date("2026-05-14"));
        assert_eq!(calendar("none", None).legal_due(date("2026-05-16")), date("2026-05-18"));
    }

    #[test]
    fn the_last_day_of_the_calendar_is_due_on_itself() {
        assert_eq!(calendar("DE", None).legal_due(NaiveDate::MAX), NaiveDate::MAX);
    }

    #[test]
    fn times_of_day_in_a_gap_or_an_overlap_follow_the_house_rule() {
        let always = calendar("DE", None);
        assert_eq!(leaves(&always, "2027-03-28", Some("02:30:00"), LONG_AGO), "2027-03-28T03:30:00+02:00");
        assert_eq!(leaves(&always, "2027-10-31", Some("02:30:00"), LONG_AGO), "2027-10-31T02:30:00+02:00");
        let next_day = always.departure(date("2027-03-28"), None, at(LONG_AGO)).0 - at("2027-03-27 09:00:00").0;
        assert_eq!(next_day, 23 * 3_600_000, "one day later is 23 real hours");
    }

    #[test]
    fn a_window_has_its_six_hours_on_days_when_the_clocks_change_at_night() {
        let sundays = calendar("none", hours(&[Weekday::Sun], "09:00:00", "15:00:00"));
        for day in ["2027-03-28", "2027-10-31"] {
            let (start, end) = sundays.window(date(day)).unwrap();
            assert_eq!(end.0 - start.0, 6 * 3_600_000);
        }
    }

    #[test]
    fn a_window_that_the_clocks_cut_is_shorter_longer_or_shut() {
        let minutes = |start, end, day| {
            let window = calendar("none", hours(&[Weekday::Sun], start, end)).window(date(day));
            window.map_or(0, |(start, end)| (end.0 - start.0) / 60_000)
        };
        assert_eq!(minutes("01:00:00", "04:00:00", "2027-03-28"), 120);
        assert_eq!(minutes("01:00:00", "04:00:00", "2027-10-31"), 240);
        assert_eq!(minutes("02:00:00", "03:00:00", "2027-03-28"), 0);
        assert_eq!(minutes("02:30:00", "03:15:00", "2027-03-28"), 0);
    }

    #[test]
    fn a_day_that_a_zone_skips_has_no_window() {
        // Samoa went from 29 to 31 December 2011.
        for hours in [None, hours(&WEEK, "09:00:00", "15:00:00")] {
            let apia = Calendar { zone: Tz::Pacific__Apia, ..calendar("none", hours) };
            assert_eq!(apia.window(date("2011-12-30")), None);
            assert!(apia.window(date("2011-12-29")).is_some());
        }
    }

    #[test]
    fn a_window_does_not_run_into_the_next_day_where_the_last_hour_is_skipped() {
        // In Nuuk the clocks go from 23:00 to midnight on Saturday, 29 March 2025.
        let nuuk = Calendar { zone: Tz::America__Nuuk, ..calendar("none", hours(&[Weekday::Sat], "22:00:00", "23:30:00")) };
        let (_, end) = nuuk.window(date("2025-03-29")).unwrap();
        assert_eq!(end, midnight(nuuk.zone, date("2025-03-30")));
    }

    #[test]
    fn four_hundred_messages_before_christmas_take_two_working_days() {
        let germany = calendar("DE", office().hours);
        let mut slots: Vec<Timestamp> = Vec::new();
        for _ in 0..400 {
            slots.push(germany.next_slot(slots.last().copied(), 60, at("2026-12-24 09:00:00")));
        }
        let on = |day| slots.iter().filter(|slot| germany.date(**slot) == date(day)).count();
        assert_eq!((on("2026-12-24"), on("2026-12-28")), (360, 40));
        assert_eq!(slots[0], at("2026-12-24 09:00:00"));
        assert_eq!(slots[359], at("2026-12-24 14:59:00"));
        assert_eq!(slots[360], at("2026-12-28 09:00:00"));
        assert_eq!(slots[399], at("2026-12-28 09:39:00"));
    }

    #[test]
    fn a_slot_keeps_its_distance_and_a_late_start_does_not_catch_up() {
        let noon = at("2026-11-18 12:00:00");
        assert_eq!(office().next_slot(None, 60, noon), noon);
        assert_eq!(office().next_slot(Some(noon), 60, noon), noon.plus_seconds(60));
        assert_eq!(office().next_slot(Some(at("2026-11-18 11:00:00")), 60, noon), noon);
        // The slot would begin at the window's end.
        assert_eq!(office().next_slot(Some(at("2026-11-18 14:59:30")), 30, noon), at("2026-11-19 09:00:00"));
    }

    #[test]
    fn a_window_that_never_opens_neither_hangs_nor_lets_anything_leave() {
        let noon = at("2026-11-18 12:00:00");
        for never in [hours(&WEEK, "15:00:00", "09:00:00"), hours(&WEEK, "09:00:00", "09:00:00"), hours(&[], "09:00:00", "15:00:00")] {
            let calendar = calendar("DE", never);
            assert!(calendar.next_open(noon) > at("2029-01-01 00:00:00"));
            assert!(!calendar.is_open(noon));
        }
    }

    #[test]
    fn instants_that_no_calendar_holds_are_not_answered_with_the_past() {
        assert_eq!(office().next_open(Timestamp(i64::MAX)), Timestamp(i64::MAX));
    }
}
