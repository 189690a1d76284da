//! The only place that chooses what happens to an instance.
//!
//! Total and exhaustive: what can't be done in a state is a [`Refusal`] that names both, never a silent nothing.

use super::super::ids::{NoticeId, WorkflowId};
use super::super::time::Timestamp;
use super::super::workflow::Channel;
use super::ladder::Ladder;
use super::{BELOW_MINIMUM, Change, Facts, Instance, Rest, State};
use chrono::NaiveDate;

/// What may be asked of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The facts may have changed: pay, part-pay, cancel, block, lift, return debit. Does nothing if they lead nowhere else.
    Assess,
    /// It takes one of the tenant's places, from which it may be dunned.
    Enter,
    /// Its stage is due, but no place is free: it queues for one.
    Queue,
    /// Its stage is due and stands on this notice, which leaves by itself.
    Issue {
        notice: NoticeId,
    },
    /// Its stage is due and stands on this proposal.
    Propose {
        notice: NoticeId,
    },
    /// A person lets the proposal go.
    Release,
    /// Its due date is another one than its stage was computed with.
    Redate,
    /// The notice left on this local date.
    Deliver {
        notice: NoticeId,
        stage: usize,
        on: NaiveDate,
    },
    /// The notice could not be sent.
    Fail {
        notice: NoticeId,
        reason: String,
    },
    /// The notice was taken back before it left: the stage is due again.
    Recall {
        notice: NoticeId,
    },
    /// A person sends the failed notice again.
    Retry,
    /// A person leaves the next stage out.
    Skip,
    /// A person jumps upwards to this stage.
    Jump {
        stage: usize,
    },
    /// A person says how its next notice goes; `None`: as its stage and its customer say. A failed one is sent again that way.
    Reroute {
        channel: Option<Channel>,
    },
    /// A person moves it onto another version of a workflow. Decided on that one's ladder and minimum, never on those that it leaves.
    Migrate {
        workflow: WorkflowId,
        /// What counts as behind it on the new ladder (`carry` says which).
        passed: Option<usize>,
        /// A notice of its is still on its way, or nobody knows whether it left.
        under_way: bool,
    },
    Withdraw,
    HandOver,
}

impl Command {
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Assess => "assess",
            Self::Enter => "enter",
            Self::Queue => "queue",
            Self::Issue { .. } => "issue",
            Self::Propose { .. } => "propose",
            Self::Release => "release",
            Self::Redate => "redate",
            Self::Deliver { .. } => "deliver",
            Self::Fail { .. } => "fail",
            Self::Recall { .. } => "recall",
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Jump { .. } => "jump",
            Self::Reroute { .. } => "reroute",
            Self::Migrate { .. } => "migrate",
            Self::Withdraw => "withdraw",
            Self::HandOver => "hand over",
        }
    }
}

/// A command that makes no sense in the state that the instance is in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {command} an instance that is {state}{}", .why.map(|why| format!(": {why}")).unwrap_or_default())]
pub struct Refusal {
    pub command: &'static str,
    pub state: &'static str,
    pub why: Option<&'static str>,
}

const UNDER_WAY: &str = "a notice is under way; recall it first";

/// Where the facts alone put an invoice.
enum Standing {
    Cancelled,
    Paid,
    Resting(Rest),
    Dunnable,
}

fn standing(facts: &Facts) -> Standing {
    if facts.cancelled {
        Standing::Cancelled
    } else if facts.open_minor <= 0 {
        Standing::Paid
    } else if let Some(rest) = &facts.block {
        Standing::Resting(rest.clone())
    } else if facts.dunnable_minor() < facts.minimum_minor || facts.dunnable_minor() <= 0 {
        Standing::Resting(Rest { reason: BELOW_MINIMUM.to_owned(), until: None })
    } else {
        Standing::Dunnable
    }
}

/// The first change of a new instance. `passed`: stages that count as behind it though nothing was sent.
#[must_use]
pub fn enrol(ladder: Ladder<'_>, facts: &Facts, passed: Option<usize>, now: Timestamp) -> Change {
    let to = lead(ladder, facts, passed, None, now);
    Change { cause: "enrolled", to, passed, dispatched_on: None, placed: false, channel: None, workflow: None }
}

