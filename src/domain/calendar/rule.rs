//! The rule engine of holidays: on which day a year's holiday falls, where, and in which years.
//!
//! The data are the `rules_*` modules beside it. Everything is `const`, so a table costs nothing at start.

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};

/// What a holiday is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolidayName {
    pub de: &'static str,
    pub en: &'static str,
}

/// On which day of a year a holiday falls.
#[derive(Clone, Copy, Debug)]
pub(super) enum Day {
    /// Month and day.
    Fixed(u32, u32),
    /// Days after Easter Sunday.
    Easter(i64),
    /// The n-th weekday of a month, then so many days more.
    Nth { nth: u8, weekday: Weekday, month: u32, plus: u64 },
    /// The n-th weekday of a month, a week later where that lies in Holy Week.
    NthNotInHolyWeek { nth: u8, weekday: Weekday, month: u32 },
    /// The last such weekday before a month and day.
    LastBefore { weekday: Weekday, month: u32, day: u32 },
}

/// One holiday of a country.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) name: HolidayName,
    pub(super) day: Day,
    /// The states or cantons that keep it; in the whole country if there are none.
    pub(super) states: &'static [&'static str],
    /// The first and the last year in which it is kept.
    years: (i32, i32),
    /// It is only kept on these weekdays; on any if there are none.
    weekdays: &'static [Weekday],
}

/// A holiday of the whole country.
pub(super) const fn nationwide(de: &'static str, en: &'static str, day: Day) -> Rule {
    regional(de, en, day, &[])
}

/// A holiday of some states or cantons.
pub(super) const fn regional(de: &'static str, en: &'static str, day: Day, states: &'static [&'static str]) -> Rule {
    Rule { name: HolidayName { de, en }, day, states, years: (i32::MIN, i32::MAX), weekdays: &[] }
}

impl Rule {
    /// The same from this year on.
    pub(super) const fn since(self, year: i32) -> Self {
        Self { years: (year, self.years.1), ..self }
    }

    /// The same up to and with this year.
    pub(super) const fn until(self, year: i32) -> Self {
        Self { years: (self.years.0, year), ..self }
    }

    /// The same in one year only.
    pub(super) const fn once(self, year: i32) -> Self {
        self.since(year).until(year)
    }

    /// The same, dropped where it falls on any other weekday.
    pub(super) const fn only_on(self, weekdays: &'static [Weekday]) -> Self {
        Self { weekdays, ..self }
    }

    /// Whether a region with this state keeps it; a region without one keeps what the whole country does.
    pub(super) fn applies_in(&self, state: Option<&str>) -> bool {
        self.states.is_empty() || state.is_some_and(|state| self.states.contains(&state))
    }

    /// The day on which it is kept in `year`, if it is.
    pub(super) fn date_in(&self, year: i32) -> Option<NaiveDate> {
        if year < self.years.0 || self.years.1 < year {
            return None;
        }
        let date = self.day.in_year(year)?;
        (self.weekdays.is_empty() || self.weekdays.contains(&date.weekday())).then_some(date)
    }
}

impl Day {
    fn in_year(self, year: i32) -> Option<NaiveDate> {
        match self {
            Self::Fixed(month, day) => NaiveDate::from_ymd_opt(year, month, day),
            Self::Easter(days) => easter_sunday(year)?.checked_add_signed(TimeDelta::try_days(days)?),
            Self::Nth { nth, weekday, month, plus } => {
                NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)?.checked_add_days(Days::new(plus))
            }
            Self::NthNotInHolyWeek { nth, weekday, month } => {
                let date = NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)?;
                let to_easter = easter_sunday(year)?.signed_duration_since(date).num_days();
                if (1..=6).contains(&to_easter) { date.checked_add_days(Days::new(7)) } else { Some(date) }
            }
            Self::LastBefore { weekday, month, day } => {
                let eve = NaiveDate::from_ymd_opt(year, month, day)?.pred_opt()?;
                eve.checked_sub_days(Days::new(eve.weekday().days_since(weekday).into()))
            }
        }
    }
}

