//! An installation: configuration, ledger, tenants, engine and their ways out, put together for a process that runs on.

use super::key_file;
use super::marks::{MarkPlaces, mark_file};
use crate::adapters::outside::Outside;
use crate::assembly::{self, Tenancy};
use crate::config::Config;
use crate::engine::Engine;
use crate::engine::clock::{Clock, LedgerClock, SystemClock, SystemEntropy};
use crate::engine::process::{Identity, Presence};
use crate::store::flight::Flight;
use anyhow::Context;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Everything that `serve` and `work` share.
#[derive(Debug)]
pub struct Installation {
    pub config: Config,
    pub engine: Arc<Engine>,
    pub outside: Arc<Outside>,
    pub tenancy: Arc<Tenancy>,
    clock: Arc<LedgerClock>,
    identity: Identity,
    marks: Mutex<Option<MarkPlaces>>,
}

/// The steps that may be out at once and not be settled: while the ledger is away they pile up.
const AIRBORNE: usize = 8192;

/// Lets tests give each process a clock of its own, as machines have: so many milliseconds ahead of this machine's.
const CLOCK_AHEAD_MS: &str = "MAHNWERK_TEST_CLOCK_AHEAD_MS";

/// This machine's clock.
fn machine_clock() -> anyhow::Result<Arc<dyn Clock>> {
    let Ok(text) = std::env::var(CLOCK_AHEAD_MS) else { return Ok(Arc::new(SystemClock)) };
    let ahead: i64 = text.parse().with_context(|| format!("{CLOCK_AHEAD_MS}: `{text}` is no number of milliseconds"))?;
    tracing::warn!(ahead_ms = ahead, "{CLOCK_AHEAD_MS} is set: this process's clock is wrong on purpose, for a test");
    Ok(Arc::new(LedgerClock::ahead(Arc::new(SystemClock), ahead)))
}

impl Installation {
    /// Opens the ledger, brings it up to date where this process may, and takes on its tenants.
    ///
    /// # Errors
    /// What can't be opened, and why.
    pub async fn open(config: Config, migrate: bool) -> anyhow::Result<Arc<Self>> {
        Self::open_with(config, migrate, machine_clock()?).await
    }

    /// The same, by a clock of the caller's.
    ///
    /// # Errors
    /// What can't be opened, and why.
    pub async fn open_with(config: Config, migrate: bool, machine: Arc<dyn Clock>) -> anyhow::Result<Arc<Self>> {
        let texts = Arc::new(assembly::texts(&config)?);
        let store = assembly::store(&config.ledger).await?.take_for_engine()?;
        if migrate {
            store.migrate().await?;
        }
        let marks = MarkPlaces::open(&config, &store).await?;
        let (clock, entropy) = (Arc::new(LedgerClock::new(machine)), Arc::new(SystemEntropy));
        let identity = Identity::new(entropy.as_ref());
        let mut limits = assembly::limits(&config.pools);
        limits.chunk = usize::try_from(config.queue.chunk).unwrap_or(256);
        limits.effect_seconds = i64::from(config.smtp.delivery_timeout_seconds) + 10 * i64::from(config.smtp.timeout_seconds);
        let engine = Arc::new(Engine::new(store, clock.clone(), entropy, identity.name.clone(), limits, Vec::new()));
        engine.unlock(&key_file::read_or_make(&config.server.key_file, engine.entropy.as_ref())?);
        engine.learn_flown(mark_file(&config))?;
        let tenancy = Arc::new(Tenancy::new(config.clone(), engine.clone(), texts));
        tenancy.make_configured().await?;
        tenancy.take_on().await?;
        let (outside, marks) = (tenancy.outside.clone(), Mutex::new(Some(marks)));
        Ok(Arc::new(Self { config, engine, tenancy, clock, identity, outside, marks }))
    }

    /// Makes this process known to the others of a shared ledger; `None` on an embedded one, which has no others.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn register(&self) -> anyhow::Result<Option<Presence>> {
        let registered = Presence::register(self.engine.clone(), self.clock.clone(), self.identity.clone()).await;
        registered.context("registering this process in the ledger")
    }

    /// Begins this process's flight log, once, after everything that others left has been taken up. `None` where it can't have one.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn begin_flight(&self) -> anyhow::Result<Option<Flight>> {
        Ok(self.engine.begin_flight(AIRBORNE)?)
    }

    /// The ledger's place without its password.
    #[must_use]
    pub fn shown_ledger(&self) -> String {
        self.config.ledger.url.redacted()
    }

    /// Keeps how far the ledger is, until it is told to stop. Once per installation.
    pub async fn keep_marks(self: Arc<Self>, stop: CancellationToken) {
        let places = self.marks.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(places) = places {
            places.keep(self.engine.store.marks(), stop).await;
        }
    }
}
