//! The imperative shell: load, decide, save, in one transaction ([`unit`], [`decisions`]). Owns transactions and nothing else does.
//!
//! * [`intake`]: facts come in; [`feed`]: those that other programs bring, changed ones too. [`plan`]: what is due is set going. [`snapshot`], [`start`], [`settle`]: a step's way through a
//!   worker, committed in groups by [`commit`]. [`operate`]: what a person may do; [`leave_out`]: with a proposal that shall not leave. [`customers`]: what was decided about a customer. [`migrate`]: instances move onto another version of a workflow; [`moving`]: what that would do to all of one. [`audit`]: the chain, verified.
//! * [`holds`]: single blocks. [`gate`]: whether a tenant's notices leave, and what becomes of its backlog; [`backlog`]: what each choice would do. [`places`]: how many are dunned at once.
//! * [`prospect`]: why an instance still waits, and until when.
//! * [`run`] is the planner's loop; it plans only by a clock that [`trust`] has no doubt of. [`retime`]: timers computed anew.
//! * [`owner`], [`process`]: this process among those that share the ledger.
//! * [`publications`]: what administrators write and publish.
//! * [`webhooks`]: transitions are told to whoever wants to hear them. [`owner_notice`]: the creditor is told whose last stage was sent.
//! * [`ports`]: what it asks of the outside world. It names no queue, no SMTP, no HTTP.

pub mod accounts;
mod addresses;
mod agenda;
mod ahead;
pub mod audit;
pub mod backlog;
pub mod clock;
pub mod commit;
pub mod customers;
pub mod decisions;
mod drop_out;
pub mod edition;
pub mod error;
pub mod feed;
pub mod fence;
mod flown;
pub mod forgotten;
pub mod gate;
pub mod holds;
pub mod intake;
pub mod issue;
mod late;
pub mod leave_out;
pub mod metrics;
pub mod migrate;
pub mod moving;
pub mod operate;
mod outlook;
pub mod owner;
pub mod owner_notice;
pub mod perform;
mod places;
pub mod plan;
pub mod ports;
pub mod process;
pub mod prospect;
pub mod publications;
mod rejoin;
pub mod retime;
pub mod run;
pub mod settle;
pub mod snapshot;
pub mod source;
pub mod spans;
pub mod start;
pub mod sweep;
mod throttle;
pub mod trust;
pub mod unit;
pub mod vault;
pub mod webhooks;
pub mod width;

pub use error::EngineError;

use crate::domain::ids::TenantId;
use crate::domain::pool::{Chunk, Pool};
use crate::domain::step::Backoff;
use crate::domain::tenant::TenantSettings;
use crate::store::Store;
use clock::{Clock, Entropy};
use edition::Tenant;
use issue::Ready;
use owner::Owner;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Letters per queue message at most: each takes a hundred times as long as a mail, and the last one's lease must still hold
/// when its turn comes.
const LETTERS: usize = 8;

/// Bounds of what one transaction and one worker take on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Due cases per transaction.
    pub batch: usize,
    /// Steps per queue message where no throttle applies.
    pub chunk: usize,
    /// How long a worker tries to store that it begins a step while the ledger is away.
    pub lease_seconds: i64,
    /// How long an effect may take at the very most; after that nobody knows how it ended.
    pub effect_seconds: i64,
    /// How long a rung bell may go unheard before it is rung again, in milliseconds.
    pub patience_ms: i64,
    pub backoff: Backoff,
}

impl Default for Limits {
    fn default() -> Self {
        let backoff = Backoff { first_seconds: 60, max_seconds: 21_600, max_attempts: 12 };
        Self { batch: 1000, chunk: 256, lease_seconds: 60, effect_seconds: 1800, patience_ms: 30_000, backoff }
    }
}

