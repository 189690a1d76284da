//! The two databases behind one small interface: run a statement, read rows by column name.

use super::batch::Batch;
use super::bind::{postgres_batch, postgres_query, sqlite_block, sqlite_query};
use super::changes::Changes;
use super::durable::{Committed, Log};
use super::error::StoreError;
use super::mark::Marks;
use super::open;
use super::probe::{Call, Probe};
pub use super::row::Row;
use super::statement::{Dialect, Statement};
use super::tenant::Heads;
use futures::future::BoxFuture;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{Executor, Postgres, Sqlite, Transaction};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// The number of the newest migration that this program has for `dialect`.
pub(super) fn newest_migration(dialect: Dialect) -> i64 {
    let migrator = if dialect == Dialect::Sqlite { &SQLITE_MIGRATIONS } else { &POSTGRES_MIGRATIONS };
    migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The ledger's database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) pools: Pools,
    /// Held by the one process that runs the engine on an embedded ledger.
    lock: Option<Arc<File>>,
    pub(super) heads: Heads,
    pub(super) changes: Changes,
    probe: Watch,
    marks: Arc<Marks>,
}

/// The probe that watches, if there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Option<Arc<dyn Probe>>);

impl Watch {
    fn before(&self, call: Call) -> Result<(), sqlx::Error> {
        self.0.as_ref().map_or(Ok(()), |probe| probe.before(call))
    }

    pub(super) fn after(&self, call: Call) -> Result<(), sqlx::Error> {
        self.0.as_ref().map_or(Ok(()), |probe| probe.after(call))
    }
}

