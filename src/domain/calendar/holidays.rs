//! The holidays of one tenant: those of its region, and the days that it added or took away.

use super::{HolidayName, Region};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The years whose days are computed once; any other year is computed by rule at each question.
const COMPUTED_YEARS: RangeInclusive<i32> = 1990..=2099;

/// One bit for each day of a year.
type YearDays = [u64; 6];

/// The holidays of a region, with days added and removed. An answer costs one look into a table of bits.
#[derive(Clone, PartialEq, Eq)]
pub struct Holidays {
    region: Region,
    added: BTreeSet<NaiveDate>,
    removed: BTreeSet<NaiveDate>,
    /// For each of [`COMPUTED_YEARS`], what `region`, `added` and `removed` come to.
    computed: Box<[YearDays]>,
}

impl std::fmt::Debug for Holidays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The computed days follow from the rest and would fill pages.
        f.debug_struct("Holidays")
            .field("region", &self.region)
            .field("added", &self.added)
            .field("removed", &self.removed)
            .finish_non_exhaustive()
    }
}

impl Holidays {
    /// The last day for which the rules are known to be law: they were compared with the published lists in 2026,
    /// and a parliament may still add a day to later years. What is computed beyond is to be shown as provisional.
    pub const CONFIRMED_UNTIL: NaiveDate = NaiveDate::from_ymd_opt(2027, 12, 31).expect("a calendar date");

    /// The holidays of `region` and those in `added`, without those in `removed`; a day in both is none.
    #[must_use]
    pub fn new(region: Region, added: BTreeSet<NaiveDate>, removed: BTreeSet<NaiveDate>) -> Self {
        let mut computed: Box<[YearDays]> = COMPUTED_YEARS.map(|_| YearDays::default()).collect();
        for rule in region.rules() {
            COMPUTED_YEARS.filter_map(|year| rule.date_in(year)).for_each(|date| set(&mut computed, date, true));
        }
        added.iter().for_each(|date| set(&mut computed, *date, true));
        removed.iter().for_each(|date| set(&mut computed, *date, false));
        Self { region, added, removed, computed }
    }

    /// The holidays of `region` as they are in law.
    #[must_use]
    pub fn of(region: Region) -> Self {
        Self::new(region, BTreeSet::new(), BTreeSet::new())
    }

    /// The region that they started from.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// Whether `date` is a holiday; a Sunday as such is none.
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        match place(date) {
            Some((year, word, bit)) => self.computed.get(year).is_some_and(|days| days.get(word).is_some_and(|days| days & bit != 0)),
            None => self.name(date).is_some(),
        }
    }

    /// What the holiday on `date` is called, or `None` on any other day. Goes through the rules: for pages, not for loops.
    #[must_use]
    pub fn name(&self, date: NaiveDate) -> Option<HolidayName> {
        if self.removed.contains(&date) {
            return None;
        }
        let by_rule = self.region.rules().find(|rule| rule.date_in(date.year()) == Some(date)).map(|rule| rule.name);
        let by_tenant = || self.added.contains(&date).then_some(HolidayName { de: "eigener freier Tag", en: "own day off" });
        by_rule.or_else(by_tenant)
    }
}

/// Where the bit of `date` stands: index of the year, word, mask. `None` outside the computed years.
fn place(date: NaiveDate) -> Option<(usize, usize, u64)> {
    let year = usize::try_from(date.year() - COMPUTED_YEARS.start()).ok()?;
    let day = date.ordinal0();
    let word = usize::try_from(day / u64::BITS).ok()?;
    COMPUTED_YEARS.contains(&date.year()).then_some((year, word, 1 << (day % u64::BITS)))
}

fn set(computed: &mut [YearDays], date: NaiveDate, holiday: bool) {
    let days = place(date).and_then(|(year, word, bit)| Some((computed.get_mut(year)?.get_mut(word)?, bit)));
    match days {
        Some((days, bit)) if holiday => *days |= bit,
        Some((days, bit)) => *days &= !bit,
        // Years beyond are computed when asked for, from the sets themselves.
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn of(region: &str) -> Holidays {
        Holidays::of(Region::parse(region).unwrap())
    }

    #[test]
    fn bavaria_keeps_assumption_but_not_the_peace_of_augsburg() {
        assert!(of("DE-BY").contains(date("2026-08-15")));
        assert!(!of("DE-BY").contains(date("2026-08-08")));
        assert!(!of("DE").contains(date("2026-08-15")));
    }

    #[test]
    fn brandenburg_keeps_two_sundays() {
        for sunday in ["2026-04-05", "2026-05-24"] {
            assert!(of("DE-BB").contains(date(sunday)));
            assert!(!of("DE-BE").contains(date(sunday)));
        }
    }

    #[test]
    fn days_of_one_year_only_stay_in_it() {
        for day in ["2020-05-08", "2025-05-08", "2028-06-17"] {
            assert!(of("DE-BE").contains(date(day)));
            assert!(!of("DE-BB").contains(date(day)));
        }
        assert!(!of("DE-BE").contains(date("2026-05-08")));
        assert!(of("DE-HE").contains(date("2017-10-31")));
        assert!(!of("DE-HE").contains(date("2018-10-31")));
    }

    #[test]
    fn a_tenant_adds_and_removes_days() {
        let region = Region::parse("DE-BY").unwrap();
        let days = |days: &[&str]| days.iter().map(|day| date(day)).collect::<BTreeSet<_>>();
        let ours =
            Holidays::new(region, days(&["2026-08-08", "2200-07-07", "2026-12-24"]), days(&["2026-08-15", "2200-12-25", "2026-12-24"]));
        assert!(ours.contains(date("2026-08-08")) && ours.contains(date("2200-07-07")));
        assert!(!ours.contains(date("2026-08-15")) && !ours.contains(date("2200-12-25")));
        assert!(!ours.contains(date("2026-12-24")), "a day in both sets is none");
        assert_eq!(ours.name(date("2026-08-08")).unwrap().en, "own day off");
    }

    #[test]
    fn the_table_and_the_rules_say_the_same() {
        for region in ["DE-BE", "AT", "CH-GL"] {
            let holidays = of(region);
            let first_years = date("1988-01-01").iter_days().take_while(|day| day.year() < 1996);
            let last_years = date("2097-01-01").iter_days().take_while(|day| day.year() < 2103);
            for day in first_years.chain(last_years) {
                assert_eq!(holidays.contains(day), holidays.name(day).is_some(), "{region} {day}");
            }
        }
    }

    #[test]
    fn no_region_has_no_holidays() {
        let none = Holidays::of(Region::NONE);
        assert_eq!(date("2026-01-01").iter_days().take(366).filter(|day| none.contains(*day)).count(), 0);
    }

    #[test]
    fn a_holiday_has_its_name_in_both_languages() {
        let name = of("DE-SN").name(date("2026-11-18")).unwrap();
        assert_eq!((name.de, name.en), ("Buß- und Bettag", "Day of Repentance and Prayer"));
    }
}