/// Easter Sunday of a Gregorian year, by the rule of Meeus, Jones and Butcher.
pub(super) fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let (century, in_century) = (year.div_euclid(100), year.rem_euclid(100));
    let lunar_correction = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let epact = (19 * golden + century - century.div_euclid(4) - lunar_correction + 15).rem_euclid(30);
    let to_sunday = (32 + 2 * century.rem_euclid(4) + 2 * (in_century / 4) - epact - in_century % 4).rem_euclid(7);
    let late_moon = (golden + 11 * epact + 22 * to_sunday) / 451;
    let after_22_march = epact + to_sunday - 7 * late_moon;
    NaiveDate::from_ymd_opt(year, 3, 22)?.checked_add_signed(TimeDelta::try_days(after_22_march.into())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn easter_falls_where_the_church_says() {
        let known = ["1818-03-22", "2000-04-23", "2008-03-23", "2026-04-05", "2027-03-28", "2028-04-16"];
        for easter in known.into_iter().chain(["2029-04-01", "2030-04-21", "2038-04-25", "2285-03-22"]) {
            assert_eq!(easter_sunday(date(easter).year()), Some(date(easter)));
        }
    }

    #[test]
    fn easter_is_a_sunday_from_22_march_to_25_april() {
        for year in 1583..4100 {
            let easter = easter_sunday(year).unwrap();
            assert_eq!(easter.weekday(), Weekday::Sun, "{easter}");
            assert!((date("2001-03-22").ordinal()..=date("2001-04-25").ordinal()).contains(&easter.with_year(2001).unwrap().ordinal()));
        }
    }

    #[test]
    fn the_day_before_a_date_is_never_that_date() {
        let repentance = Day::LastBefore { weekday: Weekday::Wed, month: 11, day: 23 };
        // 22 November 2017 is the latest and 16 November 2022 the earliest day that it can be.
        assert_eq!(repentance.in_year(2017), Some(date("2017-11-22")));
        assert_eq!(repentance.in_year(2022), Some(date("2022-11-16")));
        assert_eq!(repentance.in_year(2026), Some(date("2026-11-18")));
    }

    #[test]
    fn the_procession_of_naefels_keeps_out_of_holy_week() {
        let procession = Day::NthNotInHolyWeek { nth: 1, weekday: Weekday::Thu, month: 4 };
        assert_eq!(procession.in_year(2025), Some(date("2025-04-03")));
        // 2 April 2026 is Maundy Thursday.
        assert_eq!(procession.in_year(2026), Some(date("2026-04-09")));
    }

    #[test]
    fn the_genevan_fast_follows_the_first_sunday_and_is_no_first_thursday() {
        let fast = Day::Nth { nth: 1, weekday: Weekday::Sun, month: 9, plus: 4 };
        assert_eq!(fast.in_year(2023), Some(date("2023-09-07")));
        // 1 September 2024 is a Sunday, 2 September 2021 a Thursday before the first Sunday.
        assert_eq!(fast.in_year(2024), Some(date("2024-09-05")));
        assert_eq!(fast.in_year(2021), Some(date("2021-09-09")));
    }

    #[test]
    fn a_rule_is_kept_in_its_years_and_on_its_weekdays() {
        let rule = nationwide("", "", Day::Fixed(1, 2)).since(2023).until(2028).only_on(&[Weekday::Mon]);
        let kept: Vec<_> = (2010..2040).filter_map(|year| rule.date_in(year)).collect();
        assert_eq!(kept, [date("2023-01-02")]);
        assert!(rule.only_on(&[]).date_in(2028).is_some());
        assert!(rule.only_on(&[]).date_in(2029).is_none());
    }

    #[test]
    fn years_that_no_calendar_holds_have_no_holidays() {
        assert_eq!(easter_sunday(i32::MAX / 4), None);
        assert_eq!(Day::Fixed(1, 1).in_year(i32::MAX), None);
    }
}
