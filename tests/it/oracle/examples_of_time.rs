//! Hand-made examples for the oracle's civil time and its holidays.

use super::calendar::{instant, midnight, window, written};
use super::examples::{invoice, run, span, stage, three_stages, told};
use super::holidays::{easter, of_region};
use super::workflow_file;
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

fn date(written: &str) -> NaiveDate {
    written.parse().expect("a date")
}

fn at(zone: Tz, day: &str, time: &str) -> String {
    let time: NaiveTime = format!("{time}:00").parse().expect("a clock time");
    written(&instant(zone, date(day), time))
}

#[test]
fn a_gap_moves_forward_and_an_ambiguous_time_is_the_first() {
    assert_eq!(at(Tz::Europe__Berlin, "2027-03-28", "02:30"), "2027-03-28T03:30:00+02:00");
    assert_eq!(at(Tz::Europe__Berlin, "2027-10-31", "02:30"), "2027-10-31T02:30:00+02:00");
    assert_eq!(at(Tz::America__New_York, "2012-03-11", "02:30"), "2012-03-11T03:30:00-04:00");
    assert_eq!(at(Tz::America__New_York, "2012-11-04", "01:30"), "2012-11-04T01:30:00-04:00");
    assert_eq!(at(Tz::Pacific__Auckland, "2012-09-30", "02:30"), "2012-09-30T03:30:00+13:00");
    assert_eq!(at(Tz::Pacific__Auckland, "2012-04-01", "02:30"), "2012-04-01T02:30:00+13:00");
    assert_eq!(at(Tz::Australia__Lord_Howe, "2012-10-07", "02:15"), "2012-10-07T02:45:00+11:00");
}

#[test]
fn even_midnight_can_be_missing_or_doubled() {
    assert_eq!(written(&midnight(Tz::America__Sao_Paulo, date("2012-10-21"))), "2012-10-21T01:00:00-02:00");
    assert_eq!(written(&midnight(Tz::America__Havana, date("2012-11-04"))), "2012-11-04T00:00:00-04:00");
    // Samoa crossed the date line and had no 30 December 2011.
    assert_eq!(written(&midnight(Tz::Pacific__Apia, date("2011-12-30"))), "2011-12-31T00:00:00+14:00");
}

#[test]
fn the_window_has_six_hours_on_both_days_of_change_and_a_day_may_have_23() {
    let text =
        "timezone = \"Europe/Berlin\"\nholidays = \"none\"\n[business_hours]\ndays = [\"sun\"]\nstart = \"09:00\"\nend = \"15:00\"\n";
    let workflow = workflow_file::read(&(text.to_owned() + &three_stages()));
    for day in ["2027-03-28", "2027-10-31"] {
        let (open, close) = window(&workflow, date(day)).expect("an open Sunday");
        assert_eq!((close - open).num_hours(), 6);
    }
    assert!(window(&workflow, date("2027-03-29")).is_none());
    let nine = NaiveTime::from_hms_opt(9, 0, 0).expect("nine");
    let day = instant(Tz::Europe__Berlin, date("2027-03-28"), nine) - instant(Tz::Europe__Berlin, date("2027-03-27"), nine);
    assert_eq!(day.num_hours(), 23);
}

#[test]
fn a_stage_in_the_gap_is_dispatched_an_hour_later_on_the_clock() {
    let night = stage("r1", "reminder", "anchor = \"due_date\"\nafter_days = 3\ntime_of_day = \"02:30\"");
    let workflow = "timezone = \"Europe/Berlin\"\nholidays = \"none\"\n".to_owned() + &night;
    let outcome = run(&[invoice("A", "2027-03-25"), invoice("B", "2027-10-28")], &workflow, &span("2027-01-01", "2028-01-01"));
    assert_eq!(told(&outcome), ["2027-03-28T03:30:00+02:00 r1 email A:r1", "2027-10-31T02:30:00+02:00 r1 email B:r1"]);
}

#[test]
fn the_legal_due_date_moves_to_the_next_working_day() {
    // Sunday 15 June 2025 → Monday; Ascension Thursday 14 May 2026 → Friday; one day more for the stage.
    let text = "timezone = \"Europe/Berlin\"\nholidays = \"DE-BE\"\n[rules]\nlegal_due_shift = true\n".to_owned();
    let workflow = text + &stage("r1", "reminder", "anchor = \"due_date\"\nafter_days = 1");
    let outcome = run(&[invoice("A", "2025-06-15"), invoice("B", "2026-05-14")], &workflow, &span("2025-01-01", "2027-01-01"));
    assert_eq!(told(&outcome), ["2025-06-17T09:00:00+02:00 r1 email A:r1", "2026-05-16T09:00:00+02:00 r1 email B:r1"]);
}

#[test]
fn easter_and_the_days_that_hang_on_it() {
    let expected = ["2012-04-08", "2019-04-21", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21", "2038-04-25"];
    for day in expected.map(date) {
        assert_eq!(easter(chrono::Datelike::year(&day)), day);
    }
}

#[test]
fn the_holidays_of_known_years() {
    let in_year = |region: &str, year: &str| -> Vec<String> {
        of_region(region).iter().map(NaiveDate::to_string).filter(|day| day.starts_with(year)).map(|day| day[5..].to_owned()).collect()
    };
    assert_eq!(in_year("DE", "2012"), ["01-01", "04-06", "04-09", "05-01", "05-17", "05-28", "10-03", "12-25", "12-26"]);
    assert_eq!(
        in_year("DE-BY", "2012"),
        ["01-01", "01-06", "04-06", "04-09", "05-01", "05-17", "05-28", "06-07", "08-15", "10-03", "11-01", "12-25", "12-26"]
    );
    assert_eq!(
        in_year("DE-SN", "2017"),
        ["01-01", "04-14", "04-17", "05-01", "05-25", "06-05", "10-03", "10-31", "11-22", "12-25", "12-26"]
    );
    let berlin = of_region("DE-BE");
    for (day, free) in [("2018-03-08", false), ("2019-03-08", true), ("2020-05-08", true), ("2021-05-08", false), ("2028-06-17", true)] {
        assert_eq!(berlin.contains(&date(day)), free, "{day}");
    }
    assert_eq!(in_year("AT", "2026").len(), 13);
    assert_eq!(in_year("CH-ZH", "2027"), ["01-01", "03-26", "03-29", "05-01", "05-06", "05-17", "08-01", "12-25", "12-26"]);
}
