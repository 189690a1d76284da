//! Public holidays as plain lists of dates, from `reference/dunning.md` section 4.8's tables and the Gregorian computus.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use std::collections::BTreeSet;

/// The years for which the lists are made; every rehearsal in the tests lies well inside.
const YEARS: std::ops::RangeInclusive<i32> = 2005..=2045;

/// All holidays of a region named as in a workflow file.
pub(crate) fn of_region(region: &str) -> BTreeSet<NaiveDate> {
    YEARS.flat_map(|year| of_year(region, year)).collect()
}

fn of_year(region: &str, year: i32) -> Vec<NaiveDate> {
    match region {
        "none" => Vec::new(),
        "DE" => germany(year),
        "DE-BE" => [germany(year), berlin(year)].concat(),
        "DE-BY" => [germany(year), bavaria(year)].concat(),
        "DE-SN" => [germany(year), saxony(year)].concat(),
        "AT" => austria(year),
        "CH-ZH" => zurich(year),
        other => panic!("the oracle has no holidays for {other}"),
    }
}

/// Easter Sunday after Meeus, Jones and Butcher.
pub(crate) fn easter(year: i32) -> NaiveDate {
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    day(year, sum / 31, sum % 31 + 1)
}

fn germany(year: i32) -> Vec<NaiveDate> {
    let mut dates = vec![
        day(year, 1, 1),
        good_friday(year),
        after_easter(year, 1),
        day(year, 5, 1),
        after_easter(year, 39),
        after_easter(year, 50),
        day(year, 10, 3),
        day(year, 12, 25),
        day(year, 12, 26),
    ];
    if year == 2017 {
        dates.push(day(2017, 10, 31));
    }
    dates
}

fn berlin(year: i32) -> Vec<NaiveDate> {
    let mut dates = Vec::new();
    if year >= 2019 {
        dates.push(day(year, 3, 8));
    }
    match year {
        2020 | 2025 => dates.push(day(year, 5, 8)),
        2028 => dates.push(day(year, 6, 17)),
        _ => {}
    }
    dates
}

fn bavaria(year: i32) -> Vec<NaiveDate> {
    vec![day(year, 1, 6), after_easter(year, 60), day(year, 8, 15), day(year, 11, 1)]
}

fn saxony(year: i32) -> Vec<NaiveDate> {
    vec![day(year, 10, 31), repentance_day(year)]
}

fn austria(year: i32) -> Vec<NaiveDate> {
    vec![
        day(year, 1, 1),
        day(year, 1, 6),
        after_easter(year, 1),
        day(year, 5, 1),
        after_easter(year, 39),
        after_easter(year, 50),
        after_easter(year, 60),
        day(year, 8, 15),
        day(year, 10, 26),
        day(year, 11, 1),
        day(year, 12, 8),
        day(year, 12, 25),
        day(year, 12, 26),
    ]
}

fn zurich(year: i32) -> Vec<NaiveDate> {
    vec![
        day(year, 1, 1),
        good_friday(year),
        after_easter(year, 1),
        day(year, 5, 1),
        after_easter(year, 39),
        after_easter(year, 50),
        day(year, 8, 1),
        day(year, 12, 25),
        day(year, 12, 26),
    ]
}

/// Buß- und Bettag: the last Wednesday before 23 November.
fn repentance_day(year: i32) -> NaiveDate {
    (16..=22).map(|date| day(year, 11, date)).find(|date| date.weekday() == Weekday::Wed).expect("a week has a Wednesday")
}

fn good_friday(year: i32) -> NaiveDate {
    easter(year) - Days::new(2)
}

fn after_easter(year: i32, days: u64) -> NaiveDate {
    easter(year) + Days::new(days)
}

fn day(year: i32, month: i32, day: i32) -> NaiveDate {
    let written = format!("{year:04}-{month:02}-{day:02}");
    written.parse().unwrap_or_else(|_| panic!("{written} is no date"))
}
