//! Why an instance has not been dunned yet: the first rule that stops it, and when it may go on.
//!
//! Explains what `decide`, the ladder and the calendar did; decides nothing itself.

use super::super::ids::NoticeId;
use super::super::time::{Timestamp, midnight};
use super::super::workflow::Anchor;
use super::ladder::{Ladder, later_by};
use super::{BELOW_MINIMUM, Facts, Instance, State};
use chrono::NaiveDate;

/// The first rule that stops an instance now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Its stage's date has not come; which rule set it.
    Date { stage_date: NaiveDate, rule: DateRule },
    /// The date has come, its clock time not.
    TimeOfDay,
    /// The window is closed: business hours or a holiday.
    Window,
    /// Its customer had a notice that day already, and gets one a day at most.
    OneADay,
    /// It is due and stands in its sender's queue for a slot of the throttle.
    Throttle,
    /// It is due and waits until one of the tenant's places is free.
    Place,
    /// It is due: the next round of the planner takes it up.
    NextRound,
    /// Less is open than the workflow dunns.
    BelowMinimum { dunnable_minor: i64, minimum_minor: i64 },
    /// Somebody let it rest.
    Block { reason: String, until: Option<NaiveDate> },
    /// A person has to release its notice.
    Review { notice: NoticeId },
    /// Its notice is on its way.
    UnderWay { notice: NoticeId },
    /// Its notice could not be sent; a person has to look.
    Failed { notice: NoticeId, reason: String },
    /// Nothing is open any more.
    Settled,
    /// The claim was withdrawn or handed over.
    Ended,
    /// No stage is left.
    Exhausted,
}

/// What set a stage's date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateRule {
    /// The due date, as the law moves it if `shifted`, and so many days.
    DueDate { days: u32, shifted: bool },
    /// The previous dispatch and so many days.
    PreviousStage { days: u32 },
    /// The gap that lies at least between two notices.
    Gap { days: u32 },
}

/// The first rule that stops `instance` at `now`, and the earliest instant at which it may leave if nothing changes.
///
/// `queued`: it stands in its sender's queue.
#[must_use]
pub fn hindrance(instance: &Instance, ladder: Ladder<'_>, facts: &Facts, queued: bool, now: Timestamp) -> (Hindrance, Option<Timestamp>) {
    let zone = ladder.calendar.zone;
    match &instance.state {
        State::Waiting { stage, stage_date, wake_at } => {
            let why = while_waiting(instance, ladder, facts, (*stage, *stage_date, *wake_at), queued, now);
            (why, Some((*wake_at).max(now)).filter(|_| !queued))
        }
        State::QueuedByQuota { .. } => (Hindrance::Place, None),
        State::Blocked { reason, .. } if reason == BELOW_MINIMUM => {
            (Hindrance::BelowMinimum { dunnable_minor: facts.dunnable_minor(), minimum_minor: facts.minimum_minor }, None)
        }
        State::Blocked { reason, until, .. } => {
            let next = until.map(|date| ladder.calendar.next_open(midnight(zone, date)));
            (Hindrance::Block { reason: reason.clone(), until: *until }, next)
        }
        State::Proposed { notice, .. } => (Hindrance::Review { notice: notice.clone() }, None),
        State::Issued { notice, .. } => (Hindrance::UnderWay { notice: notice.clone() }, None),
        State::Failed { notice, reason, .. } => (Hindrance::Failed { notice: notice.clone(), reason: reason.clone() }, None),
        State::Settled => (Hindrance::Settled, None),
        State::Withdrawn | State::HandedOver => (Hindrance::Ended, None),
        State::Exhausted => (Hindrance::Exhausted, None),
    }
}

fn while_waiting(
    instance: &Instance,
    ladder: Ladder<'_>,
    facts: &Facts,
    (stage, stage_date, wake_at): (usize, NaiveDate, Timestamp),
    queued: bool,
    now: Timestamp,
) -> Hindrance {
    let calendar = ladder.calendar;
    if queued {
        return Hindrance::Throttle;
    }
    if now < midnight(calendar.zone, stage_date) {
        return Hindrance::Date { stage_date, rule: date_rule(instance, ladder, facts, stage, stage_date) };
    }
    if wake_at <= now {
        return Hindrance::NextRound;
    }
    let time_of_day = ladder.stage(stage).and_then(|stage| stage.time_of_day);
    // When its own date, time and window would have let it go, whatever postponed it afterwards.
    let own = calendar.departure(stage_date, time_of_day, midnight(calendar.zone, stage_date));
    if own <= now && ladder.workflow.rules.consolidate && calendar.date(wake_at) > calendar.date(now) && calendar.is_open(now) {
        return Hindrance::OneADay;
    }
    if calendar.is_open(now) { Hindrance::TimeOfDay } else { Hindrance::Window }
}

