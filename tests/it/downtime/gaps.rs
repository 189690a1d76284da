//! Downtime of an hour, of days, of months: what the engine does afterwards is what the oracle says, line by line.
//!
//! A longer campaign: `MAHNWERK_DOWNTIMES=2000 cargo test --test it downtime::gaps::drawn -- --nocapture`, from
//! `MAHNWERK_DOWNTIME_SEED` on.

use super::life::live;
use crate::oracle::comparison::difference;
use crate::oracle::ladder::{Ladder, by_due, by_previous};
use crate::oracle::model::{Gap, Invoice, Options, Outcome, Workflow};
use crate::oracle::simulation::expected;
use crate::oracle::variants::{self, Variant};
use crate::oracle::{calendar, promises, workflow_file};
use crate::support::dice::Dice;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use mahnwerk::domain::time::Timestamp;
use std::collections::BTreeMap;

/// So many stories of chance in the ordinary run.
const DRAWN: u64 = 12;

/// Due dates, previous stages, a throttle, consolidation, a window or none: each down around both changes of the clock.
fn stories() -> Vec<Variant> {
    let around = Ladder { hours: None, ..Ladder::shipped() };
    let nights = vec![by_due("reminder-1", 0).at("02:30"), by_due("reminder-2", 4).at("23:30"), by_previous("dunning-1", 3).at("02:30")];
    let from_due = vec![by_due("reminder-1", 1), by_due("reminder-2", 4), by_due("dunning-1", 9), by_due("dunning-2", 30)];
    let from_previous = vec![by_due("reminder-1", 1), by_previous("reminder-2", 5), by_previous("dunning-1", 5).by("post")];
    let staged = |stages| Ladder { stages, ..Ladder::shipped() };
    [
        variants::down("down, as shipped", Ladder::shipped()),
        variants::down("down, from the due date", staged(from_due)),
        variants::down("down, from the previous stage", staged(from_previous)).consolidated(true),
        variants::down("down, around the clock", around.clone()).every(1_800),
        variants::down("down, in the hours that change", Ladder { stages: nights, ..around }),
        variants::down("down, consolidated and throttled", Ladder::shipped()).consolidated(true).every(3_600),
        variants::down("down, one a day", Ladder::shipped()).every(86_400),
    ]
    .into()
}

/// One hour of a working day, three days, sixty days; and a night of each change of the clock.
fn gaps(workflow: &Workflow) -> Vec<Gap> {
    let at = |date: &str, time: &str| civil(workflow, date.parse().expect("a date"), time.parse().expect("a time"));
    [
        ("2012-02-08", "09:30:00", "2012-02-08", "10:30:00"),
        ("2012-03-25", "01:30:00", "2012-03-25", "03:15:00"),
        ("2012-04-16", "11:00:00", "2012-04-19", "11:00:00"),
        ("2012-05-20", "08:00:00", "2012-07-19", "14:20:00"),
        ("2012-10-26", "16:00:00", "2012-10-28", "02:45:00"),
        ("2012-11-05", "09:00:00", "2012-11-06", "09:00:00"),
    ]
    .map(|(from, start, to, end)| Gap { from: at(from, start), to: at(to, end) })
    .into()
}

