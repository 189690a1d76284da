//! How the two databases are opened: what each connection is told before it is used.

use super::checkpoint::Checkpoints;
use super::db::{Pools, redact};
use super::durable::Log;
use super::error::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Executor};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Pages that a reading connection keeps, as SQLite writes kibibytes. Small: there are several, each fills its own with whatever it
/// once walked through, and the system keeps the file's pages anyway.
const READ_CACHE: &str = "-4096";

/// How many pages the write-ahead log takes before the connection that writes copies into the ledger what nobody else has copied yet, and
/// starts it anew: 128 MB. After a crash so much is read again at most.
const AUTOMATIC_PAGES: &str = "32000";

/// Rows that a connection's thread reads ahead of who asked: with fewer the two wake each other up all the time.
const ROWS_AHEAD: usize = 2048;

/// An embedded ledger, made if missing.
pub(super) async fn open_sqlite(url: &str, path: &str, connections: u32, timeout: Duration) -> Result<Pools, StoreError> {
    let path = PathBuf::from(path.trim_start_matches("//"));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|why| StoreError::Url { url: url.to_owned(), why: format!("making its folder: {why}") })?;
    }
    let options = sqlite_options(&path).busy_timeout(timeout);
    let log = |options: &SqliteConnectOptions| log(&path, options).map(Some);
    connect_sqlite(path.clone(), options, connections, log).await
}

/// One that nothing waits for the disk for.
pub(super) async fn open_temporary(path: &Path) -> Result<Pools, StoreError> {
    let options = sqlite_options(path).synchronous(SqliteSynchronous::Off);
    connect_sqlite(path.to_owned(), options, 4, |_| Ok(None)).await
}

/// The log, and the connection that copies it.
fn log(path: &Path, options: &SqliteConnectOptions) -> Result<Log, sqlx::Error> {
    let options = options.clone().pragma("cache_size", READ_CACHE).pragma("wal_autocheckpoint", "0");
    let copies = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None).connect_lazy_with(options);
    Ok(Log::of(path, Checkpoints::by(copies))?)
}

async fn connect_sqlite(
    path: PathBuf,
    options: SqliteConnectOptions,
    readers: u32,
    log: impl FnOnce(&SqliteConnectOptions) -> Result<Option<Log>, sqlx::Error>,
) -> Result<Pools, StoreError> {
    let unreachable = |fault| StoreError::Database { statement: "open", fault };
    // A disk that is full ends SQLite's transaction by itself; the driver goes on believing in it, and would never begin
    // another one. Such a connection is replaced. (It is pinged before it is asked, so a rollback under way has ended.)
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options.clone())
        .await
        .map_err(unreachable)?;
    let log = log(&options).map_err(unreachable)?;
    let options = options.read_only(true).pragma("cache_size", READ_CACHE);
    let read = SqlitePoolOptions::new().max_connections(readers).connect_lazy_with(options);
    Ok(Pools::Sqlite { write, read, path, log })
}

fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Not FULL: what a commit needs beyond it happens outside of the transaction (`durable`).
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(30))
        .foreign_keys(true)
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", AUTOMATIC_PAGES)
        .statement_cache_capacity(400)
        .row_buffer_size(ROWS_AHEAD)
}

/// A process that stands still in the middle of a transaction (a stopped machine, a lost network) holds a tenant's head,
/// and everybody else waits for it: PostgreSQL cuts it off. No transaction of ours waits for anything but the database.
const STALLED: &str = "SET idle_in_transaction_session_timeout = '5s'";

/// A ledger on a server.
pub(super) async fn open_postgres(url: &str, connections: u32, timeout: Duration) -> Result<Pools, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|why| StoreError::Url { url: redact(url), why: why.to_string() })?;
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(timeout)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(STALLED).await.map(drop) }))
        .connect_with(options.application_name("mahnwerk").statement_cache_capacity(200))
        .await
        .map_err(|fault| StoreError::Database { statement: "connect", fault })?;
    Ok(Pools::Postgres(pool))
}
