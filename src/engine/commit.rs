//! The group commit: workers hand over what they start and what they ended, and wait for their own commit.
//!
//! The writer takes whatever waits, without a timer: load makes the batch.

use super::Engine;
use super::clock::Stopwatch;
use super::error::EngineError;
use super::issue::Ready;
use super::settle::Ended;
use super::start::{Begun, Task};
use super::unit::Unit;
use crate::domain::ids::{StepId, TenantId};
use crate::store::StoreError;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The most that one transaction takes on.
const BATCH: usize = 1000;

/// An answer to a worker, and steps to be rung by it.
type Answer<T> = Result<(T, Vec<Ready>), EngineError>;

/// What a worker hands over.
enum Write {
    Start(Arc<Task>, oneshot::Sender<Answer<Begun>>),
    End(Ended, oneshot::Sender<Answer<()>>),
    /// Started, and certainly not begun.
    Back(Arc<Task>, oneshot::Sender<Answer<()>>),
}

impl Write {
    fn tenant(&self) -> TenantId {
        match self {
            Self::Start(task, _) | Self::Back(task, _) => task.job.tenant,
            Self::End(end, _) => end.task.job.tenant,
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

    /// Makes the intent durable; a refused task is settled with it. Only on [`Begun::Go`] may the effect happen. With steps to be rung.
    ///
    /// # Errors
    /// When the ledger fails; then the effect must not happen either.
    pub async fn starting(&self, task: Arc<Task>) -> Result<(Begun, Vec<Ready>), EngineError> {
        self.ask(|reply| Write::Start(task, reply)).await
    }

    /// Makes the outcome durable; steps whose turn comes, to be rung.
    ///
    /// # Errors
    /// When the ledger fails; the step's lease will end and the planner will see to it.
    pub async fn ended(&self, end: Ended) -> Result<Vec<Ready>, EngineError> {
        self.ask(|reply| Write::End(end, reply)).await.map(|((), ready)| ready)
    }

    /// Queues a started step again that has certainly not begun; steps to be rung.
    ///
    /// # Errors
    /// When the ledger fails; the step's lease will end and the planner will see to it.
    pub async fn put_back(&self, task: Arc<Task>) -> Result<Vec<Ready>, EngineError> {
        self.ask(|reply| Write::Back(task, reply)).await.map(|((), ready)| ready)
    }

    async fn ask<T>(&self, write: impl FnOnce(oneshot::Sender<Answer<T>>) -> Write) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        self.0.send(write(reply)).await.map_err(|_| EngineError::WriterGone)?;
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
    let (mut group, mut start_replies, mut end_replies) = (Group::default(), Vec::new(), Vec::new());
    for write in writes {
        match write {
            Write::Start(task, reply) => {
                group.starts.push(task);
                start_replies.push(reply);
            }
            Write::End(end, reply) => {
                group.ends.push(end);
                end_replies.push(reply);
            }
            Write::Back(task, reply) => {
                group.backs.push((task.job.step, task.job.epoch));
                end_replies.push(reply);
            }
        }
    }
    let watch = Stopwatch::start();
    match transact(engine, tenant, &group).await {
        Ok((begun, ready)) => {
            engine.metrics.commit.took(watch.elapsed());
            engine.metrics.commit_writes.observe(u64::try_from(start_replies.len() + end_replies.len()).unwrap_or(0));
            // The steps whose turn comes are rung once, by the first who is told.
            let mut ready = Some(ready);
            for (begun, reply) in begun.into_iter().zip(start_replies) {
                let _ = reply.send(Ok((begun, ready.take().unwrap_or_default())));
            }
            for reply in end_replies {
                let _ = reply.send(Ok(((), ready.take().unwrap_or_default())));
            }
        }
        Err(error) => {
            tracing::error!(%error, "a group commit failed");
            engine.metrics.commit_failures.add(1);
            let (message, passing) = (error.to_string(), error.is_passing());
            let failure = || EngineError::Batch { message: message.clone(), passing };
            for reply in start_replies {
                let _ = reply.send(Err(failure()));
            }
            for reply in end_replies {
                let _ = reply.send(Err(failure()));
            }
        }
    }
}

/// What one transaction writes.
#[derive(Default)]
struct Group {
    starts: Vec<Arc<Task>>,
    ends: Vec<Ended>,
    /// Steps under the epochs that they were started with.
    backs: Vec<(StepId, i64)>,
}

/// What is at hand may be older than the ledger after all: then everything is read again, once.
async fn transact(engine: &Engine, tenant: TenantId, group: &Group) -> Result<(Vec<Begun>, Vec<Ready>), EngineError> {
    match attempt(engine, tenant, group, false).await {
        Err(EngineError::Store(StoreError::Conflict { what, .. })) => {
            tracing::debug!(what, "a snapshot was older than the ledger; it is read again");
            attempt(engine, tenant, group, true).await
        }
        other => other,
    }
}

async fn attempt(engine: &Engine, tenant: TenantId, group: &Group, reread: bool) -> Result<(Vec<Begun>, Vec<Ready>), EngineError> {
    let Group { starts, ends, backs } = group;
    let held = engine.tenant(tenant)?;
    let mut unit = Unit::begin(&engine.store, held, engine.clock.now(), "system").await?;
    let (begun, mut ready) = engine.start(&mut unit, starts).await?;
    let now = unit.now;
    let refused: Vec<_> = starts
        .iter()
        .zip(&begun)
        .filter(|(_, begun)| **begun == Begun::Go)
        .filter_map(|(task, _)| Some(Ended { task: task.clone(), outcome: task.refusal.clone()?, at: now }))
        .collect();
    for ended in [&refused[..], ends].into_iter().filter(|ended| !ended.is_empty()) {
        ready.extend(engine.settle(&mut unit, ended, reread).await?);
    }
    unit.tx.put_back(backs, now).await?;
    unit.commit_keeping_cases().await?;
    Ok((begun, ready))
}