fn date_rule(instance: &Instance, ladder: Ladder<'_>, facts: &Facts, stage: usize, stage_date: NaiveDate) -> DateRule {
    let rules = &ladder.workflow.rules;
    let (anchor, days) = ladder.stage(stage).map_or((Anchor::DueDate, 0), |stage| (stage.anchor, stage.after_days));
    let due = if rules.legal_due_shift { ladder.calendar.legal_due(facts.due_date) } else { facts.due_date };
    match (anchor, instance.dispatched_on) {
        (Anchor::PreviousStage, Some(sent)) if stage_date == later_by(sent, days) => DateRule::PreviousStage { days },
        (Anchor::DueDate, Some(_)) | (_, None) if stage_date == later_by(due, days) => {
            DateRule::DueDate { days, shifted: due != facts.due_date }
        }
        _ => DateRule::Gap { days: rules.min_gap_days },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::calendar::{Calendar, Holidays, Region};
    use super::super::super::ids::{InvoiceId, WorkflowId};
    use super::super::super::time::instant;
    use super::super::super::workflow::{Workflow, parse};
    use super::*;
    use chrono::NaiveTime;
    use chrono_tz::Tz;
    use std::collections::BTreeSet;

    const WORKFLOW: &str = "name = \"w\"\n[business_hours]\ndays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]\nstart = \"09:00\"\nend = \"17:00\"
        [[stages]]\nkey = \"a\"\nkind = \"reminder\"\nafter_days = 7\ntime_of_day = \"10:30\"\n[[stages]]\nkey = \"b\"\nkind = \"reminder\"\nafter_days = 1\n";

    fn workflow() -> Workflow {
        parse(WORKFLOW).workflow.unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(date: &str, hour: u32, minute: u32) -> Timestamp {
        instant(Tz::Europe__Berlin, day(date), NaiveTime::from_hms_opt(hour, minute, 0).unwrap())
    }

    fn explain(state: State, sent: Option<&str>, queued: bool, now: Timestamp) -> (Hindrance, Option<Timestamp>) {
        let workflow = workflow();
        let holidays = Holidays::new(Region::parse("none").unwrap(), BTreeSet::new(), BTreeSet::new());
        let calendar = Calendar { zone: Tz::Europe__Berlin, holidays, hours: workflow.business_hours.clone() };
        let dispatched_on = sent.map(day);
        let instance = Instance {
            id: InvoiceId(1),
            workflow: WorkflowId(1),
            seq: 1,
            passed: dispatched_on.map(|_| 0),
            dispatched_on,
            placed: false,
            channel: None,
            state,
        };
        let facts =
            Facts { due_date: day("2026-03-02"), open_minor: 500, resting_minor: 0, minimum_minor: 1000, block: None, cancelled: false };
        hindrance(&instance, Ladder { workflow: &workflow, calendar: &calendar }, &facts, queued, now)
    }

    fn waiting(stage: usize, date: &str, wake_at: Timestamp) -> State {
        State::Waiting { stage, stage_date: day(date), wake_at }
    }

    #[test]
    fn the_first_rule_is_told_and_the_next_instant() {
        // Monday 2 March 2026 and seven days is Monday the 9th, at 10:30.
        let wake = at("2026-03-09", 10, 30);
        let first = || waiting(0, "2026-03-09", wake);
        let date = Hindrance::Date { stage_date: day("2026-03-09"), rule: DateRule::DueDate { days: 7, shifted: false } };
        assert_eq!(explain(first(), None, false, at("2026-03-08", 12, 0)), (date, Some(wake)));
        assert_eq!(explain(first(), None, false, at("2026-03-09", 8, 0)).0, Hindrance::Window);
        assert_eq!(explain(first(), None, false, at("2026-03-09", 9, 30)).0, Hindrance::TimeOfDay);
        assert_eq!(explain(first(), None, false, wake).0, Hindrance::NextRound);
        assert_eq!(explain(first(), None, true, wake), (Hindrance::Throttle, None));
        let tomorrow = at("2026-03-10", 9, 0);
        let postponed = explain(waiting(0, "2026-03-09", tomorrow), None, false, at("2026-03-09", 11, 0));
        assert_eq!(postponed, (Hindrance::OneADay, Some(tomorrow)));
    }

    #[test]
    fn the_gap_is_named_where_it_and_not_the_anchor_set_the_date() {
        let wake = at("2026-03-12", 9, 0);
        let (why, _) = explain(waiting(1, "2026-03-12", wake), Some("2026-03-09"), false, at("2026-03-10", 9, 0));
        assert_eq!(why, Hindrance::Date { stage_date: day("2026-03-12"), rule: DateRule::Gap { days: 3 } });
    }

    #[test]
    fn rest_has_its_reason_and_its_end() {
        let now = at("2026-03-09", 9, 0);
        let small = State::Blocked { stage: 0, reason: BELOW_MINIMUM.to_owned(), until: None };
        assert_eq!(explain(small, None, false, now), (Hindrance::BelowMinimum { dunnable_minor: 500, minimum_minor: 1000 }, None));
        // A Saturday: the window opens on Monday.
        let paused = State::Blocked { stage: 0, reason: "call first".to_owned(), until: Some(day("2026-03-14")) };
        assert_eq!(explain(paused, None, false, now).1, Some(at("2026-03-16", 9, 0)));
    }
}
