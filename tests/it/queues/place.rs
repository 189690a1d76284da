//! A queue to test on, a performer that remembers, and waiting with a name and a limit.

use crate::support::redis::RedisServer;
use futures::FutureExt;
use futures::future::BoxFuture;
use mahnwerk::domain::ids::{StepId, TenantId};
use mahnwerk::domain::pool::{Chunk, Pool};
use mahnwerk::engine::ports::Performer;
use mahnwerk::workers::{PoolSizes, QueueSettings, Queues};
use sqlx::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;

pub(crate) const NAMESPACE: &str = "test";
pub(crate) const SEND: PoolSizes = PoolSizes { print: 0, send: 2, post: 0 };

/// A private queue of one kind.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) redis: Option<RedisServer>,
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) async fn redis() -> Self {
        Self { redis: Some(RedisServer::start().await), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn sqlite() -> Self {
        Self { redis: None, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn url(&self) -> String {
        match &self.redis {
            Some(server) => server.url(),
            None => format!("sqlite:{}", self.file("queue.db").display()),
        }
    }

    /// Quick to look and quick to believe a worker dead.
    pub(crate) fn settings(&self) -> QueueSettings {
        settings(&self.url())
    }

    pub(crate) async fn open(&self) -> Queues {
        Queues::open(&self.settings()).await.expect("the queue opens")
    }

    /// A connection to the queue's file past the code under test.
    pub(crate) async fn sql(&self) -> sqlx::SqliteConnection {
        sqlx::SqliteConnection::connect(&self.url()).await.expect("the queue file opens")
    }

    /// How many things of messages the queue still keeps.
    pub(crate) async fn leftovers(&self) -> usize {
        match &self.redis {
            Some(server) => {
                let keys: Vec<String> = redis::cmd("KEYS").arg("test:send:*").query_async(&mut server.connect().await).await.unwrap();
                keys.iter().filter(|key| !key.contains(":workers")).count()
            }
            None => {
                let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM Jobs").fetch_one(&mut self.sql().await).await.unwrap();
                usize::try_from(rows).unwrap()
            }
        }
    }

    /// The names under which workers are registered.
    pub(crate) async fn workers(&self) -> Vec<String> {
        match &self.redis {
            Some(server) => {
                redis::cmd("ZRANGE").arg("test:send:workers").arg(0).arg(-1).query_async(&mut server.connect().await).await.unwrap()
            }
            None => sqlx::query_scalar("SELECT id FROM Workers ORDER BY id").fetch_all(&mut self.sql().await).await.unwrap(),
        }
    }
}

pub(crate) fn settings(url: &str) -> QueueSettings {
    QueueSettings {
        url: url.to_owned(),
        namespace: NAMESPACE.to_owned(),
        tag: "it".to_owned(),
        poll: Duration::from_millis(100),
        heartbeat: Duration::from_secs(1),
        missed_heartbeats: 2,
    }
}

pub(crate) fn chunk(pool: Pool, step: i64) -> Chunk {
    Chunk { tenant: TenantId(1), pool, steps: vec![(StepId(step), 0)] }
}

pub(crate) fn chunks(steps: std::ops::Range<i64>) -> Vec<Chunk> {
    steps.map(|step| chunk(Pool::Send, step)).collect()
}

/// Remembers what it began and what it ended; lets chunks wait while its gate is shut.
#[derive(Debug)]
pub(crate) struct Recorder {
    begun: Mutex<Vec<i64>>,
    ended: Mutex<Vec<i64>>,
    gate: watch::Sender<bool>,
}

impl Recorder {
    pub(crate) fn open() -> Arc<Self> {
        Arc::new(Self { begun: Mutex::default(), ended: Mutex::default(), gate: watch::Sender::new(true) })
    }

    pub(crate) fn shut() -> Arc<Self> {
        Arc::new(Self { begun: Mutex::default(), ended: Mutex::default(), gate: watch::Sender::new(false) })
    }

    pub(crate) fn open_gate(&self) {
        self.gate.send_replace(true);
    }

    pub(crate) fn begun(&self) -> Vec<i64> {
        self.begun.lock().unwrap().clone()
    }

    pub(crate) fn ended(&self) -> Vec<i64> {
        self.ended.lock().unwrap().clone()
    }
}

impl Performer for Recorder {
    fn perform(&self, chunk: Chunk) -> BoxFuture<'_, ()> {
        async move {
            let step = chunk.steps[0].0.0;
            self.begun.lock().unwrap().push(step);
            let mut gate = self.gate.subscribe();
            gate.wait_for(|open| *open).await.unwrap();
            assert!(step >= 0, "negative steps panic");
            self.ended.lock().unwrap().push(step);
        }
        .boxed()
    }
}

/// Waits until it holds; `what` and the limit stand in the failure.
pub(crate) async fn eventually(what: &str, within: Duration, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) const SOON: Duration = Duration::from_secs(2);
pub(crate) const IN_TIME: Duration = Duration::from_secs(15);
