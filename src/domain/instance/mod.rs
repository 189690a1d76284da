//! The dunning instance: the durable state machine of one invoice.
//!
//! [`decide`] is the only chooser and [`evolve`] the only mutator; nothing else changes a state. Where the
//! ladder leads next is in [`ladder`], why an instance still waits is told by [`hindrance`] and worded by [`Teller`], what a change looks like
//! in the history stands in `domain::chain`. What another workflow's stages mean for an instance that moves onto it: [`carry`].

mod carry;
mod decide;
mod evolve;
mod hindrance;
pub mod ladder;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod table;
mod told;

pub use carry::{Foothold, Lost, carry};
pub use decide::{Command, Refusal, decide, enrol};
pub use evolve::evolve;
pub use hindrance::{DateRule, Hindrance, hindrance};
pub use told::Teller;

use super::ids::{InvoiceId, NoticeId, WorkflowId};
use super::time::Timestamp;
use super::workflow::Channel;
use chrono::NaiveDate;

/// One invoice on its way up the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The invoice's id: there is one instance per invoice.
    pub id: InvoiceId,
    /// The workflow version that it is pinned to, until a person moves it onto another.
    pub workflow: WorkflowId,
    /// How many transitions it has; grows by one with each.
    pub seq: i64,
    /// The last stage that is behind it, dispatched or skipped: an index into the workflow's stages.
    pub passed: Option<usize>,
    /// The local date of the last real dispatch.
    pub dispatched_on: Option<NaiveDate>,
    /// Whether it holds one of the tenant's places: it is being dunned, and counts where their number is limited.
    pub placed: bool,
    /// How a person wants its next notice to go, whatever its stage and its customer say; gone once that has left.
    pub channel: Option<Channel>,
    pub state: State,
}

/// Where an instance stands. A `stage` is an index into the workflow's stages: the next one, or the one under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Sleeps until `wake_at`, then dunns `stage`, whose civil date is `stage_date`.
    Waiting { stage: usize, stage_date: NaiveDate, wake_at: Timestamp },
    /// Its stage is due and all of the tenant's places are taken: it waits for one, in order of due date and number.
    QueuedByQuota { stage: usize },
    /// A notice is proposed; a person releases or recalls it.
    Proposed { stage: usize, notice: NoticeId },
    /// A notice is on its way.
    Issued { stage: usize, notice: NoticeId },
    /// The notice could not be sent; a person retries, skips or chooses another channel.
    Failed { stage: usize, notice: NoticeId, reason: String },
    /// Rests until the reason ends.
    Blocked { stage: usize, reason: String, until: Option<NaiveDate> },
    /// Nothing is open any more. A return debit reopens it at its old place.
    Settled,
    /// The claim was withdrawn.
    Withdrawn,
    /// Given to collection or court.
    HandedOver,
    /// The ladder is at its end and something is still open.
    Exhausted,
}

impl State {
    /// The word for it in SQL, JSON and on the page.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::QueuedByQuota { .. } => "queued_by_quota",
            Self::Proposed { .. } => "proposed",
            Self::Issued { .. } => "issued",
            Self::Failed { .. } => "failed",
            Self::Blocked { .. } => "blocked",
            Self::Settled => "settled",
            Self::Withdrawn => "withdrawn",
            Self::HandedOver => "handed_over",
            Self::Exhausted => "exhausted",
        }
    }

    /// The stage that is next or under way, if there is one.
    #[must_use]
    pub fn stage(&self) -> Option<usize> {
        match self {
            Self::Waiting { stage, .. }
            | Self::QueuedByQuota { stage }
            | Self::Proposed { stage, .. }
            | Self::Issued { stage, .. }
            | Self::Failed { stage, .. }
            | Self::Blocked { stage, .. } => Some(*stage),
            Self::Settled | Self::Withdrawn | Self::HandedOver | Self::Exhausted => None,
        }
    }

    /// The notice that is under way or failed, if there is one.
    #[must_use]
    pub fn notice(&self) -> Option<&NoticeId> {
        match self {
            Self::Proposed { notice, .. } | Self::Issued { notice, .. } | Self::Failed { notice, .. } => Some(notice),
            Self::Waiting { .. }
            | Self::QueuedByQuota { .. }
            | Self::Blocked { .. }
            | Self::Settled
            | Self::Withdrawn
            | Self::HandedOver
            | Self::Exhausted => None,
        }
    }

    /// Whether an instance in it may hold one of the tenant's places. Every terminal or parked state gives the place up: of what
    /// rests or has failed nobody knows how long it will, and it must not keep others waiting.
    #[must_use]
    pub fn keeps_a_place(&self) -> bool {
        match self {
            Self::Waiting { .. } | Self::Proposed { .. } | Self::Issued { .. } => true,
            Self::QueuedByQuota { .. }
            | Self::Failed { .. }
            | Self::Blocked { .. }
            | Self::Settled
            | Self::Withdrawn
            | Self::HandedOver
            | Self::Exhausted => false,
        }
    }
}

/// What is known about the invoice at the moment of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub due_date: NaiveDate,
    /// What is unpaid, in minor units.
    pub open_minor: i64,
    /// The part of it that rests (a disputed part, for example).
    pub resting_minor: i64,
    /// Below it the invoice is not dunned.
    pub minimum_minor: i64,
    /// A block on the whole invoice or its customer.
    pub block: Option<Rest>,
    /// The invoice was cancelled at its source.
    pub cancelled: bool,
}

impl Facts {
    /// What may be dunned now, in minor units.
    #[must_use]
    pub fn dunnable_minor(&self) -> i64 {
        self.open_minor.saturating_sub(self.resting_minor)
    }
}

/// Why an invoice rests, and until before which date; for ever if none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    pub reason: String,
    pub until: Option<NaiveDate>,
}

/// The reason of an instance that rests because too little of it is left.
pub const BELOW_MINIMUM: &str = "below_minimum";

/// One step of an instance's history: what [`decide`] chose and [`evolve`] applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What made it happen: a word of the glossary such as `enrolled`, `issued`, `delivered`, `paid`.
    pub cause: &'static str,
    pub to: State,
    pub passed: Option<usize>,
    pub dispatched_on: Option<NaiveDate>,
    pub placed: bool,
    pub channel: Option<Channel>,
    /// The workflow version that it is pinned to from now on, where that is another.
    pub workflow: Option<WorkflowId>,
}
