//! Editions: published workflow versions as this process holds them, with the calendar that they are read in.

use super::error::EngineError;
use super::source::connection::Connection;
use crate::domain::calendar::Calendar;
use crate::domain::ids::WorkflowId;
use crate::domain::instance::ladder::Ladder;
use crate::domain::money::Currency;
use crate::domain::tenant::TenantSettings;
use crate::domain::time::Timestamp;
use crate::domain::workflow::{Workflow, parse};
use crate::store::Store;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// One published version.
#[derive(Debug)]
pub struct Edition {
    pub id: WorkflowId,
    pub workflow: Workflow,
    pub calendar: Calendar,
}

impl Edition {
    #[must_use]
    pub fn ladder(&self) -> Ladder<'_> {
        Ladder { workflow: &self.workflow, calendar: &self.calendar }
    }

    /// The least open amount in `currency` that is dunned, in minor units.
    #[must_use]
    pub fn minimum_minor(&self, currency: Currency) -> i64 {
        self.workflow.rules.minimum_amount.get(&currency).map_or(0, |amount| minor(*amount, currency))
    }

    /// The key of a stage; empty if there is none.
    #[must_use]
    pub fn stage_key(&self, stage: Option<usize>) -> String {
        stage.and_then(|index| self.workflow.stages.get(index)).map(|stage| stage.key.clone()).unwrap_or_default()
    }
}

/// A decimal amount in minor units of `currency`; half a unit rounds away from zero.
#[must_use]
pub fn minor(amount: Decimal, currency: Currency) -> i64 {
    let scaled = amount * Decimal::from(10_i64.pow(currency.decimals()));
    scaled.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero).to_i64().unwrap_or(i64::MAX)
}

/// A tenant with its editions, read from the ledger when first needed.
#[derive(Debug)]
pub struct Tenant {
    pub settings: TenantSettings,
    editions: RwLock<BTreeMap<WorkflowId, Arc<Edition>>>,
    source: RwLock<Option<Arc<Connection>>>,
    /// Whether the ledger has claims of a source, whoever is configured now; read once.
    pub(super) had_source: OnceLock<bool>,
}

impl Tenant {
    #[must_use]
    pub fn new(settings: TenantSettings) -> Self {
        Self { settings, editions: RwLock::default(), source: RwLock::default(), had_source: OnceLock::new() }
    }

    /// The source that it is synchronised with, if it has one.
    #[must_use]
    pub fn source(&self) -> Option<Arc<Connection>> {
        self.source.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Synchronises it with a source from now on.
    pub fn connect(&self, connection: Arc<Connection>) {
        *self.source.write().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    /// The edition with this id, if it was read already.
    #[must_use]
    pub fn known(&self, id: WorkflowId) -> Option<Arc<Edition>> {
        self.editions.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// All that this process has read, the newest last.
    #[must_use]
    pub fn editions(&self) -> Vec<Arc<Edition>> {
        self.editions.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The newest edition of this name.
    #[must_use]
    pub fn newest(&self, name: &str) -> Option<Arc<Edition>> {
        self.editions().into_iter().rev().find(|edition| edition.workflow.name == name)
    }

    /// Where instances of a workflow may sensibly go over to: the newest edition of each workflow, and all of their own; the newest first.
    #[must_use]
    pub fn destinations(&self, own: &str) -> Vec<Arc<Edition>> {
        let mut seen = BTreeSet::new();
        let newest_or_own = |edition: &Arc<Edition>| seen.insert(edition.workflow.name.clone()) || edition.workflow.name == own;
        self.editions().into_iter().rev().filter(newest_or_own).collect()
    }

    /// The keys of all stages that this process has read, in the order of their ladders, those of the newest first.
    #[must_use]
    pub fn stage_keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for stage in self.editions().iter().rev().flat_map(|edition| &edition.workflow.stages) {
            if !keys.contains(&stage.key) {
                keys.push(stage.key.clone());
            }
        }
        keys
    }

    /// Reads the ledger's editions that this process does not have yet.
    ///
    /// # Errors
    /// When the ledger fails or holds a version that this program can't read.
    pub async fn refresh(&self, store: &Store) -> Result<(), EngineError> {
        for row in store.workflows(self.settings.id).await? {
            if self.known(row.id).is_some() {
                continue;
            }
            let parsed = parse(&row.source);
            let Some(workflow) = parsed.workflow else {
                let why = parsed.problems.first().map(ToString::to_string).unwrap_or_default();
                return Err(EngineError::Workflow { id: row.id, why });
            };
            self.add(row.id, workflow);
        }
        Ok(())
    }

    /// Reads the editions once, when this process has none yet.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub async fn refresh_if_empty(&self, store: &Store) -> Result<(), EngineError> {
        let empty = self.editions.read().unwrap_or_else(PoisonError::into_inner).is_empty();
        if empty { self.refresh(store).await } else { Ok(()) }
    }

    /// Whether the windows of all editions that this process has read are open.
    #[must_use]
    pub fn all_open(&self, at: Timestamp) -> bool {
        self.editions.read().unwrap_or_else(PoisonError::into_inner).values().all(|edition| edition.calendar.is_open(at))
    }

    /// Holds an edition.
    pub fn add(&self, id: WorkflowId, workflow: Workflow) -> Arc<Edition> {
        let calendar = self.settings.calendar(&workflow);
        let edition = Arc::new(Edition { id, workflow, calendar });
        self.editions.write().unwrap_or_else(PoisonError::into_inner).insert(id, edition.clone());
        edition
    }
}
