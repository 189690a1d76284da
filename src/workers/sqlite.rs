//! The queue in a file of its own, by `apalis-sqlite`. The file may be deleted whenever the process is stopped.
//!
//! apalis' own `setup` is never called: it switches `synchronous` off on one connection of the pool.

use super::desk::handle;
use super::message::{Message, MessageCodec};
use super::settings::QueueError;
use super::store::{Worker, Working};
use apalis::prelude::{BackendExt, TaskSink, WorkerBuilder, WorkerBuilderExt};
use apalis_sqlite::{Config, SqliteStorage};
use futures::FutureExt;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::time::Duration;

const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// There are about a dozen migrations, and each may be lost once to another process.
const OPEN_TRIES: usize = 20;
const OPEN_PAUSE: Duration = Duration::from_millis(50);
/// Rows that one statement deletes, so that workers do not wait for it.
const PORTION: i64 = 1_000;

const UNFINISHED: &str = "SELECT count(*) FROM Jobs WHERE job_type = ?1 AND status IN ('Pending', 'Queued', 'Running')";
const REMOVE_FINISHED: &str = "DELETE FROM Jobs WHERE rowid IN (
    SELECT rowid FROM Jobs WHERE job_type = ?1 AND status IN ('Done', 'Failed', 'Killed') LIMIT ?2)";
/// Compares with the newest sign of life instead of the clock: while nobody works, nobody is dead.
const REMOVE_DEAD_WORKERS: &str = "DELETE FROM Workers WHERE worker_type = ?1
    AND last_seen < (SELECT max(last_seen) FROM Workers WHERE worker_type = ?1) - ?2
    AND NOT EXISTS (SELECT 1 FROM Jobs WHERE Jobs.lock_by = Workers.id)";
const REMOVE_WORKER: &str = "DELETE FROM Workers WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM Jobs WHERE Jobs.lock_by = Workers.id)";

/// Opens the file and brings it up to date.
async fn prepare(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT);
    // One connection: writers then queue in this process, in order, instead of sleeping on the file's lock. It is kept for
    // ever, so that a file deleted under us goes on existing until the process ends.
    let pool =
        SqlitePoolOptions::new().max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None).connect_with(options).await?;
    SqliteStorage::migrations().run(&pool).await?;
    Ok(pool)
}

#[derive(Clone, Debug)]
pub(super) struct SqliteQueue {
    pool: SqlitePool,
    path: PathBuf,
}

impl SqliteQueue {
    /// Two processes that open a new file at once hinder each other: the switch to the write-ahead log does not wait, and
    /// migrations take no lock. The loser is rolled back, finds the winner's work at the next try and goes on from there.
    pub(super) async fn open(path: &Path) -> Result<Self, QueueError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let refused =
                |error: std::io::Error| QueueError::Sqlite { path: path.to_owned(), reason: format!("making its folder: {error}") };
            std::fs::create_dir_all(folder).map_err(refused)?;
        }
        let mut tries = 1;
        loop {
            match prepare(path).await {
                Ok(pool) => return Ok(Self { pool, path: path.to_owned() }),
                Err(error) if tries == OPEN_TRIES => {
                    return Err(QueueError::Sqlite { path: path.to_owned(), reason: error.to_string() });
                }
                Err(error) => tracing::debug!(%error, tries, "the queue file does not open; trying again"),
            }
            tries += 1;
            tokio::time::sleep(OPEN_PAUSE).await;
        }
    }

    pub(super) fn work(&self, worker: Worker) -> Working {
        // One message at a time: with a larger batch neither acknowledgements nor heartbeats leave until the batch is done.
        // Locks would only be bookkeeping: the fetch has put the worker's name into the row already.
        let config = Config::default()
            .queue(&worker.queue)
            .batch_size(1)
            .lock_tasks(false)
            .heartbeat_interval(worker.heartbeat)
            .missed_heartbeats(worker.missed_heartbeats);
        let storage = SqliteStorage::<Message>::new(&self.pool).with_config(config);
        WorkerBuilder::new(&worker.context)
            .backend(storage.with_codec(MessageCodec).poll_with_strategy(worker.tick))
            .data(worker.desk)
            .concurrency(worker.size)
            .build(handle)
            .run()
            .boxed()
    }

    pub(super) async fn push(&self, queue: &str, messages: Vec<Message>) -> Result<(), String> {
        let storage = SqliteStorage::<Message>::new(&self.pool).with_config(Config::default().queue(queue));
        storage.with_codec(MessageCodec).push_bulk(messages).await.map_err(|error| error.to_string())
    }

    pub(super) async fn unfinished(&self, queue: &str) -> Result<usize, String> {
        let count: Result<i64, sqlx::Error> = sqlx::query_scalar(UNFINISHED).bind(queue).fetch_one(&self.pool).await;
        count.map(|count| usize::try_from(count).unwrap_or(0)).map_err(|error| error.to_string())
    }

    pub(super) async fn tidy(&self, queue: &str, keep: Duration) -> Result<(), String> {
        let tidied = async {
            loop {
                let removed = sqlx::query(REMOVE_FINISHED).bind(queue).bind(PORTION).execute(&self.pool).await?.rows_affected();
                if i64::try_from(removed).unwrap_or(PORTION) < PORTION {
                    break;
                }
            }
            let seconds = i64::try_from(keep.as_secs()).unwrap_or(i64::MAX);
            sqlx::query(REMOVE_DEAD_WORKERS).bind(queue).bind(seconds).execute(&self.pool).await
        };
        tidied.await.map(|_| ()).map_err(|error: sqlx::Error| error.to_string())
    }

    pub(super) async fn retire(&self, queue: &str, worker: &str) -> Result<(), String> {
        self.tidy(queue, Duration::MAX).await?;
        sqlx::query(REMOVE_WORKER).bind(worker).execute(&self.pool).await.map(|_| ()).map_err(|error| error.to_string())
    }

    pub(super) async fn describe(&self) -> Result<String, String> {
        let version: Result<String, sqlx::Error> = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&self.pool).await;
        let version = version.map_err(|error| format!("queue file {}: {error}", self.path.display()))?;
        Ok(format!("sqlite {version} in {}", self.path.display()))
    }
}
