//! The three kinds of queue behind one set of verbs.

use super::desk::Desk;
use super::memory::MemoryQueue;
use super::message::Message;
use super::redis::RedisQueue;
use super::sqlite::SqliteQueue;
use super::tick::Tick;
use apalis_core::error::WorkerError;
use apalis_core::worker::context::WorkerContext;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// What one worker is made of.
#[derive(Debug)]
pub(super) struct Worker {
    /// Its name and its handle to be stopped by.
    pub(super) context: WorkerContext,
    pub(super) queue: String,
    pub(super) size: usize,
    pub(super) heartbeat: Duration,
    pub(super) missed_heartbeats: usize,
    pub(super) tick: Tick,
    pub(super) desk: Desk,
}

/// A worker at work. Ends with an error when it loses its queue, and well when it was stopped and all it had is done.
pub(super) type Working = BoxFuture<'static, Result<(), WorkerError>>;

/// A queue that outlives the process. Errors are sentences for the log.
#[derive(Clone, Debug)]
pub(super) enum Durable {
    Redis(RedisQueue),
    Sqlite(SqliteQueue),
}

#[derive(Clone, Debug)]
pub(super) enum Store {
    Durable(Durable),
    Memory(Arc<MemoryQueue>),
}

impl Durable {
    pub(super) fn work(&self, worker: Worker) -> Working {
        match self {
            Self::Redis(redis) => redis.work(worker),
            Self::Sqlite(sqlite) => sqlite.work(worker),
        }
    }

    /// Appends messages, at most a slice.
    pub(super) async fn push(&self, queue: &str, messages: Vec<Message>) -> Result<(), String> {
        match self {
            Self::Redis(redis) => redis.push(queue, messages).await,
            Self::Sqlite(sqlite) => sqlite.push(queue, messages).await,
        }
    }

    /// How many messages wait or are being worked on.
    pub(super) async fn unfinished(&self, queue: &str) -> Result<usize, String> {
        match self {
            Self::Redis(redis) => redis.unfinished(queue).await,
            Self::Sqlite(sqlite) => sqlite.unfinished(queue).await,
        }
    }

    /// Removes finished messages and traces of dead workers; apalis keeps both for ever.
    pub(super) async fn tidy(&self, queue: &str, worker: &str, keep: Duration) -> Result<(), String> {
        match self {
            Self::Redis(redis) => redis.tidy(queue, worker, keep).await,
            Self::Sqlite(sqlite) => sqlite.tidy(queue, keep).await,
        }
    }

    /// Forgets a worker that ended well.
    pub(super) async fn retire(&self, queue: &str, worker: &str) -> Result<(), String> {
        match self {
            Self::Redis(redis) => redis.retire(queue, worker).await,
            Self::Sqlite(sqlite) => sqlite.retire(queue, worker).await,
        }
    }

    /// What it is, or why it does not answer.
    pub(super) async fn describe(&self) -> Result<String, String> {
        match self {
            Self::Redis(redis) => redis.describe().await,
            Self::Sqlite(sqlite) => sqlite.describe().await,
        }
    }
}
