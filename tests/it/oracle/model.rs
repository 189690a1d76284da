//! What goes into the oracle and what comes out of it. The words are DESIGN section 2's; the types are the oracle's own.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};

/// One row of an invoice file, as far as time and money depend on it.
#[derive(Clone, Debug)]
pub(crate) struct Invoice {
    pub(crate) number: String,
    pub(crate) customer: String,
    pub(crate) has_email: bool,
    pub(crate) invoice_date: NaiveDate,
    pub(crate) due_date: NaiveDate,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) paid_on: Option<NaiveDate>,
}

/// A workflow file with its defaults filled in.
#[derive(Clone, Debug)]
pub(crate) struct Workflow {
    pub(crate) zone: Tz,
    pub(crate) holidays: BTreeSet<NaiveDate>,
    pub(crate) hours: Option<Hours>,
    pub(crate) consolidate: bool,
    pub(crate) legal_due_shift: bool,
    pub(crate) min_gap_days: u64,
    /// Smallest dunned amount in minor units, by currency.
    pub(crate) minimum: BTreeMap<String, i64>,
    /// The enabled stages only, in the file's order: a disabled one plays no part in time.
    pub(crate) stages: Vec<Stage>,
}

/// The daily window; `end` is exclusive.
#[derive(Clone, Debug)]
pub(crate) struct Hours {
    pub(crate) days: Vec<Weekday>,
    pub(crate) start: NaiveTime,
    pub(crate) end: NaiveTime,
}

#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) key: String,
    pub(crate) kind: Kind,
    pub(crate) anchor: Anchor,
    pub(crate) after_days: u64,
    pub(crate) time_of_day: Option<NaiveTime>,
    pub(crate) medium: Medium,
    /// False for the degrees `propose` and `finalize`: a person has to release the notice, and nobody does in a rehearsal.
    pub(crate) dispatches: bool,
    pub(crate) fee_minor: i64,
}

/// Ordered: a dunning is higher than a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Reminder,
    Dunning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    DueDate,
    PreviousStage,
}

/// `channel` in the workflow file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    Email,
    Post,
    EmailAndPost,
    EmailThenPost,
}

/// `channel` in a dispatch line. `email` and `post` have a throttle each, `paper` has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Channel {
    Email,
    Post,
    Paper,
}

impl Channel {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Post => "post",
            Self::Paper => "paper",
        }
    }
}

/// The command line of one rehearsal.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
    /// `--every-seconds`; `None` leaves the option out, which means no throttle.
    pub(crate) every_seconds: Option<i64>,
    /// `--consolidate`; `None` leaves the option out, which means the workflow's rule.
    pub(crate) consolidate: Option<bool>,
    /// `--max-active`: how many invoices may be dunned at once; `None` leaves the option out, which means any number.
    pub(crate) max_active: Option<usize>,
    /// When the process was down, each from its first instant to before its last; in order, apart. Facts that came meanwhile are
    /// known at the end of it.
    pub(crate) down: Vec<Gap>,
}

/// A time without a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
}

impl Options {
    /// The first instant from `at` on at which the process is up.
    pub(crate) fn up_from(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.down.iter().find(|gap| gap.from <= at && at < gap.to).map_or(at, |gap| gap.to)
    }
}

/// One dispatch line. The notice's id is left out: it derives from content that the oracle does not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dispatch {
    /// RFC 3339 with the workflow zone's offset, as printed.
    pub(crate) at: String,
    pub(crate) stage: String,
    pub(crate) channel: String,
    pub(crate) customer: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) total_minor: i64,
    pub(crate) currency: String,
    /// 0 where the line carries no `fee_minor`.
    pub(crate) fee_minor: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) invoice: String,
    pub(crate) stage: String,
    pub(crate) open_minor: i64,
}

/// One instance line: where the invoice stood at `--to`, and which stages were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstanceEnd {
    pub(crate) invoice: String,
    pub(crate) state: String,
    pub(crate) stages: Vec<String>,
}

/// A whole rehearsal, in the printed order.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) dispatches: Vec<Dispatch>,
    pub(crate) instances: Vec<InstanceEnd>,
}

impl Outcome {
    /// How many instances ended in this state.
    pub(crate) fn count(&self, state: &str) -> usize {
        self.instances.iter().filter(|instance| instance.state == state).count()
    }
}
