//! The planner's loop: a round whenever something is due, asleep until then.
//!
//! It sleeps until the earliest timer, but looks at least once a tick, for other processes write to the ledger too. It
//! plans only by a clock that it trusts (`trust`), and between rounds it walks through timers that an older time-zone
//! database computed (`retime`).

use super::Engine;
use super::clock::Stopwatch;
use super::error::EngineError;
use super::ports::Bell;
use super::retime::Walk;
use super::spans::span;
use super::sweep::Left;
use super::trust::Trust;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How long the planner sleeps at most.
const TICK_MS: i64 = 1000;
/// How long it waits after a failure of the ledger.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How often timers are looked through: another process may run an older program, which goes on writing older ones.
const WALK_EVERY_MS: i64 = 3600 * 1000;

/// What the planner did last; read by health checks and metrics.
#[derive(Debug, Default)]
pub struct Pulse {
    /// The last successful look at all tenants, in milliseconds since the epoch; 0 for never.
    pub last_ok: AtomicI64,
    pub rounds: AtomicI64,
    pub issued: AtomicI64,
    trouble: Mutex<Option<String>>,
}

impl Pulse {
    /// Why nothing is planned; `None` while all is well.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what a look ended with; whether that is news.
    fn told(&self, trouble: Option<String>) -> bool {
        let mut known = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *known != trouble;
        *known = trouble;
        news
    }
}

/// The walks that are under way, and when to begin anew.
#[derive(Debug, Default)]
struct Walks {
    left: Vec<(TenantId, Walk)>,
    again_at: Option<Timestamp>,
}

impl Engine {
    /// Voids what an older process of this embedded ledger left behind. Only where the ledger's lock proves it dead.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn recover(&self, bell: &dyn Bell) -> Result<(), EngineError> {
        self.sweep_all(bell, Left::Everything).await
    }

    /// Takes up, at a start or after another process died, what dead processes of a shared ledger left, and rings every
    /// bell again: which of them the dead had yet to ring nobody knows.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn take_up(&self, bell: &dyn Bell) -> Result<(), EngineError> {
        self.sweep_all(bell, Left::ByTheDead).await
    }

    async fn sweep_all(&self, bell: &dyn Bell, left: Left) -> Result<(), EngineError> {
        for id in self.tenants() {
            let tenant = self.tenant_with_editions(id).await?;
            let mut unit = super::unit::Unit::begin(&self.store, tenant, self.clock.now(), "system").await?;
            if left == Left::Everything {
                unit.tx.free_sources().await?;
            }
            // Whether these older processes had ended their work in what a restored ledger has forgotten, a person must say.
            let ready = if unit.tx.is_fenced() { Vec::new() } else { self.sweep(&mut unit, left).await? };
            unit.commit().await?;
            ring(bell, self, id, &ready).await;
        }
        Ok(())
    }

    /// Wakes the planner whenever another process has news, until it is told to stop. On an embedded ledger it does
    /// nothing: there the planner's tick finds what another program has written.
    pub async fn listen(self: Arc<Self>, stop: CancellationToken) {
        let heard = async {
            loop {
                match self.hear().await {
                    Ok(()) => return,
                    Err(error) => tracing::debug!(%error, "can't hear other processes' news; the planner looks once a tick"),
                }
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        };
        tokio::select! {
            () = heard => {}
            () = stop.cancelled() => {}
        }
    }

    /// Returns when there is nobody to be heard.
    async fn hear(&self) -> Result<(), EngineError> {
        let Some(mut news) = self.store.news().await? else { return Ok(()) };
        loop {
            news.next().await?;
            self.woken.notify_one();
            self.wake_keepers();
        }
    }

    /// Plans until it is told to stop.
    pub async fn plan(self: Arc<Self>, bell: Arc<dyn Bell>, pulse: Arc<Pulse>, stop: CancellationToken) {
        let (mut trust, mut walks) = (Trust::default(), Walks::default());
        while !stop.is_cancelled() {
            let wake = match self.look(bell.as_ref(), &pulse, &mut trust, &mut walks).await {
                Ok(next) => {
                    pulse.last_ok.store(self.clock.now().0, Ordering::Relaxed);
                    if pulse.told(None) {
                        tracing::info!("the planner goes on");
                    }
                    self.clock.sleep_until(next)
                }
                Err(error) => {
                    // Once for each: it is tried again every second.
                    if pulse.told(Some(error.to_string())) {
                        tracing::error!(%error, "the planner can't go on");
                    }
                    self.metrics.round_failures.add(1);
                    Box::pin(tokio::time::sleep(AFTER_FAILURE))
                }
            };
            tokio::select! {
                () = wake => {}
                () = self.woken.notified() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Rounds for every tenant that has something due; when to look again.
    async fn look(&self, bell: &dyn Bell, pulse: &Pulse, trust: &mut Trust, walks: &mut Walks) -> Result<Timestamp, EngineError> {
        trust.check(self).await?;
        let mut next = Timestamp(self.clock.now().0.saturating_add(TICK_MS));
        for tenant in self.tenants() {
            let mut due = self.next_round(tenant).await?;
            while let Some(at) = due.filter(|at| *at <= self.clock.now()) {
                let now = trust.check(self).await?;
                let watch = Stopwatch::start();
                let round = self.round_at(tenant, now).instrument(span!("round", tenant = tenant.0)).await?;
                self.metrics.round.took(watch.elapsed());
                if !round.shut {
                    self.metrics.wake_up.late(at, now);
                }
                pulse.rounds.fetch_add(1, Ordering::Relaxed);
                pulse.issued.fetch_add(i64::try_from(round.ready.len()).unwrap_or(0), Ordering::Relaxed);
                ring(bell, self, tenant, &round.ready).await;
                if round.more
                    && let Err(error) = self.store.count_grown_tables().await
                {
                    tracing::debug!(%error, "the tables' rows could not be counted; PostgreSQL does it by itself in a while");
                }
                if round.shut {
                    due = None;
                    break;
                }
                due = self.next_round(tenant).await?;
            }
            next = due.map_or(next, |at| at.min(next));
        }
        if self.walk_on(walks).await? { Ok(self.clock.now()) } else { Ok(next) }
    }

    /// One slice of the walk through the timers; whether there is more of it.
    async fn walk_on(&self, walks: &mut Walks) -> Result<bool, EngineError> {
        let now = self.clock.now();
        if self.walk_anew.swap(false, Ordering::Relaxed) {
            walks.left.clear();
            walks.again_at = None;
        }
        if walks.left.is_empty() && walks.again_at.is_none_or(|at| at <= now || at.0 > now.0 + WALK_EVERY_MS) {
            walks.left = self.tenants().into_iter().map(|tenant| (tenant, Walk::default())).collect();
            walks.again_at = Some(Timestamp(now.0.saturating_add(WALK_EVERY_MS)));
        }
        let Some((tenant, walk)) = walks.left.pop() else { return Ok(false) };
        walks.left.extend(self.retime(tenant, walk).await?.map(|walk| (tenant, walk)));
        Ok(!walks.left.is_empty())
    }
}

pub(super) async fn ring(bell: &dyn Bell, engine: &Engine, tenant: crate::domain::ids::TenantId, ready: &[super::issue::Ready]) {
    if ready.is_empty() {
        return;
    }
    if let Err(error) = bell.ring(engine.chunks(tenant, ready)).await {
        tracing::warn!(%error, "the bell could not be rung; it is rung again later");
    }
}
