//! The days of a simulation, as people and programs read them.

use crate::cli::output::{Side, Table, json};
use crate::cli::say;
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::json;

/// What happens on one civil day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Day {
    pub date: NaiveDate,
    pub mails: usize,
    pub letters: usize,
    pub paper: usize,
    /// Proposals that wait for a person from this day on.
    pub proposals: usize,
    /// Notices that stand in the throttle's queue when the day ends.
    pub backlog: i64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
}

/// The days of a simulation and the zone of its instants.
#[derive(Debug)]
pub(in crate::cli) struct Calendar {
    pub days: Vec<Day>,
    pub zone: Tz,
    pub invoices: usize,
}

impl Calendar {
    /// One JSON object for each day on which something happens, and one for the sum.
    pub(in crate::cli) fn lines(&self) {
        let time = |at: Option<Timestamp>| at.map(|at| at.rfc3339_in(self.zone));
        for day in self.days.iter().filter(|day| is_busy(day)) {
            let Day { date, mails, letters, paper, proposals, backlog, first, last } = day;
            json(&json!({
                "type": "day", "date": date, "mails": mails, "letters": letters, "paper": paper, "proposals": proposals,
                "backlog": backlog, "first": time(*first), "last": time(*last),
            }));
        }
        let sum = |count: fn(&Day) -> usize| self.days.iter().map(count).sum::<usize>();
        json(&json!({
            "type": "summary", "invoices": self.invoices, "days": self.days.len(), "mails": sum(|day| day.mails),
            "letters": sum(|day| day.letters), "paper": sum(|day| day.paper), "proposals": sum(|day| day.proposals),
            "backlog": self.days.last().map_or(0, |day| day.backlog),
        }));
    }

    /// A table of the same, under a heading.
    pub(in crate::cli) fn table(&self, heading: &str) {
        let mut table = Table::new(&[
            ("day", Side::Left, 14),
            ("mails", Side::Right, 8),
            ("letters", Side::Right, 8),
            ("paper", Side::Right, 8),
            ("proposals", Side::Right, 9),
            ("backlog", Side::Right, 8),
            ("first", Side::Right, 8),
            ("last", Side::Right, 8),
        ]);
        let time = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.in_zone(self.zone).format("%H:%M:%S").to_string());
        let count = |number: usize| if number == 0 { String::new() } else { number.to_string() };
        for day in self.days.iter().filter(|day| is_busy(day)) {
            table.row([
                day.date.format("%a %Y-%m-%d").to_string(),
                count(day.mails),
                count(day.letters),
                count(day.paper),
                count(day.proposals),
                if day.backlog == 0 { String::new() } else { day.backlog.to_string() },
                time(day.first),
                time(day.last),
            ]);
        }
        let sum = |count: fn(&Day) -> usize| self.days.iter().map(count).sum::<usize>();
        let backlog = self.days.last().map_or(0, |day| day.backlog);
        table.row([
            "in all".to_owned(),
            sum(|day| day.mails).to_string(),
            sum(|day| day.letters).to_string(),
            sum(|day| day.paper).to_string(),
            sum(|day| day.proposals).to_string(),
            backlog.to_string(),
            String::new(),
            String::new(),
        ]);
        say(format_args!("{heading}\n"));
        table.print();
        if self.days.iter().all(|day| !is_busy(day)) {
            say("\nNothing would leave in this time.");
        }
    }
}

/// Something leaves or waits on it.
fn is_busy(day: &Day) -> bool {
    day.mails + day.letters + day.paper + day.proposals > 0 || day.backlog > 0
}

impl Day {
    pub(super) fn count(&mut self, ways: &[&str]) {
        for way in ways {
            match *way {
                "mail" => self.mails += 1,
                "letter" => self.letters += 1,
                _ => self.paper += 1,
            }
        }
    }
}
