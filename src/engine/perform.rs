//! Performs chunks: claim, prepare, store the intent, act, store the outcome. What the worker pools call.
//!
//! Never fails: what can't be written down is left to its lease, and the planner sees to it.

use super::Engine;
use super::claim::Claimed;
use super::commit::Writer;
use super::error::EngineError;
use super::ports::{Bell, Effects, Job, Material, Outcome, Performer};
use super::settle::{Ended, Starting};
use crate::domain::ids::TenantId;
use crate::domain::pool::{Chunk, Pool};
use crate::domain::time::Timestamp;
use crate::engine::issue::Ready;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

/// The engine's side of a worker pool.
pub struct Work {
    engine: Arc<Engine>,
    effects: Arc<dyn Effects>,
    writer: Writer,
    width: Width,
    bell: OnceLock<Arc<dyn Bell>>,
    draining: CancellationToken,
}

/// Between attempts to write down what the ledger could not take; doubled from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How many effects of each pool may be under way at once. What is under way when the process dies is unknown
/// afterwards: so no step is started before its effect has a connection to go out on.
#[derive(Debug)]
pub struct Width {
    print: Semaphore,
    send: Semaphore,
    post: Semaphore,
}

impl Width {
    #[must_use]
    pub fn new(print: usize, send: usize, post: usize) -> Self {
        let permits = |count: usize| Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS));
        Self { print: permits(print), send: permits(send), post: permits(post) }
    }

    /// No bound: for effects that are not real.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::new(usize::MAX, usize::MAX, usize::MAX)
    }

    async fn enter(&self, pool: Pool) -> Option<SemaphorePermit<'_>> {
        let semaphore = match pool {
            Pool::Print => &self.print,
            Pool::Send => &self.send,
            Pool::Post => &self.post,
        };
        semaphore.acquire().await.ok()
    }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Work {
    #[must_use]
    pub fn new(engine: Arc<Engine>, effects: Arc<dyn Effects>, width: Width) -> Arc<Self> {
        let writer = Writer::start(engine.clone());
        Arc::new(Self { engine, effects, writer, width, bell: OnceLock::new(), draining: CancellationToken::new() })
    }

    /// Gives it the bell for steps whose turn comes. The bell is made from the queues that call this work: hence later.
    pub fn set_bell(&self, bell: Arc<dyn Bell>) {
        let _ = self.bell.set(bell);
    }

    async fn ring(&self, tenant: TenantId, ready: &[Ready]) {
        if ready.is_empty() {
            return;
        }
        let Some(bell) = self.bell.get() else { return };
        if let Err(error) = bell.ring(self.engine.chunks(tenant, ready)).await {
            tracing::warn!(%error, "the bell could not be rung; the planner will ring again");
        }
    }

    /// Begins nothing any more: what is under way ends, what was only claimed stays so until this process has signed off.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    async fn chunk(&self, chunk: Chunk) -> Result<(), EngineError> {
        let Some(claimed) = self.claim(&chunk).await? else {
            // Another process may have it at once.
            if let Some(bell) = self.bell.get()
                && let Err(error) = bell.ring(vec![chunk]).await
            {
                tracing::debug!(%error, "a chunk could not be given back; the planner will ring again");
            }
            return Ok(());
        };
        self.ring(chunk.tenant, &claimed.ready).await;
        let mut running: FuturesUnordered<_> = claimed.jobs.into_iter().map(|job| self.job(job)).collect();
        let mut ready = Vec::new();
        while let Some(next) = running.next().await {
            ready.extend(next);
        }
        self.ring(chunk.tenant, &ready).await;
        Ok(())
    }

    /// Claims a chunk as soon as the ledger lets it; `None` when nothing may be begun any more.
    async fn claim(&self, chunk: &Chunk) -> Result<Option<Claimed>, EngineError> {
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::select! {
                biased;
                () = self.draining.cancelled() => return Ok(None),
                _ = self.engine.owner.present() => {}
            }
            match self.engine.claim(chunk, self.effects.as_ref()).await {
                Err(error) if error.is_passing() => tracing::debug!(%error, "a chunk could not be claimed; trying again"),
                claimed => return claimed.map(Some),
            }
            wait(&mut pause).await;
        }
    }

    /// One step from intent to outcome; the steps whose turn comes.
    async fn job(&self, job: Job) -> Vec<Ready> {
        let job = Arc::new(job);
        let outcome = match self.effects.prepare(&job).await {
            Ok(material) => {
                let material = Arc::new(material);
                let Some(_under_way) = self.turn(job.pool).await else { return Vec::new() };
                match self.intend(&job, &material).await {
                    Ok(Some(until)) if self.engine.clock.now() < until => self.effects.act(&job, &material).await,
                    // Its lease is over: whoever looked meanwhile took it for sent.
                    Ok(Some(_)) => Outcome::Retry { reason: "the process stood still before it sent anything".to_owned(), after: None },
                    Ok(None) => return Vec::new(),
                    Err(error) => {
                        tracing::error!(%error, step = %job.step, "the intent could not be stored; nothing was sent");
                        return Vec::new();
                    }
                }
            }
            Err(outcome) => outcome,
        };
        report(&job, &outcome);
        self.conclude(&job, outcome).await
    }

    /// A place among the effects under way; `None` when nothing may be begun any more.
    async fn turn(&self, pool: Pool) -> Option<SemaphorePermit<'_>> {
        let place = async {
            let place = self.width.enter(pool).await;
            self.engine.owner.present().await;
            place
        };
        tokio::select! {
            biased;
            () = self.draining.cancelled() => None,
            place = place => place,
        }
    }

    /// Makes the intent durable, as soon as the ledger takes it. Until when the effect may begin; `None` if the claim no
    /// longer held.
    async fn intend(&self, job: &Arc<Job>, material: &Arc<Material>) -> Result<Option<Timestamp>, EngineError> {
        let claimed_until = job.at.plus_seconds(self.engine.limits.lease_seconds);
        let mut pause = FIRST_PAUSE;
        loop {
            let at = self.engine.clock.now();
            match self.writer.starting(Starting { job: job.clone(), material: material.clone(), at }).await {
                Ok(held) => return Ok(held.then(|| at.plus_seconds(self.engine.limits.effect_seconds))),
                Err(error) if error.is_passing() && at < claimed_until => {
                    tracing::debug!(%error, step = %job.step, "the intent could not be stored; trying again");
                }
                Err(error) => return Err(error),
            }
            wait(&mut pause).await;
        }
    }

    /// Makes the outcome durable, as soon as the ledger takes it: what is known must not become unknown because a
    /// database was away for a while.
    async fn conclude(&self, job: &Arc<Job>, outcome: Outcome) -> Vec<Ready> {
        let at = self.engine.clock.now();
        let leased_until = at.plus_seconds(self.engine.limits.effect_seconds);
        let mut pause = FIRST_PAUSE;
        loop {
            match self.writer.ended(Ended { job: job.clone(), outcome: outcome.clone(), at }).await {
                Ok(ready) => return ready,
                Err(error) if error.is_passing() && self.engine.clock.now() < leased_until => {
                    tracing::warn!(%error, step = %job.step, "the outcome could not be stored; trying again");
                }
                Err(error) => {
                    tracing::error!(%error, step = %job.step, "the outcome could not be stored; its lease will end");
                    return Vec::new();
                }
            }
            wait(&mut pause).await;
        }
    }
}

async fn wait(pause: &mut Duration) {
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}

fn report(job: &Job, outcome: &Outcome) {
    let (step, notice, pool) = (job.step.0, job.notice.id.0.as_str(), job.pool.as_str());
    match outcome {
        Outcome::Done { reply } => tracing::debug!(step, notice, pool, reply, "done"),
        Outcome::Retry { reason, .. } => tracing::warn!(step, notice, pool, reason, "will be tried again"),
        Outcome::Failed { reason } => tracing::warn!(step, notice, pool, reason, "failed; a person must look"),
        Outcome::Unknown { reason } => tracing::error!(step, notice, pool, reason, "unknown; a person must look"),
    }
}

impl Performer for Work {
    fn perform(&self, chunk: Chunk) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let pool = chunk.pool.as_str();
            if let Err(error) = self.chunk(chunk).await {
                tracing::error!(%error, pool, "a chunk could not be claimed; the planner will ring again");
            }
        })
    }
}
