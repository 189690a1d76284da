//! Civil time: from dates and clock times to instants, and the daily windows. DESIGN section 5, first and third bullet.

use super::model::{Hours, Workflow};
use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// The instant of a clock time. One in a DST gap moves forward by the gap, an ambiguous one means its first occurrence.
pub(crate) fn instant(zone: Tz, date: NaiveDate, time: NaiveTime) -> DateTime<Tz> {
    let wanted = date.and_time(time);
    match zone.from_local_datetime(&wanted) {
        LocalResult::Single(only) => only,
        LocalResult::Ambiguous(one, other) => one.min(other),
        LocalResult::None => {
            // Reading the clock time with the offset that held just before the gap is the same as adding the gap's length.
            let mut earlier = wanted;
            let before_the_gap = loop {
                earlier -= TimeDelta::minutes(1);
                match zone.from_local_datetime(&earlier) {
                    LocalResult::Single(found) => break found,
                    LocalResult::Ambiguous(one, other) => break one.max(other),
                    LocalResult::None => {}
                }
            };
            before_the_gap + (wanted - earlier)
        }
    }
}

pub(crate) fn midnight(zone: Tz, date: NaiveDate) -> DateTime<Tz> {
    instant(zone, date, NaiveTime::MIN)
}

/// From when until when (exclusive) notices may leave on this day; `None` on a closed day. Without business hours every
/// day is open around the clock.
pub(crate) fn window(workflow: &Workflow, date: NaiveDate) -> Option<(DateTime<Tz>, DateTime<Tz>)> {
    let (open, close) = match &workflow.hours {
        None => (midnight(workflow.zone, date), midnight(workflow.zone, date + Days::new(1))),
        Some(hours) if is_open_day(hours, workflow, date) => {
            (instant(workflow.zone, date, hours.start), instant(workflow.zone, date, hours.end))
        }
        Some(_) => return None,
    };
    (open < close).then_some((open, close))
}

fn is_open_day(hours: &Hours, workflow: &Workflow, date: NaiveDate) -> bool {
    hours.days.contains(&date.weekday()) && !workflow.holidays.contains(&date)
}

/// § 193 BGB: a due date on a Saturday, Sunday or holiday moves to the next working day, if the workflow says so.
pub(crate) fn legal_due_date(workflow: &Workflow, due_date: NaiveDate) -> NaiveDate {
    let mut date = due_date;
    while workflow.legal_due_shift && !is_working_day(workflow, date) {
        date = date + Days::new(1);
    }
    date
}

fn is_working_day(workflow: &Workflow, date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !workflow.holidays.contains(&date)
}

/// As the output prints it: seconds and a numeric offset.
pub(crate) fn written(at: &DateTime<Tz>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The same instant without a zone, for sorting and differences.
pub(crate) fn utc(at: &DateTime<Tz>) -> DateTime<Utc> {
    at.with_timezone(&Utc)
}
