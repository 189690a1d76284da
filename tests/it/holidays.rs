//! The rules of holidays against a list from elsewhere: every weekday and Saturday of 31 years in 45 regions.

use chrono::{Datelike, NaiveDate, Weekday};
use mahnwerk::domain::calendar::{Holidays, Region};
use std::collections::BTreeMap;

const GOLDEN: &str = include_str!("../golden/holidays.txt");

/// The golden list, by region and year: days as `0501`.
fn golden() -> BTreeMap<(&'static str, i32), Vec<String>> {
    let lines = GOLDEN.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split(' ');
            let region = words.next().expect("a region");
            let year = words.next().and_then(|year| year.parse().ok()).expect("a year after the region");
            ((region, year), words.map(str::to_owned).collect())
        })
        .collect()
}

fn ours(holidays: &Holidays, year: i32) -> Vec<String> {
    let new_year = NaiveDate::from_ymd_opt(year, 1, 1).expect("a year of the list");
    let days = new_year.iter_days().take_while(|day| day.year() == year);
    days.filter(|day| day.weekday() != Weekday::Sun && holidays.contains(*day)).map(|day| day.format("%m%d").to_string()).collect()
}

#[test]
fn the_rules_agree_with_the_golden_list() {
    let golden = golden();
    let differing: Vec<String> = Region::all()
        .filter(|region| *region != Region::NONE)
        .flat_map(|region| {
            let holidays = Holidays::of(region);
            (2010..=2040).map(move |year| (region, year, ours(&holidays, year))).collect::<Vec<_>>()
        })
        .filter(|(region, year, ours)| golden.get(&(region.code(), *year)) != Some(ours))
        .map(|(region, year, ours)| format!("{region} {year}: ours {ours:?}, golden {:?}", golden.get(&(region.code(), year))))
        .collect();
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
}

#[test]
fn the_golden_list_covers_every_region_and_year_once() {
    let lines = GOLDEN.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!((lines, golden().len()), (45 * 31, 45 * 31));
}
