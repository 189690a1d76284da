//! The processes that work on a shared ledger: each holds an advisory lock on a connection of its own for its life.
//!
//! Whoever can take a process's lock has proved it dead, and may write so. Only PostgreSQL has such locks; an embedded
//! ledger serves one process, which its file lock proves ([`Store::take_for_engine`]). Rows of processes that are not
//! registered here (commands, rehearsals) don't exist: their leases end by time alone.

use super::bind::postgres_query;
use super::db::{Pools, Row, Store, Tx, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::time::Timestamp;
use sqlx::{Connection, PgConnection};
use std::collections::BTreeSet;

static REGISTER: Statement = Statement::new("process register", "INSERT INTO process (id, lock_key, started_at) VALUES ($1, $2, $3)");
static STANDING: Statement = Statement::new("process standing", "SELECT id FROM process WHERE id = $1 AND ended_at IS NULL");
static OTHERS: Statement =
    Statement::new("process others", "SELECT id, lock_key FROM process WHERE ended_at IS NULL AND id <> $1 ORDER BY id");
static END: Statement = Statement::new("process end", "UPDATE process SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL");
static FORGET: Statement = Statement::new("process forget", "DELETE FROM process WHERE ended_at < $1");

pub(super) const STATEMENTS: &[&Statement] = &[&REGISTER, &STANDING, &OTHERS, &END, &FORGET];

// PostgreSQL alone knows these words.
static TAKE: Statement =
    Statement::new("process lock", "SELECT CAST(CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END AS BIGINT) AS taken");
/// Shared, so that two who look at once don't take each other for the process; until the transaction ends, so that the
/// process can't take its lock back before what was found is written.
static PROBE: Statement =
    Statement::new("process probe", "SELECT CAST(CASE WHEN pg_try_advisory_xact_lock_shared($1) THEN 1 ELSE 0 END AS BIGINT) AS free");
static PULSE: Statement = Statement::new(
    "process pulse",
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS time, CAST(pg_backend_pid() AS BIGINT) AS session,
        CAST(EXTRACT(EPOCH FROM clock_timestamp() - pg_postmaster_start_time()) * 1000 AS BIGINT) AS up",
);
/// A machine that lost its power says nothing: PostgreSQL itself must notice, and by default takes two hours.
static KEEPALIVE: Statement = Statement::new(
    "process keepalive",
    "SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '3', false),
        set_config('tcp_keepalives_count', '3', false)",
);

/// A process's own connection, which holds its lock.
#[derive(Debug)]
pub struct Line {
    connection: PgConnection,
}

/// What the database says when it is asked on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Its clock.
    pub time: Timestamp,
    /// The database session that answers; the lock belongs to it.
    pub session: i64,
    /// How long the database has been running, in milliseconds.
    pub up_ms: i64,
}

/// What a look at the other processes found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absent {
    /// Nobody holds their locks.
    pub absent: BTreeSet<String>,
    /// Those of them that are now written down as dead.
    pub buried: Vec<String>,
}

impl Store {
    /// A new connection for this process's lock; `None` on an embedded ledger.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn line(&self) -> Result<Option<Line>, StoreError> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(None) };
        let connected = PgConnection::connect_with(pool.connect_options().as_ref()).await;
        let connection = connected.map_err(|fault| StoreError::Database { statement: "connect", fault })?;
        let mut line = Line { connection };
        line.row(&KEEPALIVE, &[]).await?;
        Ok(Some(line))
    }

    /// Looks who holds no lock; those of them that are `suspected` already are written down as dead.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bury(&self, own: &str, suspected: &BTreeSet<String>, now: Timestamp) -> Result<Absent, StoreError> {
        let mut found = Absent::default();
        let others = self.rows(&OTHERS, &[Value::Text(own)]).await?;
        if others.is_empty() {
            return Ok(found);
        }
        let mut tx = self.begin().await?;
        for other in others {
            let (id, key) = (other.text("id")?, other.int("lock_key")?);
            if !is_free(&mut tx, key).await? {
                continue;
            }
            if suspected.contains(&id) && tx.run(&END, &[Value::Text(&id), Value::Int(now.0)]).await? > 0 {
                found.buried.push(id.clone());
            }
            found.absent.insert(id);
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Writes down that this process holds nothing any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_off(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&END, &[Value::Text(id), Value::Int(now.0)]).await?;
        tx.commit().await
    }

    /// Forgets processes that ended before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_processes(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&FORGET, &[Value::Int(before.0)]).await?;
        tx.commit().await
    }
}

async fn is_free(tx: &mut Tx, key: i64) -> Result<bool, StoreError> {
    tx.rows(&PROBE, &[Value::Int(key)]).await?.first().map_or(Ok(false), |row| Ok(row.int("free")? != 0))
}

impl Line {
    async fn row(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Option<Row>, StoreError> {
        let row = postgres_query(statement, values).fetch_optional(&mut self.connection).await;
        Ok(row.map_err(|fault| StoreError::Database { statement: statement.name, fault })?.map(Row::Postgres))
    }

    /// Takes the lock for as long as this connection lives. `false` when another session has it.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn take(&mut self, key: i64) -> Result<bool, StoreError> {
        self.row(&TAKE, &[Value::Int(key)]).await?.map_or(Ok(false), |row| Ok(row.int("taken")? != 0))
    }

    /// Writes the process down. Its lock must be held: a row without a lock is a dead process.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn register(&mut self, id: &str, key: i64, now: Timestamp) -> Result<(), StoreError> {
        self.row(&REGISTER, &[Value::Text(id), Value::Int(key), Value::Int(now.0)]).await.map(drop)
    }

    /// Whether the process is registered and nobody wrote it down as dead.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn stands(&mut self, id: &str) -> Result<bool, StoreError> {
        Ok(self.row(&STANDING, &[Value::Text(id)]).await?.is_some())
    }

    /// Asks the database for a sign of life, and what time it is there.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn pulse(&mut self) -> Result<Pulse, StoreError> {
        let row = self.row(&PULSE, &[]).await?;
        let row = row.ok_or(StoreError::Conflict { what: "process pulse", expected: 1, found: 0 })?;
        Ok(Pulse { time: Timestamp(row.int("time")?), session: row.int("session")?, up_ms: row.int("up")? })
    }

    /// Gives the lock up.
    pub async fn close(self) {
        // The session ends with the connection, however that ends.
        let _ = self.connection.close().await;
    }
}
