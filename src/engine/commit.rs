//! The group commit: workers hand over what they start and what they ended, and wait for their own commit.
//!
//! The writer takes whatever waits, without a timer: load makes the batch. While one group is brought to the disk it writes the next,
//! if that is worth a transaction of its own.

use super::Engine;
use super::clock::Stopwatch;
use super::error::EngineError;
use super::issue::Ready;
use super::ports::Outcome;
use super::settle::Ended;
use super::start::{Begun, Task};
use super::unit::Unit;
use crate::domain::ids::TenantId;
use crate::store::StoreError;
use crate::store::durable::Committed;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The most that one transaction takes on.
const BATCH: usize = 1000;
/// So few wait until the group before them is on the disk: more come meanwhile.
const FEW: usize = 128;

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
    let mut answering: Option<JoinHandle<()>> = None;
    while receiver.recv_many(&mut waiting, BATCH).await > 0 {
        if waiting.len() < FEW
            && let Some(answering) = answering.take()
        {
            let _ = answering.await;
            while let (true, Ok(write)) = (waiting.len() < BATCH, receiver.try_recv()) {
                waiting.push(write);
            }
        }
        let mut batches: BTreeMap<TenantId, Vec<Write>> = BTreeMap::new();
        for write in waiting.drain(..) {
            batches.entry(write.tenant()).or_default().push(write);
        }
        for (tenant, writes) in batches {
            answering = commit(&engine, tenant, writes).await;
        }
    }
}

/// One transaction for one tenant's writes; every caller gets its own answer, as soon as the transaction is durable. If that is not so
/// yet, whoever sees to it: the next transaction need not wait for it.
async fn commit(engine: &Arc<Engine>, tenant: TenantId, writes: Vec<Write>) -> Option<JoinHandle<()>> {
    let (group, replies) = Group::of(writes);
    let watch = Stopwatch::start();
    match transact(engine, tenant, &group).await {
        Ok((begun, ready, committed)) => {
            let engine = engine.clone();
            let is_durable = committed.is_durable();
            let answer = async move {
                match committed.durable().await {
                    Ok(()) => {
                        engine.metrics.commit.took(watch.elapsed());
                        engine.metrics.commit_writes.observe(replies.count());
                        replies.succeed(begun, ready);
                    }
                    Err(error) => replies.fail(&engine, &error.into()),
                }
            };
            if is_durable {
                answer.await;
                None
            } else {
                Some(tokio::spawn(answer))
            }
        }
        Err(error) => {
            replies.fail(engine, &error);
            None
        }
    }
}

/// Those who wait for what becomes of a group.
#[derive(Default)]
struct Replies {
    starts: Vec<oneshot::Sender<Answer<Begun>>>,
    ends: Vec<oneshot::Sender<Answer<()>>>,
}

impl Replies {
    fn count(&self) -> u64 {
        u64::try_from(self.starts.len() + self.ends.len()).unwrap_or(0)
    }

    /// The steps whose turn comes are rung once, by the first who is told.
    fn succeed(self, begun: Vec<Begun>, ready: Vec<Ready>) {
        let mut ready = Some(ready);
        for (begun, reply) in begun.into_iter().zip(self.starts) {
            let _ = reply.send(Ok((begun, ready.take().unwrap_or_default())));
        }
        for reply in self.ends {
            let _ = reply.send(Ok(((), ready.take().unwrap_or_default())));
        }
    }

    fn fail(self, engine: &Engine, error: &EngineError) {
        tracing::error!(%error, "a group commit failed");
        engine.metrics.commit_failures.add(1);
        let (message, passing) = (error.to_string(), error.is_passing());
        let failure = || EngineError::Batch { message: message.clone(), passing };
        for reply in self.starts {
            let _ = reply.send(Err(failure()));
        }
        for reply in self.ends {
            let _ = reply.send(Err(failure()));
        }
    }
}

/// What one transaction writes.
#[derive(Default)]
struct Group {
    starts: Vec<Arc<Task>>,
    ends: Vec<Ended>,
    backs: Vec<Arc<Task>>,
}

impl Group {
    fn of(writes: Vec<Write>) -> (Self, Replies) {
        let (mut group, mut replies) = (Self::default(), Replies::default());
        for write in writes {
            match write {
                Write::Start(task, reply) => {
                    group.starts.push(task);
                    replies.starts.push(reply);
                }
                Write::End(end, reply) => {
                    group.ends.push(end);
                    replies.ends.push(reply);
                }
                Write::Back(task, reply) => {
                    group.backs.push(task);
                    replies.ends.push(reply);
                }
            }
        }
        (group, replies)
    }
}

/// What became of a group's starts, steps to be rung, and the commit.
type Done = (Vec<Begun>, Vec<Ready>, Committed);

/// What is at hand may be older than the ledger after all: then everything is read again, once.
async fn transact(engine: &Engine, tenant: TenantId, group: &Group) -> Result<Done, EngineError> {
    match attempt(engine, tenant, group, false).await {
        Err(EngineError::Store(StoreError::Conflict { what, .. })) => {
            tracing::debug!(what, "a snapshot was older than the ledger; it is read again");
            attempt(engine, tenant, group, true).await
        }
        other => other,
    }
}

async fn attempt(engine: &Engine, tenant: TenantId, group: &Group, reread: bool) -> Result<Done, EngineError> {
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
    let given_up = put_back(&mut unit, backs).await?;
    if !given_up.is_empty() {
        ready.extend(engine.settle(&mut unit, &given_up, true).await?);
    }
    let committed = unit.commit_keeping_cases().await?;
    Ok((begun, ready, committed))
}

/// Queues again what has not begun. Those that were given up meanwhile, since nobody had heard of their worker: it knows better, and says so.
async fn put_back(unit: &mut Unit, backs: &[Arc<Task>]) -> Result<Vec<Ended>, EngineError> {
    let now = unit.now;
    let steps: Vec<_> = backs.iter().map(|task| (task.job.step, task.job.epoch)).collect();
    let queued = unit.tx.put_back(&steps, now).await?;
    let given_up = backs.iter().filter(|task| !queued.contains(&task.job.step));
    Ok(given_up.map(|task| Ended { task: task.clone(), outcome: Outcome::not_begun(), at: now }).collect())
}