fn civil(workflow: &Workflow, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    calendar::utc(&calendar::instant(workflow.zone, date, time))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_days_and_months_over_both_changes_of_the_clock() {
    for variant in stories() {
        let workflow = workflow_file::read(&variant.ladder.text());
        let options = Options { down: gaps(&workflow), ..variant.options.clone() };
        compare(&variant, &workflow, &options).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drawn_by_lot() {
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().expect("a number"));
    let (count, first) = (number("MAHNWERK_DOWNTIMES", DRAWN), number("MAHNWERK_DOWNTIME_SEED", 1));
    for seed in first..first + count {
        let variant = variants::drawn(seed).of(60 + seed % 60, 12);
        let workflow = workflow_file::read(&variant.ladder.text());
        let options = Options { down: drawn_gaps(seed, &variant, &workflow), ..variant.options.clone() };
        compare(&variant, &workflow, &options).await;
    }
}

/// Up to six gaps, from minutes to months, some of them one right after the other.
fn drawn_gaps(seed: u64, variant: &Variant, workflow: &Workflow) -> Vec<Gap> {
    let mut dice = Dice::new(seed ^ 0xD0_3417);
    let mut gaps: Vec<Gap> = Vec::new();
    let mut day = variant.options.from;
    for _ in 0..1 + dice.below(6) {
        day = day + Days::new(dice.below(70));
        let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(dice.below(86_400)).expect("a second"), 0);
        let from = civil(workflow, day, time.expect("a clock time"));
        let from = gaps.last().map_or(from, |last| from.max(last.to + TimeDelta::seconds(1)));
        let spans = [60, 3_600, 3_600 * 9, 86_400, 3 * 86_400, 10 * 86_400, 60 * 86_400];
        let to = from + TimeDelta::seconds(i64::try_from(dice.pick(&spans) + dice.below(5_000)).expect("a span"));
        gaps.push(Gap { from, to });
        day = to.with_timezone(&workflow.zone).date_naive();
    }
    gaps
}

async fn compare(variant: &Variant, workflow: &Workflow, options: &Options) {
    let invoices = variant.business.invoices();
    let outcome = expected(&invoices, workflow, options);
    assert!(outcome.dispatches.len() >= 20, "{}: too little happens", variant.name);
    let mut broken = promises::broken(&invoices, workflow, options, &outcome);
    broken.extend(broken_by_downtime(&outcome, workflow, options));
    assert_eq!(broken, Vec::<String>::new(), "{}: the oracle itself", variant.name);
    let lived = live(variant, workflow, &invoices, options).await;
    if let Some(report) = difference(&invoices, &outcome, &lived.printed) {
        panic!("{} with {:#?}\n{report}", variant.name, options);
    }
    lateness_is_recorded(variant, workflow, &invoices, &lived).await;
    lived.world.verified().await;
}

/// Nothing leaves while it is down, and in the first hour and in the day of its return everybody gets one stage at most.
fn broken_by_downtime(outcome: &Outcome, workflow: &Workflow, options: &Options) -> Vec<String> {
    let mut found = Vec::new();
    for gap in &options.down {
        let mut returned: BTreeMap<&str, usize> = BTreeMap::new();
        for dispatch in &outcome.dispatches {
            let at = DateTime::parse_from_rfc3339(&dispatch.at).expect("an instant").with_timezone(&Utc);
            if gap.from <= at && at < gap.to {
                found.push(format!("left while it was down: {dispatch:?}"));
            }
            if gap.to <= at && at < gap.to + TimeDelta::days(i64::try_from(workflow.min_gap_days).expect("days") - 1) {
                dispatch.lines.iter().for_each(|line| *returned.entry(&line.invoice).or_default() += 1);
            }
        }
        let twice = returned.into_iter().filter(|(_, count)| *count > 1);
        found.extend(twice.map(|(invoice, count)| format!("{count} stages of {invoice} after the gap of {:?}", gap.to)));
    }
    found
}

/// The history says of every notice how much later it left than its date wanted.
async fn lateness_is_recorded(variant: &Variant, workflow: &Workflow, invoices: &[Invoice], lived: &super::life::Lived) {
    let (store, tenant) = (&lived.world.ledger.store, lived.world.tenant);
    let mut late = 0;
    for dispatch in store.dispatches(tenant).await.expect("read") {
        let first_due = dispatch.lines.iter().filter_map(|line| {
            let invoice = invoices.iter().find(|invoice| invoice.number == line.0)?;
            let stage = workflow.stages.iter().position(|stage| stage.key == line.1)?;
            (stage == 0).then(|| first_window(workflow, invoice))
        });
        // Of first stages alone the date is known without the history.
        if dispatch.lines.len() == 1
            && let Some(due) = first_due.min()
        {
            assert_eq!(dispatch.due_at, due, "{}: {dispatch:?}", variant.name);
            late += usize::from(dispatch.at > due);
        }
    }
    let told =
        lived.world.ledger.number("SELECT COUNT(*) AS n FROM transition WHERE cause = 'issued' AND detail LIKE '%late_seconds%'").await;
    assert!(told >= i64::try_from(late).expect("a count"), "{}: {late} left late, of {told} the history says so", variant.name);
}

/// When the first stage of an invoice was to leave.
fn first_window(workflow: &Workflow, invoice: &Invoice) -> Timestamp {
    let stage = &workflow.stages[0];
    let date = calendar::legal_due_date(workflow, invoice.due_date) + Days::new(stage.after_days);
    let start = workflow.hours.as_ref().map_or(NaiveTime::from_hms_opt(9, 0, 0).expect("nine"), |hours| hours.start);
    let wanted = calendar::instant(workflow.zone, date, stage.time_of_day.unwrap_or(start));
    let mut day = date;
    loop {
        if let Some((open, close)) = calendar::window(workflow, day).filter(|(_, close)| wanted < *close) {
            let at = if workflow.hours.is_some() { open.max(wanted) } else { wanted };
            let _ = close;
            return Timestamp(at.timestamp_millis());
        }
        day = day + Days::new(1);
    }
}
