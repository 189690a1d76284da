//! Performs chunks: claim, prepare, store the intent, act, store the outcome. What the worker pools call.
//!
//! Never fails: what can't be written down is left to its lease, and the planner sees to it.

use super::Engine;
use super::clock::Stopwatch;
use super::commit::Writer;
use super::error::EngineError;
use super::ports::{Bell, Effects, Job, Outcome, Performer};
use super::settle::{Ended, Starting};
use super::spans::{span, spoken};
use crate::domain::ids::TenantId;
use crate::domain::pool::{Chunk, Pool};
use crate::engine::issue::Ready;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::sync::{Arc, OnceLock};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// The engine's side of a worker pool.
pub struct Work {
    engine: Arc<Engine>,
    effects: Arc<dyn Effects>,
    writer: Writer,
    width: Width,
    bell: OnceLock<Arc<dyn Bell>>,
}

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
        Arc::new(Self { engine, effects, writer, width, bell: OnceLock::new() })
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

    async fn chunk(&self, chunk: Chunk) -> Result<(), EngineError> {
        let claimed = self.engine.claim(&chunk, self.effects.as_ref()).await?;
        self.ring(chunk.tenant, &claimed.ready).await;
        for job in &claimed.jobs {
            span!("claim", notice = job.notice.id.0.as_str(), pool = job.pool.as_str(), attempt = job.attempt);
        }
        let mut running: FuturesUnordered<_> = claimed.jobs.into_iter().map(|job| self.job(job)).collect();
        let mut ready = Vec::new();
        while let Some(next) = running.next().await {
            ready.extend(next);
        }
        self.ring(chunk.tenant, &ready).await;
        Ok(())
    }

    /// One step from intent to outcome; the steps whose turn comes.
    async fn job(&self, job: Job) -> Vec<Ready> {
        let job = Arc::new(job);
        let outcome = match self.effects.prepare(&job).await {
            Ok(material) => {
                let material = Arc::new(material);
                let _under_way = self.width.enter(job.pool).await;
                let start = Starting { job: job.clone(), material: material.clone(), at: self.engine.clock.now() };
                match self.writer.starting(start).await {
                    Ok(true) => {
                        let span = span!(
                            "effect",
                            notice = job.notice.id.0.as_str(),
                            pool = job.pool.as_str(),
                            attempt = job.attempt,
                            outcome = Empty,
                            reply = Empty
                        );
                        let watch = Stopwatch::start();
                        let outcome = self.effects.act(&job, &material).instrument(span.clone()).await;
                        self.engine.metrics.effect(job.pool, &outcome, watch.elapsed());
                        tell(&span, &outcome);
                        outcome
                    }
                    Ok(false) => return Vec::new(),
                    Err(error) => {
                        tracing::error!(%error, step = %job.step, "the intent could not be stored; nothing was sent");
                        return Vec::new();
                    }
                }
            }
            Err(outcome) => outcome,
        };
        report(&job, &outcome);
        let settling = span!("settle", notice = job.notice.id.0.as_str(), pool = job.pool.as_str(), attempt = job.attempt);
        match self.writer.ended(Ended { job: job.clone(), outcome, at: self.engine.clock.now() }).instrument(settling).await {
            Ok(ready) => ready,
            Err(error) => {
                tracing::error!(%error, step = %job.step, "the outcome could not be stored; its lease will end");
                Vec::new()
            }
        }
    }
}

/// Writes into a span how its effect ended.
fn tell(span: &Span, outcome: &Outcome) {
    if !span.is_disabled() {
        let (word, reply) = spoken(outcome);
        span.record("outcome", word);
        span.record("reply", reply.as_str());
    }
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
