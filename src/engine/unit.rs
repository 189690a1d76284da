//! A unit of work: one transaction for one tenant, in which cases are decided and everything that follows is saved.
//!
//! What was decided ([`super::decisions`]) is written once, at the end: the last state of each instance, and each of its transitions on the
//! tenant's chain.

use super::decisions::Decisions;
use super::edition::{Edition, Tenant};
use super::error::EngineError;
use crate::domain::ids::{InvoiceId, NoticeId, WorkflowId};
use crate::domain::instance::Command;
use crate::domain::time::Timestamp;
use crate::store::cases::Case;
use crate::store::durable::Committed;
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
    /// Something happened in it that makes snapshots old, whatever else it is about.
    pub facts_moved: bool,
    /// What was decided and is not written yet.
    pub(super) decisions: Decisions,
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
        Ok(Self { began_at: tx.chain_end(), tx, decisions: Decisions::new(tenant.clone(), now, actor), tenant, now, facts_moved: false })
    }

    /// Whether nothing was decided in it yet.
    pub fn is_untouched(&self) -> bool {
        !self.facts_moved && self.decisions.transitions.is_empty() && self.tx.chain_end() == self.began_at
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

    /// See [`Decisions::edition`].
    ///
    /// # Errors
    /// When this process has not read it.
    pub fn edition(&mut self, id: WorkflowId) -> Result<Arc<Edition>, EngineError> {
        self.decisions.edition(id)
    }

    /// See [`Decisions::act`].
    ///
    /// # Errors
    /// [`EngineError::Refused`] when the command is impossible in this state.
    pub fn act(&mut self, case: &mut Case, command: &Command, detail: Map<String, Value>) -> Result<bool, EngineError> {
        self.decisions.act(case, command, detail)
    }

    /// See [`Decisions::assess`].
    ///
    /// # Errors
    /// When the edition is not known.
    pub fn assess(&mut self, case: &mut Case) -> Result<bool, EngineError> {
        self.decisions.assess(case)
    }

    /// How many places of the tenant are taken, and how many instances wait for one.
    pub fn places(&self) -> (i64, i64) {
        (self.tx.gate.places + self.decisions.places.0, self.tx.gate.place_queue + self.decisions.places.1)
    }

    /// An entry of the chain about the tenant itself: what a person has switched or chosen.
    pub fn note(&mut self, cause: &'static str, from: &'static str, to: &'static str, detail: Map<String, Value>) {
        let instance_seq = self.tx.take_own_seq();
        self.decisions.transitions.push(NewTransition {
            instance: OWN,
            instance_seq,
            recorded_at: self.now,
            business_at: self.now,
            actor: self.decisions.actor.clone(),
            cause,
            from,
            to,
            stage: String::new(),
            detail: Value::Object(detail).to_string(),
        });
    }

    /// Writes what was decided so far and goes on in the same transaction.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn save(&mut self) -> Result<(), EngineError> {
        let (places, place_queue) = self.places();
        (self.tx.gate.places, self.tx.gate.place_queue, self.decisions.places) = (places, place_queue, (0, 0));
        let moved: Vec<_> = std::mem::take(&mut self.decisions.moved).into_iter().collect();
        self.tx.move_instances(&moved).await?;
        let rerouted: Vec<_> = std::mem::take(&mut self.decisions.rerouted).into_iter().collect();
        self.tx.reroute_instances(&rerouted).await?;
        let changed: Vec<_> = std::mem::take(&mut self.decisions.changed).into_values().collect();
        Ok(self.tx.save(&changed, std::mem::take(&mut self.decisions.transitions)).await?)
    }

    /// Writes what was decided and makes all of it durable. Every snapshot of the tenant is old from now on, and what others did, not
    /// the system itself, wakes the planners.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the unit stands.
    pub async fn commit(mut self) -> Result<(), EngineError> {
        self.save().await?;
        if self.decisions.actor != "system" {
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
        if self.facts_moved {
            self.tx.move_facts();
        }
        let facts_seq = self.tx.facts_seq;
        self.tx.commit_keeping_facts().await?;
        Ok(facts_seq)
    }

    /// As [`Self::commit_keeping_facts`], where only steps were carried out: what was read of waiting instances stays true, unless one of
    /// them had been taken off its notice meanwhile (paused and resumed) and what is told of that notice moves it. Not durable yet.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the unit stands.
    pub async fn commit_keeping_cases(mut self) -> Result<Committed, EngineError> {
        self.save().await?;
        if self.facts_moved {
            self.tx.move_facts();
        }
        let committed = if self.facts_moved || self.decisions.waiting_moved {
            self.tx.commit_keeping_facts_apart().await
        } else {
            self.tx.commit_keeping_cases().await
        };
        Ok(committed?)
    }
}
