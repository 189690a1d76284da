//! Where the ladder leads next: the stage, its civil date and the instant at which its notice may leave.
//!
//! Dates are computed from the anchor, never chained through a shifted date; the window comes last.

use super::super::calendar::Calendar;
use super::super::time::{Timestamp, midnight};
use super::super::workflow::{Anchor, Stage, Workflow};
use chrono::{Days, NaiveDate};

/// A workflow together with the calendar that its civil times are read in.
#[derive(Clone, Copy, Debug)]
pub struct Ladder<'a> {
    pub workflow: &'a Workflow,
    pub calendar: &'a Calendar,
}

/// The next stage and when it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    pub stage: usize,
    pub stage_date: NaiveDate,
    pub wake_at: Timestamp,
}

impl Ladder<'_> {
    /// The first stage after `passed` that is switched on; `None` at the end of the ladder.
    #[must_use]
    pub fn next_stage(&self, passed: Option<usize>) -> Option<usize> {
        let first = passed.map_or(0, |stage| stage + 1);
        (first..self.workflow.stages.len()).find(|&index| self.stage(index).is_some_and(|stage| stage.enabled))
    }

    #[must_use]
    pub fn stage(&self, index: usize) -> Option<&Stage> {
        self.workflow.stages.get(index)
    }

    /// The stage's civil date: anchor + `after_days`, and once something was sent not before that dispatch + `min_gap_days`.
    #[must_use]
    pub fn stage_date(&self, stage: &Stage, due_date: NaiveDate, dispatched_on: Option<NaiveDate>) -> NaiveDate {
        let due = if self.workflow.rules.legal_due_shift { self.calendar.legal_due(due_date) } else { due_date };
        let anchor = match stage.anchor {
            Anchor::DueDate => due,
            // A ladder on which nothing was sent yet (its first stages were skipped) has only the due date.
            Anchor::PreviousStage => dispatched_on.unwrap_or(due),
        };
        let date = later_by(anchor, stage.after_days);
        dispatched_on.map_or(date, |sent| date.max(later_by(sent, self.workflow.rules.min_gap_days)))
    }

    /// What comes after `passed`, not before `now`; `None` at the end of the ladder.
    #[must_use]
    pub fn next(&self, passed: Option<usize>, dispatched_on: Option<NaiveDate>, due_date: NaiveDate, now: Timestamp) -> Option<Rung> {
        let stage = self.next_stage(passed)?;
        let definition = self.stage(stage)?;
        let stage_date = self.stage_date(definition, due_date, dispatched_on);
        let wake_at = self.calendar.departure(stage_date, definition.time_of_day, now);
        Some(Rung { stage, stage_date, wake_at })
    }
}

impl Ladder<'_> {
    /// The whole way of an invoice that is due on a day and that nobody pays, if every notice leaves as soon as it may.
    #[must_use]
    pub fn outlook(&self, due_date: NaiveDate) -> Vec<Rung> {
        let (mut passed, mut dispatched_on, mut now) = (None, None, midnight(self.calendar.zone, due_date));
        let mut rungs = Vec::new();
        while let Some(rung) = self.next(passed, dispatched_on, due_date, now) {
            (passed, dispatched_on, now) = (Some(rung.stage), Some(self.calendar.date(rung.wake_at)), rung.wake_at);
            rungs.push(rung);
        }
        rungs
    }
}

/// Calendar arithmetic: a date plus days; the last date chrono knows at the end of time.
pub(super) fn later_by(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Holidays, Region};
    use crate::domain::workflow::parse;

    #[test]
    fn the_outlook_is_the_way_of_an_invoice_that_nobody_pays() {
        let workflow = parse(include_str!("../../../workflows/business.toml")).workflow.unwrap();
        let zone = workflow.timezone.unwrap();
        let calendar = Calendar { zone, holidays: Holidays::of(Region::NONE), hours: workflow.business_hours.clone() };
        let ladder = Ladder { workflow: &workflow, calendar: &calendar };
        let told = |rung: &Rung| format!("{} {}", workflow.stages[rung.stage].key, rung.wake_at.in_zone(zone).format("%a %Y-%m-%d %H:%M"));
        // A Saturday: the law moves it to Monday.
        let way: Vec<_> = ladder.outlook("2026-01-03".parse().unwrap()).iter().map(told).collect();
        let expected = [
            "reminder-1 Wed 2026-01-07 08:30",
            "dunning-1 Wed 2026-01-14 08:00",
            "dunning-2 Mon 2026-01-26 08:00",
            "dunning-3 Thu 2026-02-05 08:00",
        ];
        assert_eq!(way, expected);
    }
}