#[derive(Clone, Debug)]
pub(super) enum Pools {
    /// One connection writes, the others read. Without a log nothing waits for the disk.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
        path: PathBuf,
        log: Option<Log>,
    },
    Postgres(PgPool),
}

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    Int(i64),
    OptInt(Option<i64>),
    Text(&'a str),
    OptText(Option<&'a str>),
    Blob(&'a [u8]),
    OptBlob(Option<&'a [u8]>),
}

/// What rows are read through: a transaction, or the ledger as it is.
pub(super) trait Reads {
    fn read(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;
}

impl Reads for Tx {
    async fn read(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.rows(statement, values).await
    }
}

impl Reads for &Store {
    async fn read(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.rows(statement, values).await
    }
}

/// A write transaction. Dropped without `commit` it is rolled back.
#[derive(Debug)]
pub struct Tx {
    open: Open,
    log: Option<Log>,
    probe: Watch,
}

#[derive(Debug)]
enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Store {
    /// Opens `sqlite:PATH` (made if missing) or `postgres://…`.
    ///
    /// # Errors
    /// [`StoreError::Url`] when it can't be read as either; otherwise what the database said.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, 8, Duration::from_secs(30)).await
    }

    /// Opens it with so many connections, which wait so long for each other.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(url: &str, connections: u32, timeout: Duration) -> Result<Self, StoreError> {
        let pools = match url.split_once(':') {
            Some(("sqlite", path)) => open::open_sqlite(url, path, connections, timeout).await?,
            Some(("postgres" | "postgresql", _)) => open::open_postgres(url, connections, timeout).await?,
            _ => return Err(StoreError::Url { url: url.to_owned(), why: "write sqlite:PATH or postgres://…".to_owned() }),
        };
        Ok(Self::over(pools))
    }

    /// Opens a ledger that need not outlive the process: nothing waits for the disk.
    ///
    /// # Errors
    /// When the file can't be made.
    pub async fn open_temporary(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::over(open::open_temporary(path).await?))
    }

    fn over(pools: Pools) -> Self {
        Self { pools, lock: None, heads: Heads::default(), changes: Changes::default(), probe: Watch::default(), marks: Arc::default() }
    }

    /// Lets a probe watch the calls of this store and its clones.
    #[must_use]
    pub fn watched(mut self, probe: Arc<dyn Probe>) -> Self {
        self.probe = Watch(Some(probe));
        self
    }

    /// How far this process has seen each tenant's chain.
    #[must_use]
    pub fn marks(&self) -> Arc<Marks> {
        self.marks.clone()
    }

    /// The file of an embedded ledger.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        if let Pools::Sqlite { path, .. } = &self.pools { Some(path) } else { None }
    }

    pub(super) fn log(&self) -> Option<&Log> {
        if let Pools::Sqlite { log, .. } = &self.pools { log.as_ref() } else { None }
    }

    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Takes the embedded ledger for this process until it ends. Its lock proves that no older process is alive.
    /// Does nothing on PostgreSQL, where any number of processes may work.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it.
    pub fn take_for_engine(mut self) -> Result<Self, StoreError> {
        let Pools::Sqlite { path, .. } = &self.pools else { return Ok(self) };
        let file = lock(path)?;
        self.lock = Some(Arc::new(file));
        Ok(self)
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When a migration fails or the ledger is newer than this program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.pools {
            Pools::Sqlite { write, .. } => SQLITE_MIGRATIONS.run(write).await?,
            Pools::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await?,
        }
        Ok(())
    }

    /// Starts a write transaction; on SQLite it is immediate.
    ///
    /// # Errors
    /// When the database can't be reached or stays busy.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let unreachable = |fault| StoreError::Database { statement: "BEGIN", fault };
        self.probe.before(Call::Begin).map_err(unreachable)?;
        let log = self.log().cloned();
        log.as_ref().map_or(Ok(()), Log::is_sound).map_err(unreachable)?;
        let open = match &self.pools {
            Pools::Sqlite { write, .. } => write.begin_with("BEGIN IMMEDIATE").await.map(Open::Sqlite),
            Pools::Postgres(pool) => pool.begin().await.map(Open::Postgres),
        }
        .map_err(unreachable)?;
        self.probe.after(Call::Begin).map_err(unreachable)?;
        Ok(Tx { open, log, probe: self.probe.clone() })
    }

    /// Reads rows outside a transaction.
    ///
    /// # Errors
    /// What the database said, with the statement's name.
    pub async fn rows(&self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let failed = |fault| StoreError::Database { statement: statement.name, fault };
        self.probe.before(Call::Read(statement.name)).map_err(failed)?;
        let rows = match &self.pools {
            Pools::Sqlite { read, .. } => {
                sqlite_query(statement, values).fetch_all(read).await.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Pools::Postgres(pool) => {
                postgres_query(statement, values).fetch_all(pool).await.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(failed)?;
        self.probe.after(Call::Read(statement.name)).map_err(failed)?;
        Ok(rows)
    }

    /// Prepares a statement without running it: unknown tables and columns show.
    ///
    /// # Errors
    /// What the database said.
    pub fn prepare<'a>(&'a self, statement: &'static Statement) -> BoxFuture<'a, Result<(), StoreError>> {
        use sqlx::SqlSafeStr;
        Box::pin(async move {
            let sql = statement.sql(self.dialect()).into_sql_str();
            match &self.pools {
                Pools::Sqlite { read, .. } => read.prepare(sql).await.map(drop),
                Pools::Postgres(pool) => pool.prepare(sql).await.map(drop),
            }
            .map_err(|fault| StoreError::Database { statement: statement.name, fault })
        })
    }

    /// Closes the connections; the lock goes when the last clone is dropped.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { write, read, log, .. } => {
                if let Some(log) = log {
                    log.close().await;
                }
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Takes the lock of an embedded ledger, whether or not its file is there. It holds until it is dropped.
///
/// # Errors
/// [`StoreError::InUse`] when another process has it.
pub fn lock(path: &Path) -> Result<File, StoreError> {
    let lock_path = path.with_extension("lock");
    let fault = |fault| StoreError::Lock { path: lock_path.display().to_string(), fault };
    let file = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.display().to_string() }),
        Err(std::fs::TryLockError::Error(error)) => Err(fault(error)),
    }
}

