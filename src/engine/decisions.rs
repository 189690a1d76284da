//! What is decided in a unit of work and not written yet: the last state of each instance, and each of its transitions.
//!
//! The only caller of `domain`'s `decide` and `evolve`. It knows no ledger, so it may go on while that writes something else of the same unit.

use super::edition::{Edition, Tenant};
use super::error::EngineError;
use crate::domain::ids::{InvoiceId, WorkflowId};
use crate::domain::instance::{Change, Command, Instance, State, decide, evolve};
use crate::domain::time::Timestamp;
use crate::domain::workflow::Channel;
use crate::store::cases::Case;
use crate::store::tenant::NewTransition;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was decided since it was last taken.
#[derive(Debug)]
pub struct Decisions {
    tenant: Arc<Tenant>,
    now: Timestamp,
    /// Who acts: `system`, `user:NAME`, `source:NAME`.
    pub(super) actor: String,
    /// An instance was changed that waited for its stage.
    pub(super) waiting_moved: bool,
    editions: BTreeMap<WorkflowId, Arc<Edition>>,
    pub(super) changed: BTreeMap<InvoiceId, (Instance, i64)>,
    /// Those that were moved onto another version.
    pub(super) moved: BTreeMap<InvoiceId, WorkflowId>,
    /// Those whose next notice goes another way from now on.
    pub(super) rerouted: BTreeMap<InvoiceId, Option<Channel>>,
    pub(super) transitions: Vec<NewTransition>,
    /// By how much the tenant's counts of places, and of those who wait for one, have changed.
    pub(super) places: (i64, i64),
}

impl Decisions {
    pub(super) fn new(tenant: Arc<Tenant>, now: Timestamp, actor: &str) -> Self {
        Self {
            tenant,
            now,
            actor: actor.to_owned(),
            waiting_moved: false,
            editions: BTreeMap::new(),
            changed: BTreeMap::new(),
            moved: BTreeMap::new(),
            rerouted: BTreeMap::new(),
            transitions: Vec::new(),
            places: (0, 0),
        }
    }

    /// The edition that an instance is pinned to.
    ///
    /// # Errors
    /// When this process has not read it: it was published after the unit began.
    pub fn edition(&mut self, id: WorkflowId) -> Result<Arc<Edition>, EngineError> {
        if let Some(edition) = self.editions.get(&id) {
            return Ok(edition.clone());
        }
        let edition = self.tenant.known(id).ok_or(EngineError::Workflow { id, why: "it is not known to this process yet".to_owned() })?;
        self.editions.insert(id, edition.clone());
        Ok(edition)
    }

    /// Decides `command` for `case` and applies what comes of it. `detail` is what was known; it goes into the history.
    /// Whether anything changed.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when the command is impossible in this state.
    pub fn act(&mut self, case: &mut Case, command: &Command, detail: Map<String, Value>) -> Result<bool, EngineError> {
        let workflow = if let Command::Migrate { workflow, .. } = command { *workflow } else { case.instance.workflow };
        let edition = self.edition(workflow)?;
        let facts = case.facts(edition.minimum_minor(case.currency));
        match decide(&case.instance, edition.ladder(), &facts, command, self.now)? {
            Some(change) => {
                self.record(case, change, &edition, detail);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Lets the facts decide. Whether the case may still be dunned at its present stage.
    ///
    /// # Errors
    /// When the edition is not known.
    pub fn assess(&mut self, case: &mut Case) -> Result<bool, EngineError> {
        self.act(case, &Command::Assess, Map::new())?;
        Ok(matches!(case.instance.state, State::Waiting { .. }))
    }

    fn record(&mut self, case: &mut Case, change: Change, edition: &Edition, mut detail: Map<String, Value>) {
        let before = case.instance.clone();
        self.waiting_moved |= matches!(before.state, State::Waiting { .. });
        let stage = change.to.stage().or(before.state.stage().filter(|_| change.workflow.is_none()));
        let from = before.state.word();
        detail.insert("open_minor".to_owned(), case.open_minor.into());
        describe(&change.to, edition, &mut detail);
        let (cause, to) = (change.cause, change.to.word());
        let known_seq = self.changed.get(&before.id).map_or(before.seq, |(_, known)| *known);
        let held = places(&before);
        let after = evolve(before, change);
        self.count_places(held, places(&after));
        self.transitions.push(NewTransition {
            instance: after.id,
            instance_seq: after.seq,
            recorded_at: self.now,
            business_at: self.now,
            actor: self.actor.clone(),
            cause,
            from,
            to,
            stage: edition.stage_key(stage),
            detail: Value::Object(detail).to_string(),
        });
        self.changed.insert(after.id, (after.clone(), known_seq));
        if after.workflow != case.instance.workflow {
            self.moved.insert(after.id, after.workflow);
            case.standing = None;
        }
        if after.channel != case.instance.channel {
            self.rerouted.insert(after.id, after.channel);
        }
        case.instance = after;
        case.slot = None;
    }

    /// Keeps the tenant's counts in step with its instances.
    fn count_places(&mut self, before: (i64, i64), after: (i64, i64)) {
        self.places.0 += after.0 - before.0;
        self.places.1 += after.1 - before.1;
    }

    /// The first transition of a new instance; its row is inserted by the caller.
    pub fn enrolled(&mut self, instance: &Instance, edition: &Edition, open_minor: i64) {
        let mut detail = Map::new();
        detail.insert("open_minor".to_owned(), open_minor.into());
        detail.insert("workflow".to_owned(), edition.workflow.name.clone().into());
        describe(&instance.state, edition, &mut detail);
        self.transitions.push(NewTransition {
            instance: instance.id,
            instance_seq: instance.seq,
            recorded_at: self.now,
            business_at: self.now,
            actor: self.actor.clone(),
            cause: "enrolled",
            from: "",
            to: instance.state.word(),
            stage: edition.stage_key(instance.state.stage()),
            detail: Value::Object(detail).to_string(),
        });
    }
}

/// How many places an instance holds, and how many it waits for.
fn places(instance: &Instance) -> (i64, i64) {
    (i64::from(instance.placed), i64::from(matches!(instance.state, State::QueuedByQuota { .. })))
}

/// What the history keeps of a state besides its word and stage.
fn describe(state: &State, edition: &Edition, detail: &mut Map<String, Value>) {
    match state {
        State::Waiting { stage_date, wake_at, .. } => {
            detail.insert("stage_date".to_owned(), stage_date.to_string().into());
            detail.insert("wake_at".to_owned(), wake_at.rfc3339_in(edition.calendar.zone).into());
        }
        State::Blocked { reason, until, .. } => {
            detail.insert("reason".to_owned(), reason.clone().into());
            if let Some(until) = until {
                detail.insert("until".to_owned(), until.to_string().into());
            }
        }
        State::Proposed { notice, .. } | State::Issued { notice, .. } => {
            detail.insert("notice".to_owned(), notice.0.clone().into());
        }
        // Why it failed stands at the notice: a server's words name addresses, and nothing personal may stand in the chain.
        State::Failed { notice, .. } => {
            detail.insert("notice".to_owned(), notice.0.clone().into());
        }
        State::QueuedByQuota { .. } | State::Settled | State::Withdrawn | State::HandedOver | State::Exhausted => {}
    }
}
