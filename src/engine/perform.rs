//! Performs chunks: look, prepare, start, act, settle. What the worker pools call.
//!
//! Never fails: what can't be written down is left to its lease, and the planner sees to it.

use super::Engine;
use super::commit::Writer;
use super::error::EngineError;
use super::ports::{Bell, Effects, Job, Material, Outcome, Performer};
use super::settle::Ended;
use super::snapshot::Snapshot;
use super::start::{Begun, Task};
use crate::domain::ids::TenantId;
use crate::domain::pool::{Chunk, Pool};
use crate::engine::issue::Ready;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::sync::{Arc, OnceLock};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How often a step whose facts keep changing is made anew before it is left to the planner.
const ATTEMPTS: usize = 5;

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
        let snapshots = self.engine.snapshots(&chunk).await?;
        let mut running: FuturesUnordered<_> = snapshots.into_iter().map(|snapshot| self.step(chunk.tenant, snapshot)).collect();
        let mut ready = Vec::new();
        while let Some(next) = running.next().await {
            ready.extend(next);
        }
        self.ring(chunk.tenant, &ready).await;
        Ok(())
    }

    /// One step from its snapshot to its outcome; the steps whose turn comes. What changes before it starts is made anew.
    async fn step(&self, tenant: TenantId, snapshot: Snapshot) -> Vec<Ready> {
        let again = Chunk { tenant, pool: snapshot.step.pool, steps: vec![(snapshot.step.id, snapshot.step.attempt)] };
        let (mut ready, mut next) = (Vec::new(), Some(snapshot));
        for _ in 0..ATTEMPTS {
            let Some(snapshot) = next else { break };
            match self.try_step(tenant, snapshot, &mut ready).await {
                Ok(Begun::Changed) => {}
                Ok(Begun::Go | Begun::Gone) => break,
                Err(error) => {
                    tracing::error!(%error, step = %again.steps[0].0, "a step could not be read or written down; the planner will see to it");
                    break;
                }
            }
            next = self.engine.snapshots(&again).await.ok().and_then(|mut found| found.pop());
        }
        ready
    }

    /// A letter is set in its preparation: that is what the print pool's places are for. It acts on nothing afterwards.
    async fn prepare(&self, job: &Job) -> Result<Material, Outcome> {
        let _place = if job.pool == Pool::Print { self.width.enter(job.pool).await } else { None };
        self.effects.prepare(job).await
    }

    async fn try_step(&self, tenant: TenantId, snapshot: Snapshot, ready: &mut Vec<Ready>) -> Result<Begun, EngineError> {
        let job = self.engine.job(tenant, &snapshot, self.effects.as_ref()).await?;
        let (material, refusal) = match self.prepare(&job).await {
            Ok(material) => (material, None),
            Err(outcome) => (Material::default(), Some(outcome)),
        };
        let task = Arc::new(Task { snapshot, job, material, refusal });
        let under_way = if task.refusal.is_none() && task.job.pool != Pool::Print { self.width.enter(task.job.pool).await } else { None };
        let (begun, composed) = self.writer.starting(task.clone()).await?;
        ready.extend(composed);
        if begun != Begun::Go {
            return Ok(begun);
        }
        if let Some(outcome) = &task.refusal {
            report(&task.job, outcome);
            return Ok(begun);
        }
        let outcome = self.effects.act(&task.job, &task.material).await;
        report(&task.job, &outcome);
        // The connection is free for the next as soon as it has been answered.
        drop(under_way);
        ready.extend(self.writer.ended(Ended { task, outcome, at: self.engine.clock.now() }).await?);
        Ok(begun)
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
                tracing::error!(%error, pool, "a chunk could not be read; the planner will ring again");
            }
        })
    }
}