/// The state that the facts lead to from this point of the ladder.
fn lead(ladder: Ladder<'_>, facts: &Facts, passed: Option<usize>, dispatched_on: Option<NaiveDate>, now: Timestamp) -> State {
    match standing(facts) {
        Standing::Cancelled => State::Withdrawn,
        Standing::Paid => State::Settled,
        Standing::Resting(rest) => match ladder.next_stage(passed) {
            Some(stage) => State::Blocked { stage, reason: rest.reason, until: rest.until },
            None => State::Exhausted,
        },
        Standing::Dunnable => match ladder.next(passed, dispatched_on, facts.due_date, now) {
            Some(rung) => State::Waiting { stage: rung.stage, stage_date: rung.stage_date, wake_at: rung.wake_at },
            None => State::Exhausted,
        },
    }
}

/// Chooses what `command` does to `instance` at `now`. `Ok(None)`: nothing, and rightly so.
///
/// # Errors
/// [`Refusal`] when the command is impossible in this state.
pub fn decide(
    instance: &Instance,
    ladder: Ladder<'_>,
    facts: &Facts,
    command: &Command,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    let at = Bench { instance, ladder, facts, now };
    let refuse = |why| Err(Refusal { command: command.word(), state: instance.state.word(), why });
    match command {
        Command::Assess => Ok(at.assess()),
        Command::Enter => at.enter().map_or_else(|| refuse(Some("only what waits takes a place")), Ok),
        Command::Queue => at.queue().map_or_else(|| refuse(Some("only what waits without a place queues for one")), some),
        Command::Issue { notice } => {
            at.begin("issued", |stage| State::Issued { stage, notice: notice.clone() }).map_or_else(|| refuse(None), some)
        }
        Command::Propose { notice } => {
            at.begin("proposed", |stage| State::Proposed { stage, notice: notice.clone() }).map_or_else(|| refuse(None), some)
        }
        Command::Release => match &instance.state {
            State::Proposed { stage, notice } => some(at.stay("released", State::Issued { stage: *stage, notice: notice.clone() })),
            _ => refuse(Some("only a proposal can be released")),
        },
        Command::Redate => Ok(at.redate()),
        Command::Deliver { notice, stage, on } => Ok(at.deliver(notice, *stage, *on)),
        Command::Fail { notice, reason } => Ok(at.fail(notice, reason)),
        Command::Recall { notice } => Ok(at.recall(notice)),
        Command::Retry => match &instance.state {
            State::Failed { .. } => some(at.replace("retried", instance.passed)),
            _ => refuse(Some("only a failed notice can be sent again")),
        },
        Command::Skip => match &instance.state {
            State::Waiting { stage, .. } | State::QueuedByQuota { stage } | State::Blocked { stage, .. } | State::Failed { stage, .. } => {
                some(at.replace("skipped", Some(*stage)))
            }
            State::Proposed { .. } | State::Issued { .. } => refuse(Some(UNDER_WAY)),
            State::Settled | State::Withdrawn | State::HandedOver | State::Exhausted => refuse(Some("no stage is left to skip")),
        },
        Command::Jump { stage } => at.jump(*stage).map_or_else(|| refuse(Some("only upwards, to a stage that is switched on")), some),
        Command::Reroute { channel } => match &instance.state {
            _ if *channel == instance.channel => Ok(None),
            State::Proposed { .. } | State::Issued { .. } => refuse(Some(UNDER_WAY)),
            State::Settled | State::Withdrawn | State::HandedOver | State::Exhausted => refuse(Some("it has ended")),
            State::Waiting { .. } | State::QueuedByQuota { .. } | State::Blocked { .. } | State::Failed { .. } => {
                some(at.reroute(*channel))
            }
        },
        Command::Migrate { workflow, passed, under_way } => match &instance.state {
            _ if *workflow == instance.workflow => refuse(Some("it is on this version already")),
            State::Proposed { .. } | State::Issued { .. } => refuse(Some(UNDER_WAY)),
            State::Settled | State::Withdrawn | State::HandedOver | State::Exhausted => refuse(Some("it has ended")),
            _ if *under_way => refuse(Some(UNDER_WAY)),
            State::Waiting { .. } | State::QueuedByQuota { .. } | State::Blocked { .. } | State::Failed { .. } => {
                some(at.migrate(*workflow, *passed))
            }
        },
        Command::Withdraw => at.end("withdrawn", State::Withdrawn).map_or_else(|| refuse(None), some),
        Command::HandOver => at.end("handed_over", State::HandedOver).map_or_else(|| refuse(None), some),
    }
}

