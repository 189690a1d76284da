//! The group commit: workers hand over what they start and what they ended, and wait for their own commit.
//!
//! The writer takes whatever waits, without a timer: load makes the batch.

use super::Engine;
use super::clock::Stopwatch;
use super::error::EngineError;
use super::issue::Ready;
use super::settle::{Ended, Starting};
use super::unit::Unit;
use crate::domain::ids::TenantId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The most that one transaction takes on.
const BATCH: usize = 1000;

/// What a worker hands over.
enum Write {
    Start(Starting, oneshot::Sender<Result<bool, EngineError>>),
    End(Ended, oneshot::Sender<Result<Vec<Ready>, EngineError>>),
}

impl Write {
    fn tenant(&self) -> TenantId {
        match self {
            Self::Start(start, _) => start.job.tenant,
            Self::End(end, _) => end.job.tenant,
        }
    }
}

/// The process's way to the writer.
#[derive(Clone, Debug)]
pub struct Writer(mpsc::Sender<Write>);

impl std::fmt::Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Write")
    }
}

impl Writer {
    /// Starts the writer; it ends when the last handle is dropped.
    #[must_use]
    pub fn start(engine: Arc<Engine>) -> Self {
        let (sender, receiver) = mpsc::channel(4096);
        tokio::spawn(run(engine, receiver));
        Self(sender)
    }

    /// Makes the intent durable. Whether the claim still held: if not, the effect must not happen.
    ///
    /// # Errors
    /// When the ledger fails; then the effect must not happen either.
    pub async fn starting(&self, start: Starting) -> Result<bool, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Write::Start(start, reply)).await.map_err(|_| EngineError::WriterGone)?;
        answer.await.map_err(|_| EngineError::WriterGone)?
    }

    /// Makes the outcome durable; steps whose turn comes, to be rung.
    ///
    /// # Errors
    /// When the ledger fails; the step's lease will end and the planner will see to it.
    pub async fn ended(&self, end: Ended) -> Result<Vec<Ready>, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Write::End(end, reply)).await.map_err(|_| EngineError::WriterGone)?;
        answer.await.map_err(|_| EngineError::WriterGone)?
    }
}

async fn run(engine: Arc<Engine>, mut receiver: mpsc::Receiver<Write>) {
    let mut waiting = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut waiting, BATCH).await > 0 {
        let mut batches: BTreeMap<TenantId, Vec<Write>> = BTreeMap::new();
        for write in waiting.drain(..) {
            batches.entry(write.tenant()).or_default().push(write);
        }
        for (tenant, writes) in batches {
            commit(&engine, tenant, writes).await;
        }
    }
}

/// One transaction for one tenant's writes; every caller gets its own answer.
async fn commit(engine: &Engine, tenant: TenantId, writes: Vec<Write>) {
    let (mut starts, mut start_replies, mut ends, mut end_replies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for write in writes {
        match write {
            Write::Start(start, reply) => {
                starts.push(start);
                start_replies.push(reply);
            }
            Write::End(end, reply) => {
                ends.push(end);
                end_replies.push(reply);
            }
        }
    }
    let watch = Stopwatch::start();
    match transact(engine, tenant, &starts, &ends).await {
        Ok((held, ready)) => {
            engine.metrics.commit.took(watch.elapsed());
            engine.metrics.commit_writes.observe(u64::try_from(starts.len() + ends.len()).unwrap_or(0));
            let held: BTreeSet<_> = held.into_iter().collect();
            for (start, reply) in starts.iter().zip(start_replies) {
                let _ = reply.send(Ok(held.contains(&start.job.step)));
            }
            // The steps whose turn comes are rung once, by the first who is told.
            let mut ready = Some(ready);
            for reply in end_replies {
                let _ = reply.send(Ok(ready.take().unwrap_or_default()));
            }
        }
        Err(error) => {
            tracing::error!(%error, "a group commit failed");
            engine.metrics.commit_failures.add(1);
            let text = error.to_string();
            for reply in start_replies {
                let _ = reply.send(Err(EngineError::Batch(text.clone())));
            }
            for reply in end_replies {
                let _ = reply.send(Err(EngineError::Batch(text.clone())));
            }
        }
    }
}

async fn transact(
    engine: &Engine,
    tenant: TenantId,
    starts: &[Starting],
    ends: &[Ended],
) -> Result<(Vec<crate::domain::ids::StepId>, Vec<Ready>), EngineError> {
    let held = engine.tenant(tenant)?;
    let mut unit = Unit::begin(&engine.store, held, engine.clock.now(), "system").await?;
    let started = if starts.is_empty() { Vec::new() } else { engine.start(&mut unit, starts).await? };
    let ready = if ends.is_empty() { Vec::new() } else { engine.settle(&mut unit, ends).await? };
    unit.commit().await?;
    Ok((started, ready))
}