/// A URL without its password.
#[must_use]
pub fn redact(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 < at => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            format!("{}{user}:***{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}

impl Tx {
    pub(super) fn dialect(&self) -> Dialect {
        match self.open {
            Open::Sqlite(_) => Dialect::Sqlite,
            Open::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement; the number of rows that it changed.
    ///
    /// # Errors
    /// What the database said, with the statement's name.
    pub async fn run(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let failed = |fault| StoreError::Database { statement: statement.name, fault };
        self.probe.before(Call::Inside(statement.name)).map_err(failed)?;
        let changed = match &mut self.open {
            Open::Sqlite(tx) => sqlite_query(statement, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
            Open::Postgres(tx) => postgres_query(statement, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
        }
        .map_err(failed)?;
        self.probe.after(Call::Inside(statement.name)).map_err(failed)?;
        Ok(changed)
    }

    /// Reads rows inside the transaction.
    ///
    /// # Errors
    /// What the database said, with the statement's name.
    pub async fn rows(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let failed = |fault| StoreError::Database { statement: statement.name, fault };
        self.probe.before(Call::Inside(statement.name)).map_err(failed)?;
        let rows = match &mut self.open {
            Open::Sqlite(tx) => {
                sqlite_query(statement, values).fetch_all(&mut **tx).await.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Open::Postgres(tx) => {
                postgres_query(statement, values).fetch_all(&mut **tx).await.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(failed)?;
        self.probe.after(Call::Inside(statement.name)).map_err(failed)?;
        Ok(rows)
    }

    /// Runs a `{batch}` statement; the number of rows that it changed. `values` are its parameters from `$2` on.
    ///
    /// # Errors
    /// What the database said, with the statement's name.
    pub(super) async fn run_batch(
        &mut self,
        statement: &'static Statement,
        batch: &Batch<'_>,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        if batch.is_empty() {
            return Ok(0);
        }
        let failed = |fault| StoreError::Database { statement: statement.name, fault };
        self.probe.before(Call::Inside(statement.name)).map_err(failed)?;
        let mut changed = 0;
        match &mut self.open {
            Open::Sqlite(tx) => {
                // The next block is bound while SQLite's own thread works on this one.
                let mut blocks = batch.blocks(statement).into_iter().map(|(sql, cells)| sqlite_block(sql, cells, batch.width(), values));
                let mut next = blocks.next();
                while let Some(block) = next {
                    let (done, following) = futures::join!(block.map_err(failed)?.execute(&mut **tx), async { blocks.next() });
                    changed += done.map_err(failed)?.rows_affected();
                    next = following;
                }
            }
            Open::Postgres(tx) => {
                changed = postgres_batch(statement, batch, values).execute(&mut **tx).await.map_err(failed)?.rows_affected();
            }
        }
        self.probe.after(Call::Inside(statement.name)).map_err(failed)?;
        Ok(changed)
    }

    /// Runs a `{batch}` statement that answers with rows, in no order.
    ///
    /// # Errors
    /// What the database said, with the statement's name.
    pub(super) async fn rows_batch(
        &mut self,
        statement: &'static Statement,
        batch: &Batch<'_>,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        if batch.is_empty() {
            return Ok(rows);
        }
        let failed = |fault| StoreError::Database { statement: statement.name, fault };
        self.probe.before(Call::Inside(statement.name)).map_err(failed)?;
        match &mut self.open {
            Open::Sqlite(tx) => {
                let mut blocks = batch.blocks(statement).into_iter().map(|(sql, cells)| sqlite_block(sql, cells, batch.width(), values));
                let mut next = blocks.next();
                while let Some(block) = next {
                    let (found, following) = futures::join!(block.map_err(failed)?.fetch_all(&mut **tx), async { blocks.next() });
                    rows.extend(found.map_err(failed)?.into_iter().map(Row::Sqlite));
                    next = following;
                }
            }
            Open::Postgres(tx) => {
                let found = postgres_batch(statement, batch, values).fetch_all(&mut **tx).await.map_err(failed)?;
                rows.extend(found.into_iter().map(Row::Postgres));
            }
        }
        self.probe.after(Call::Inside(statement.name)).map_err(failed)?;
        Ok(rows)
    }

    /// Commits and waits until it is durable.
    ///
    /// # Errors
    /// When the database could not make it durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.commit_apart().await?.durable().await
    }

    /// Commits, and leaves it to the caller to wait until it is durable: others may write meanwhile.
    ///
    /// # Errors
    /// What the database said; then nothing of the transaction stands.
    pub(super) async fn commit_apart(self) -> Result<Committed, StoreError> {
        let failed = |fault| StoreError::Database { statement: "COMMIT", fault };
        let Self { open, log, probe } = self;
        probe.before(Call::Commit).map_err(failed)?;
        match open {
            Open::Sqlite(tx) => tx.commit().await,
            Open::Postgres(tx) => tx.commit().await,
        }
        .map_err(failed)?;
        Ok(Committed::new(log.as_ref(), probe))
    }
}
