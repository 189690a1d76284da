//! The planner's loop: a round whenever something is due, asleep until then.
//!
//! It sleeps until the earliest timer, but looks at least once a tick, for other processes write to the ledger too.

use super::Engine;
use super::clock::Stopwatch;
use super::error::EngineError;
use super::ports::Bell;
use super::spans::span;
use crate::domain::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How long the planner sleeps at most.
const TICK_MS: i64 = 1000;
/// How long it waits after a failure of the ledger.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What the planner did last; read by health checks and metrics.
#[derive(Debug, Default)]
pub struct Pulse {
    /// The last successful look at all tenants, in milliseconds since the epoch; 0 for never.
    pub last_ok: AtomicI64,
    pub rounds: AtomicI64,
    pub issued: AtomicI64,
}

impl Engine {
    /// Voids what an older process of this embedded ledger left behind. Only where the ledger's lock proves it dead.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn recover(&self, bell: &dyn Bell) -> Result<(), EngineError> {
        for id in self.tenants() {
            let tenant = self.tenant(id)?;
            let mut unit = super::unit::Unit::begin(&self.store, tenant, self.clock.now(), "system").await?;
            // Whether these older processes had ended their work in what a restored ledger has forgotten, a person must say.
            let ready = if unit.tx.is_fenced() { Vec::new() } else { self.sweep(&mut unit, true).await? };
            unit.commit().await?;
            ring(bell, self, id, &ready).await;
        }
        Ok(())
    }

    /// Plans until it is told to stop.
    pub async fn plan(self: Arc<Self>, bell: Arc<dyn Bell>, pulse: Arc<Pulse>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wake = match self.look(bell.as_ref(), &pulse).await {
                Ok(next) => {
                    pulse.last_ok.store(self.clock.now().0, Ordering::Relaxed);
                    self.clock.sleep_until(next)
                }
                Err(error) => {
                    tracing::error!(%error, "a planner's round failed");
                    self.metrics.round_failures.add(1);
                    Box::pin(tokio::time::sleep(AFTER_FAILURE))
                }
            };
            tokio::select! {
                () = wake => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Rounds for every tenant that has something due; when to look again.
    async fn look(&self, bell: &dyn Bell, pulse: &Pulse) -> Result<Timestamp, EngineError> {
        let mut next = Timestamp(self.clock.now().0.saturating_add(TICK_MS));
        for tenant in self.tenants() {
            let mut due = self.next_round(tenant).await?;
            while let Some(at) = due.filter(|at| *at <= self.clock.now()) {
                let (began, watch) = (self.clock.now(), Stopwatch::start());
                let round = self.round(tenant).instrument(span!("round", tenant = tenant.0)).await?;
                self.metrics.round.took(watch.elapsed());
                if !round.fenced {
                    self.metrics.wake_up.late(at, began);
                }
                pulse.rounds.fetch_add(1, Ordering::Relaxed);
                pulse.issued.fetch_add(i64::try_from(round.ready.len()).unwrap_or(0), Ordering::Relaxed);
                ring(bell, self, tenant, &round.ready).await;
                if round.fenced {
                    due = None;
                    break;
                }
                due = self.next_round(tenant).await?;
            }
            next = due.map_or(next, |at| at.min(next));
        }
        Ok(next)
    }
}

async fn ring(bell: &dyn Bell, engine: &Engine, tenant: crate::domain::ids::TenantId, ready: &[super::issue::Ready]) {
    if ready.is_empty() {
        return;
    }
    if let Err(error) = bell.ring(engine.chunks(tenant, ready)).await {
        tracing::warn!(%error, "the bell could not be rung; it is rung again later");
    }
}