/// The engine of one process.
pub struct Engine {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub limits: Limits,
    /// This process in leases.
    pub owner: Owner,
    /// Wakes this process's planner: there is something new in the ledger.
    pub woken: tokio::sync::Notify,
    /// What this process has done.
    pub metrics: metrics::Metrics,
    tenants: RwLock<BTreeMap<TenantId, Arc<Tenant>>>,
    /// What the flight logs of this machine's dead processes prove.
    fallen: flown::Fallen,
    agenda: agenda::Agenda,
    /// What people's links and sessions go by, where the engine's own clock is made to run.
    wall: std::sync::OnceLock<Arc<dyn Clock>>,
    /// What seals secrets; a process that shows no pages has none.
    vault: std::sync::OnceLock<vault::Vault>,
    hand: snapshot::Hand,
    /// A tenant's calendar may have changed: the timers are to be walked through now.
    walk_anew: std::sync::atomic::AtomicBool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("owner", &self.owner).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Engine {
    #[must_use]
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        owner: String,
        limits: Limits,
        tenants: Vec<TenantSettings>,
    ) -> Self {
        let engine = Self {
            store,
            clock,
            entropy,
            limits,
            owner: Owner::new(owner),
            metrics: metrics::Metrics::default(),
            woken: tokio::sync::Notify::new(),
            tenants: RwLock::default(),
            fallen: flown::Fallen::default(),
            agenda: agenda::Agenda::default(),
            wall: std::sync::OnceLock::new(),
            vault: std::sync::OnceLock::new(),
            hand: snapshot::Hand::default(),
            walk_anew: std::sync::atomic::AtomicBool::new(false),
        };
        tenants.into_iter().for_each(|settings| engine.add_tenant(settings));
        engine
    }

    /// A tenant of this process.
    ///
    /// # Errors
    /// When it is not configured here.
    pub fn tenant(&self, id: TenantId) -> Result<Arc<Tenant>, EngineError> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned().ok_or(EngineError::UnknownTenant(id))
    }

    /// Takes on a tenant; tenants may come while the process runs.
    pub fn add_tenant(&self, settings: TenantSettings) {
        let tenant = Arc::new(Tenant::new(settings));
        self.tenants.write().unwrap_or_else(PoisonError::into_inner).insert(tenant.settings.id, tenant);
    }

    /// Lets a tenant go by these settings from now on, with the source that belongs to them: never a moment with one and without the other.
    /// Its timers are looked at, since its calendar may be another.
    pub fn refit_tenant(&self, settings: TenantSettings, source: Option<Arc<source::connection::Connection>>) {
        let tenant = Arc::new(Tenant::new(settings));
        if let Some(source) = source {
            tenant.connect(source);
        }
        self.tenants.write().unwrap_or_else(PoisonError::into_inner).insert(tenant.settings.id, tenant);
        self.walk_anew.store(true, std::sync::atomic::Ordering::Relaxed);
        self.woken.notify_one();
    }

    /// Lets links and sessions of accounts go by another clock than the engine's, for which half a year may pass in minutes.
    pub fn go_by_for_people(&self, clock: Arc<dyn Clock>) {
        let _ = self.wall.set(clock);
    }

    /// The time that people's links and sessions go by.
    pub(crate) fn wall_now(&self) -> crate::domain::time::Timestamp {
        self.wall.get().unwrap_or(&self.clock).now()
    }

    /// Gives this process the key of the installation's secrets; the first one holds.
    pub fn unlock(&self, key: &[u8; 32]) {
        let _ = self.vault.set(vault::Vault::new(key));
    }

    /// All tenants of this process.
    #[must_use]
    pub fn tenants(&self) -> Vec<TenantId> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// Queue messages for these steps: chunks of one pool, of one step where its sender is throttled.
    #[must_use]
    pub fn chunks(&self, tenant: TenantId, ready: &[Ready]) -> Vec<Chunk> {
        let throttled = self.tenant(tenant).is_ok_and(|held| held.settings.mail_every_seconds > 0);
        let mut chunks = Vec::new();
        for pool in Pool::ALL {
            let size = match pool {
                Pool::Send if throttled => 1,
                Pool::Print => self.limits.chunk.clamp(1, LETTERS),
                Pool::Send | Pool::Post => self.limits.chunk.max(1),
            };
            let steps: Vec<_> = ready.iter().filter(|step| step.pool == pool).map(|step| (step.step, step.attempt)).collect();
            chunks.extend(steps.chunks(size).map(|steps| Chunk { tenant, pool, steps: steps.to_vec() }));
        }
        chunks
    }
}
