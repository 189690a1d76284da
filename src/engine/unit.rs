//! A unit of work: one transaction for one tenant, in which cases are decided and everything that follows is saved.
//!
//! The only caller of `domain`'s `decide` and `evolve`. What was decided is written once, at the end: the last
//! state of each instance, and each of its transitions on the tenant's chain.

use super::edition::{Edition, Tenant};
use super::error::EngineError;
use crate::domain::ids::{InvoiceId, NoticeId, WorkflowId};
use crate::domain::instance::{Change, Command, Instance, State, decide, evolve};
use crate::domain::time::Timestamp;
use crate::domain::workflow::Channel;
use crate::store::cases::Case;
use crate::store::notices::NoticeRow;
use crate::store::tenant::NewTransition;
use crate::store::{Store, TenantTx};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What entries of the chain bear for an instance that are about the tenant itself: no invoice has this id.
pub const OWN: InvoiceId = InvoiceId(0);

/// One transaction for one tenant.
#[derive(Debug)]
pub struct Unit {
    pub tx: TenantTx,
    pub tenant: Arc<Tenant>,
    pub now: Timestamp,
    /// Who acts: `system`, `user:NAME`, `source:NAME`.
    pub actor: String,
    /// Something happened in it that makes snapshots old, whatever else it is about.
    pub facts_moved: bool,
    /// An instance was changed in it that waited for its stage.
    waiting_moved: bool,
    editions: BTreeMap<WorkflowId, Arc<Edition>>,
    changed: BTreeMap<InvoiceId, (Instance, i64)>,
    /// Those that were moved onto another version.
    moved: BTreeMap<InvoiceId, WorkflowId>,
    /// Those whose next notice goes another way from now on.
    rerouted: BTreeMap<InvoiceId, Option<Channel>>,
    transitions: Vec<NewTransition>,
    /// Where the chain ended when it began.
    began_at: i64,
}

impl Unit {
    /// Starts the transaction and holds the tenant's head; a ledger that is older than what was done under it is fenced.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn begin(store: &Store, tenant: Arc<Tenant>, now: Timestamp, actor: &str) -> Result<Self, EngineError> {
        tenant.refresh_if_empty(store).await?;
        let mut tx = store.begin_tenant(tenant.settings.id).await?;
        tx.compare_with_mark(now).await?;
        Ok(Self {
            began_at: tx.chain_end(),
            tx,
            tenant,
            now,
            actor: actor.to_owned(),
            facts_moved: false,
            waiting_moved: false,
            editions: BTreeMap::new(),
            changed: BTreeMap::new(),
            moved: BTreeMap::new(),
            rerouted: BTreeMap::new(),
            transitions: Vec::new(),
        })
    }

    /// Whether nothing was decided in it yet.
    pub fn is_untouched(&self) -> bool {
        !self.facts_moved && self.transitions.is_empty() && self.tx.chain_end() == self.began_at
    }

    /// These notices, and the cases of all their lines, as they stand now.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn notices_with_cases(
        &mut self,
        ids: BTreeSet<NoticeId>,
    ) -> Result<(BTreeMap<NoticeId, NoticeRow>, BTreeMap<InvoiceId, Case>), EngineError> {
        let notices = self.tx.notices(&ids.into_iter().collect::<Vec<_>>()).await?;
        let invoices: Vec<_> = notices.values().flat_map(|notice| notice.lines.iter().map(|line| line.instance)).collect();
        let cases = self.tx.cases(invoices).await?.into_iter().map(|case| (case.instance.id, case)).collect();
        Ok((notices, cases))
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
        self.tx.gate.places += after.0 - before.0;
        self.tx.gate.place_queue += after.1 - before.1;
    }

    /// An entry of the chain about the tenant itself: what a person has switched or chosen.
    pub fn note(&mut self, cause: &'static str, from: &'static str, to: &'static str, detail: Map<String, Value>) {
        let instance_seq = self.tx.take_own_seq();
        self.transitions.push(NewTransition {
            instance: OWN,
            instance_seq,
            recorded_at: self.now,
            business_at: self.now,
            actor: self.actor.clone(),
            cause,
            from,
            to,
            stage: String::new(),
            detail: Value::Object(detail).to_string(),
        });
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

    /// Writes what was decided so far and goes on in the same transaction.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn save(&mut self) -> Result<(), EngineError> {
        let moved: Vec<_> = std::mem::take(&mut self.moved).into_iter().collect();
        self.tx.move_instances(&moved).await?;
        let rerouted: Vec<_> = std::mem::take(&mut self.rerouted).into_iter().collect();
        self.tx.reroute_instances(&rerouted).await?;
        let changed: Vec<_> = std::mem::take(&mut self.changed).into_values().collect();
        Ok(self.tx.save(&changed, std::mem::take(&mut self.transitions)).await?)
    }

    /// Writes what was decided and makes all of it durable. Every snapshot of the tenant is old from now on, and what others did, not
    /// the system itself, wakes the planners.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the unit stands.
    pub async fn commit(mut self) -> Result<(), EngineError> {
        self.save().await?;
        if self.actor != "system" {
            self.tx.tell().await?;
        }
        Ok(self.tx.commit().await?)
    }

    /// As [`Self::commit`], where only due instances were issued: snapshots of others stay true. The number of the facts from now on.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the unit stands.
    pub async fn commit_keeping_facts(mut self) -> Result<i64, EngineError> {
        self.save().await?;
        let facts_seq = self.tx.facts_seq + i64::from(self.facts_moved);
        if self.facts_moved {
            self.tx.commit().await?;
        } else {
            self.tx.commit_keeping_facts().await?;
        }
        Ok(facts_seq)
    }

    /// As [`Self::commit_keeping_facts`], where only steps were carried out: what was read of waiting instances stays true, unless one of
    /// them had been taken off its notice meanwhile (paused and resumed) and what is told of that notice moves it.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the unit stands.
    pub async fn commit_keeping_cases(mut self) -> Result<(), EngineError> {
        if self.facts_moved || self.waiting_moved {
            return self.commit_keeping_facts().await.map(drop);
        }
        self.save().await?;
        Ok(self.tx.commit_keeping_cases().await?)
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
