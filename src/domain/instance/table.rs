//! Every state × every command × what the facts may say, as one readable table: compiled into tests only.
//!
//! A change of the state machine is a changed line of the snapshot beside this file.

use super::super::calendar::{Calendar, Holidays, Region};
use super::super::ids::{InvoiceId, NoticeId, WorkflowId};
use super::super::time::{Timestamp, instant};
use super::super::workflow::{Channel, Workflow, parse};
use super::ladder::Ladder;
use super::{Change, Command, Facts, Instance, Rest, State, decide};
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use std::fmt::Write;

/// Three stages, of which the second is switched off.
pub(super) const WORKFLOW: &str = "
name = \"w\"
timezone = \"Europe/Berlin\"
[business_hours]
days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]
start = \"09:00\"
end = \"15:00\"
[[stages]]
key = \"a\"
kind = \"reminder\"
after_days = 3
[[stages]]
key = \"b\"
kind = \"reminder\"
after_days = 3
enabled = false
[[stages]]
key = \"c\"
kind = \"dunning\"
after_days = 7
";

pub(super) fn workflow() -> Workflow {
    parse(WORKFLOW).workflow.expect("a sound workflow")
}

pub(super) fn calendar(workflow: &Workflow) -> Calendar {
    Calendar { zone: Tz::Europe__Berlin, holidays: Holidays::of(Region::NONE), hours: workflow.business_hours.clone() }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn nine(text: &str) -> Timestamp {
    instant(Tz::Europe__Berlin, day(text), NaiveTime::from_hms_opt(9, 0, 0).unwrap())
}

pub(super) fn this() -> NoticeId {
    NoticeId("this".to_owned())
}

/// Each with the stages that are behind it; what has begun holds a place.
fn states() -> Vec<(&'static str, State, Option<usize>)> {
    let wait = |stage| State::Waiting { stage, stage_date: day("2026-01-12"), wake_at: nine("2026-01-12") };
    let failed = State::Failed { stage: 0, notice: this(), reason: "550".to_owned() };
    let paused = State::Blocked { stage: 0, reason: "pause".to_owned(), until: None };
    vec![
        ("waiting a", wait(0), None),
        ("waiting c", wait(2), Some(0)),
        ("queued for a", State::QueuedByQuota { stage: 0 }, None),
        ("queued for c", State::QueuedByQuota { stage: 2 }, Some(0)),
        ("proposed a", State::Proposed { stage: 0, notice: this() }, None),
        ("issued a", State::Issued { stage: 0, notice: this() }, None),
        ("issued c", State::Issued { stage: 2, notice: this() }, Some(0)),
        ("failed a", failed, None),
        ("blocked a", paused, None),
        ("settled after a", State::Settled, Some(0)),
        ("withdrawn", State::Withdrawn, None),
        ("handed_over", State::HandedOver, None),
        ("exhausted", State::Exhausted, Some(2)),
    ]
}

fn facts() -> [(&'static str, Facts); 5] {
    let due =
        Facts { due_date: day("2026-01-09"), open_minor: 10_000, resting_minor: 0, minimum_minor: 500, block: None, cancelled: false };
    let pause = Some(Rest { reason: "pause".to_owned(), until: None });
    [
        ("dunnable", due.clone()),
        ("paid", Facts { open_minor: 0, ..due.clone() }),
        ("paused", Facts { block: pause, ..due.clone() }),
        ("too little", Facts { resting_minor: 9_501, ..due.clone() }),
        ("cancelled", Facts { cancelled: true, ..due }),
    ]
}

fn commands() -> Vec<(&'static str, Command)> {
    let other = NoticeId("other".to_owned());
    let on = day("2026-01-12");
    vec![
        ("assess", Command::Assess),
        ("enter", Command::Enter),
        ("queue", Command::Queue),
        ("issue", Command::Issue { notice: this() }),
        ("propose", Command::Propose { notice: this() }),
        ("release", Command::Release),
        ("redate", Command::Redate),
        ("deliver its notice", Command::Deliver { notice: this(), stage: 0, on }),
        ("deliver another notice", Command::Deliver { notice: other.clone(), stage: 0, on }),
        ("fail its notice", Command::Fail { notice: this(), reason: "550".to_owned() }),
        ("fail another notice", Command::Fail { notice: other.clone(), reason: "550".to_owned() }),
        ("recall its notice", Command::Recall { notice: this() }),
        ("recall another notice", Command::Recall { notice: other }),
        ("retry", Command::Retry),
        ("skip", Command::Skip),
        ("jump to b, which is switched off", Command::Jump { stage: 1 }),
        ("jump to c", Command::Jump { stage: 2 }),
        ("by post the next time", Command::Reroute { channel: Some(Channel::Post) }),
        ("as usual the next time", Command::Reroute { channel: None }),
        ("move onto another version", Command::Migrate { workflow: WorkflowId(2), passed: Some(0), under_way: false }),
        ("move while a notice is under way", Command::Migrate { workflow: WorkflowId(2), passed: Some(0), under_way: true }),
        ("move onto the same version", Command::Migrate { workflow: WorkflowId(1), passed: None, under_way: false }),
        ("withdraw", Command::Withdraw),
        ("hand over", Command::HandOver),
    ]
}

/// `paid: settled`, `delivered: waiting c`, with the passed stage where it moved and the place that is taken or given up.
fn told(instance: &Instance, change: &Change) -> String {
    let key = |stage: usize| ["a", "b", "c"][stage];
    let stage = change.to.stage().map(|stage| format!(" {}", key(stage))).unwrap_or_default();
    let passed = if change.passed == instance.passed { String::new() } else { format!(" past {}", change.passed.map_or("none", key)) };
    let place = match (instance.placed, change.placed) {
        (false, true) => " +place",
        (true, false) => " -place",
        _ => "",
    };
    let channel = change.channel.map(|channel| format!(" by {}", channel.word())).unwrap_or_default();
    format!("{}: {}{stage}{passed}{place}{channel}", change.cause, change.to.word())
}

#[test]
fn every_state_and_every_command() {
    let workflow = workflow();
    let calendar = calendar(&workflow);
    let ladder = Ladder { workflow: &workflow, calendar: &calendar };
    let now = nine("2026-01-12");
    let mut table = String::new();
    for (name, command) in commands() {
        writeln!(table, "\n{name}").unwrap();
        let row = |first: &str, cells: &[String]| {
            let cells: String = cells.iter().map(|cell| format!(" | {cell:<34}")).collect();
            format!("  {first:<16}{cells}").trim_end().to_owned()
        };
        let heads: Vec<_> = facts().map(|(name, _)| name.to_owned()).to_vec();
        writeln!(table, "{}", row("", &heads)).unwrap();
        for (state_name, state, passed) in states() {
            let placed = state.keeps_a_place() && state_name != "waiting a";
            let instance =
                Instance { id: InvoiceId(1), workflow: WorkflowId(1), seq: 4, passed, dispatched_on: None, placed, channel: None, state };
            let cell = |(_, facts): &(&str, Facts)| match decide(&instance, ladder, facts, &command, now) {
                Ok(None) => "–".to_owned(),
                Ok(Some(change)) => told(&instance, &change),
                Err(refusal) => format!("refused{}", refusal.why.map(|why| format!(": {why}")).unwrap_or_default()),
            };
            let cells = facts().map(|facts| cell(&facts));
            // Whatever the facts say: once is enough.
            let alike = cells.iter().all(|cell| *cell == cells[0]);
            writeln!(table, "{}", row(state_name, if alike { &cells[..1] } else { &cells })).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}