fn some(change: Change) -> Result<Option<Change>, Refusal> {
    Ok(Some(change))
}

/// What a decision looks at.
struct Bench<'a> {
    instance: &'a Instance,
    ladder: Ladder<'a>,
    facts: &'a Facts,
    now: Timestamp,
}

impl Bench<'_> {
    /// A change that leaves the place on the ladder alone.
    fn stay(&self, cause: &'static str, to: State) -> Change {
        self.change(cause, to, self.instance.passed, self.instance.dispatched_on)
    }

    /// A place is kept on every way that does not end or rest.
    fn change(&self, cause: &'static str, to: State, passed: Option<usize>, dispatched_on: Option<NaiveDate>) -> Change {
        let placed = self.instance.placed && to.keeps_a_place();
        Change { cause, to, passed, dispatched_on, placed, channel: self.instance.channel, workflow: None }
    }

    /// A change that puts the instance wherever the facts lead after `passed`, or after what was reached already: a late dispatch may
    /// have moved its place beyond the notice that it stands on.
    fn replace(&self, cause: &'static str, passed: Option<usize>) -> Change {
        let passed = passed.max(self.instance.passed);
        let to = lead(self.ladder, self.facts, passed, self.instance.dispatched_on, self.now);
        self.change(cause, to, passed, self.instance.dispatched_on)
    }

    fn assess(&self) -> Option<Change> {
        match (&self.instance.state, standing(self.facts)) {
            (State::Withdrawn | State::HandedOver, _) | (State::Settled, Standing::Paid) => None,
            (State::Exhausted, Standing::Resting(_) | Standing::Dunnable) => None,
            (_, Standing::Cancelled) => Some(self.stay("cancelled", State::Withdrawn)),
            (_, Standing::Paid) => Some(self.stay("paid", State::Settled)),
            (State::Settled, Standing::Resting(_) | Standing::Dunnable) => Some(self.replace("reopened", self.instance.passed)),
            (State::Blocked { reason, until, .. }, Standing::Resting(rest)) if *reason == rest.reason && *until == rest.until => None,
            (
                State::Waiting { .. }
                | State::QueuedByQuota { .. }
                | State::Blocked { .. }
                | State::Proposed { .. }
                | State::Issued { .. }
                | State::Failed { .. },
                Standing::Resting(_),
            ) => Some(self.replace("blocked", self.instance.passed)),
            (State::Blocked { .. }, Standing::Dunnable) => Some(self.replace("resumed", self.instance.passed)),
            (
                State::Waiting { .. } | State::QueuedByQuota { .. } | State::Proposed { .. } | State::Issued { .. } | State::Failed { .. },
                Standing::Dunnable,
            ) => None,
        }
    }

    /// What waits takes a place, if the facts still allow it to be dunned; else they decide. `None`: it does not wait.
    fn enter(&self) -> Option<Option<Change>> {
        match (&self.instance.state, standing(self.facts)) {
            (State::Waiting { .. }, _) if self.instance.placed => Some(None),
            (State::Waiting { .. } | State::QueuedByQuota { .. }, Standing::Dunnable) => {
                Some(Some(Change { placed: true, ..self.replace("entered", self.instance.passed) }))
            }
            (State::Waiting { .. } | State::QueuedByQuota { .. }, _) => Some(self.assess()),
            _ => None,
        }
    }

    fn queue(&self) -> Option<Change> {
        match (&self.instance.state, standing(self.facts)) {
            (State::Waiting { stage, .. }, Standing::Dunnable) if !self.instance.placed => {
                Some(self.stay("queued", State::QueuedByQuota { stage: *stage }))
            }
            _ => None,
        }
    }

    /// The waiting stage goes onto a notice, if the facts still allow it. Who is dunned has a place, whether or not they are limited.
    fn begin(&self, cause: &'static str, to: impl FnOnce(usize) -> State) -> Option<Change> {
        match (&self.instance.state, standing(self.facts)) {
            (State::Waiting { stage, .. }, Standing::Dunnable) => Some(Change { placed: true, ..self.stay(cause, to(*stage)) }),
            _ => None,
        }
    }

    /// The stage's date follows the due date. What is on a notice stays there, unless by the new date it would not be due yet.
    fn redate(&self) -> Option<Change> {
        let Standing::Dunnable = standing(self.facts) else { return None };
        let (passed, dispatched_on) = (self.instance.passed, self.instance.dispatched_on);
        let rung = self.ladder.next(passed, dispatched_on, self.facts.due_date, self.now)?;
        let moved = match &self.instance.state {
            State::Waiting { stage, stage_date, .. } => *stage != rung.stage || *stage_date != rung.stage_date,
            // Its place in the queue follows the due date by itself.
            State::QueuedByQuota { stage } => *stage != rung.stage || rung.stage_date > self.ladder.calendar.date(self.now),
            State::Proposed { .. } | State::Issued { .. } => rung.stage_date > self.ladder.calendar.date(self.now),
            State::Failed { .. } | State::Blocked { .. } | State::Settled | State::Withdrawn | State::HandedOver | State::Exhausted => {
                false
            }
        };
        moved.then(|| self.replace("redated", passed))
    }

    /// The notice left. Whatever happened to the instance meanwhile, the dispatch is a fact and moves its place.
    fn deliver(&self, notice: &NoticeId, stage: usize, on: NaiveDate) -> Option<Change> {
        let instance = self.instance;
        let passed = Some(instance.passed.map_or(stage, |passed| passed.max(stage)));
        let dispatched_on = Some(instance.dispatched_on.map_or(on, |before| before.max(on)));
        let to = match &instance.state {
            ended @ (State::Settled | State::Withdrawn | State::HandedOver | State::Exhausted) => ended.clone(),
            busy @ (State::Issued { notice: own, .. } | State::Failed { notice: own, .. } | State::Proposed { notice: own, .. })
                if own != notice =>
            {
                busy.clone()
            }
            State::Waiting { .. }
            | State::QueuedByQuota { .. }
            | State::Blocked { .. }
            | State::Issued { .. }
            | State::Failed { .. }
            | State::Proposed { .. } => lead(self.ladder, self.facts, passed, dispatched_on, self.now),
        };
        // A way that was chosen after this notice was made is meant for the next one.
        let channel = instance.channel.filter(|_| instance.state.notice() != Some(notice));
        Some(Change { channel, ..self.change("delivered", to, passed, dispatched_on) })
    }

    fn fail(&self, notice: &NoticeId, reason: &str) -> Option<Change> {
        match &self.instance.state {
            State::Issued { stage, notice: own } if own == notice => {
                Some(self.stay("failed", State::Failed { stage: *stage, notice: notice.clone(), reason: reason.to_owned() }))
            }
            _ => None,
        }
    }

    fn recall(&self, notice: &NoticeId) -> Option<Change> {
        (self.instance.state.notice() == Some(notice)).then(|| self.replace("recalled", self.instance.passed))
    }

    fn jump(&self, stage: usize) -> Option<Change> {
        let enabled = self.ladder.stage(stage).is_some_and(|definition| definition.enabled);
        let next = match &self.instance.state {
            State::Waiting { stage, .. } | State::QueuedByQuota { stage } | State::Blocked { stage, .. } | State::Failed { stage, .. } => {
                *stage
            }
            State::Proposed { .. } | State::Issued { .. } | State::Settled | State::Withdrawn | State::HandedOver | State::Exhausted => {
                return None;
            }
        };
        (enabled && stage > next).then(|| self.replace("jumped", stage.checked_sub(1)))
    }

    /// It goes on from where it stands, wherever the facts lead; what failed is due again.
    fn reroute(&self, channel: Option<Channel>) -> Change {
        Change { channel, ..self.replace("rerouted", self.instance.passed) }
    }

    /// Goes on wherever the facts lead on the new ladder. Its positions are others, so nothing is compared with those of the old one;
    /// the last dispatch counts there as well.
    fn migrate(&self, workflow: WorkflowId, passed: Option<usize>) -> Change {
        let dispatched_on = self.instance.dispatched_on;
        let to = lead(self.ladder, self.facts, passed, dispatched_on, self.now);
        Change { workflow: Some(workflow), ..self.change("migrated", to, passed, dispatched_on) }
    }

    fn end(&self, cause: &'static str, to: State) -> Option<Change> {
        match &self.instance.state {
            State::Withdrawn | State::HandedOver => None,
            State::Waiting { .. }
            | State::QueuedByQuota { .. }
            | State::Proposed { .. }
            | State::Issued { .. }
            | State::Failed { .. }
            | State::Blocked { .. }
            | State::Settled
            | State::Exhausted => Some(self.stay(cause, to)),
        }
    }
}
