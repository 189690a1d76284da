//! A tenant's connection to its source: the port, what the configuration says of it, and whether it answered lately.

use super::ports::{ClaimKind, Source, SourceError};
use crate::domain::ids::WorkflowId;
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// After a request that did not get through, notices do not try again for so long: each would wait as long as the one before it.
const DOWN_MS: i64 = 30_000;
/// Subscriptions are not looked at again sooner because of a change that nobody told, in milliseconds: it may just have been listed
/// before it was told.
const DOUBT_PAUSE_MS: i64 = 10 * 60_000;

/// What the configuration says about a source.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// New claims begin under it.
    pub workflow: WorkflowId,
    /// Without it nothing is asked any more, and what is known grows old.
    pub sync: bool,
    pub kinds: Vec<ClaimKind>,
    /// Claims that are dated before it are left out.
    pub sync_from: Option<NaiveDate>,
    /// Ids of payment terms, or what stands in their text, whatever the case of its letters.
    pub excluded_terms: Vec<String>,
    /// No notice leaves on payment data that is older, in milliseconds.
    pub max_data_age_ms: i64,
    /// A notice leaves on payment data that is no older without asking again, in milliseconds.
    pub recheck_ms: i64,
    /// Between two listings of what has changed, in milliseconds.
    pub changes_every_ms: i64,
    /// Details are read of claims that are due within so many days.
    pub details_ahead_days: u64,
    /// Where the source is to call when something changes; `None`: nowhere.
    pub callback: Option<String>,
}

impl SourceSettings {
    /// With the usual times, for invoices and down payments.
    #[must_use]
    pub fn new(workflow: WorkflowId) -> Self {
        Self {
            workflow,
            sync: true,
            kinds: vec![ClaimKind::Invoice, ClaimKind::DownPayment],
            sync_from: None,
            excluded_terms: Vec::new(),
            max_data_age_ms: 24 * 3_600_000,
            recheck_ms: 60_000,
            changes_every_ms: 15 * 60_000,
            details_ahead_days: 14,
            callback: None,
        }
    }

    /// Between two listings of everything that is open: twice within the time that data may age.
    #[must_use]
    pub fn sweep_every_ms(&self) -> i64 {
        self.max_data_age_ms / 2
    }
}

/// A source as a tenant's engine holds it.
pub struct Connection {
    pub source: Arc<dyn Source>,
    pub settings: SourceSettings,
    /// One notice at a time asks, so that none takes turns that it does not wait for.
    pub(super) asking: tokio::sync::Mutex<()>,
    /// The source has told something.
    pub(super) told: tokio::sync::Notify,
    down_until: AtomicI64,
    trouble: Mutex<Option<SourceError>>,
    events_had_turn: AtomicBool,
    /// When this process looks at the subscriptions again; `0`: as soon as it can.
    hooks_at: AtomicI64,
    hooks_seen_at: AtomicI64,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("source", &self.source.name()).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Connection {
    #[must_use]
    pub fn new(source: Arc<dyn Source>, settings: SourceSettings) -> Self {
        Self {
            source,
            settings,
            asking: tokio::sync::Mutex::new(()),
            told: tokio::sync::Notify::new(),
            down_until: AtomicI64::new(0),
            trouble: Mutex::default(),
            events_had_turn: AtomicBool::new(false),
            hooks_at: AtomicI64::new(0),
            hooks_seen_at: AtomicI64::new(0),
        }
    }

    /// Whether events go before a run, every other time.
    pub(super) fn is_turn_of_events(&self) -> bool {
        !self.events_had_turn.fetch_xor(true, Ordering::Relaxed)
    }

    /// Whether this process is to look at the subscriptions now.
    pub(super) fn is_hooks_time(&self, now: Timestamp) -> bool {
        now.0 >= self.hooks_at.load(Ordering::Relaxed)
    }

    /// Whether this process has seen the subscriptions since it started, or since they were doubted.
    pub(super) fn has_seen_hooks(&self) -> bool {
        self.hooks_at.load(Ordering::Relaxed) > 0 && self.hooks_seen_at.load(Ordering::Relaxed) > 0
    }

    /// It has nothing to look at before `at`.
    pub(super) fn rest_hooks(&self, at: Timestamp) {
        self.hooks_at.store(at.0, Ordering::Relaxed);
    }

    /// It has seen the subscriptions at `now`, and looks again at `at`.
    pub(super) fn saw_hooks(&self, now: Timestamp, at: Timestamp) {
        self.hooks_seen_at.store(now.0, Ordering::Relaxed);
        self.rest_hooks(at);
    }

    /// Something changed and nobody told: a subscription may be gone.
    pub(super) fn doubt_hooks(&self, now: Timestamp) {
        if self.settings.callback.is_some() && now.0 - self.hooks_seen_at.load(Ordering::Relaxed) > DOUBT_PAUSE_MS {
            tracing::debug!(source = self.name(), "a change was not told; the subscriptions are looked at");
            self.hooks_seen_at.store(0, Ordering::Relaxed);
            self.hooks_at.store(0, Ordering::Relaxed);
        }
    }

    /// The source's name in the ledger.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.source.name()
    }

    /// Who acts, in the history and at blocks.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("source:{}", self.name())
    }

    /// It answered, or it did not.
    pub(super) fn heard(&self, answer: Result<(), &SourceError>, now: Timestamp) {
        let trouble = answer.err().filter(|error| !error.is_of_one()).cloned();
        self.down_until.store(trouble.as_ref().map_or(0, |_| now.0 + DOWN_MS), Ordering::Relaxed);
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Why it is not to be asked just now.
    pub(super) fn down(&self, now: Timestamp) -> Option<SourceError> {
        if now.0 >= self.down_until.load(Ordering::Relaxed) {
            return None;
        }
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
