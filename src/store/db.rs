//! The two databases behind one small interface: run a statement, read rows by column name.

use super::error::StoreError;
use super::mark::Marks;
use super::statement::{Dialect, Statement};
use futures::future::BoxFuture;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{Postgres, Row as _, Sqlite, Transaction};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
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
    pools: Pools,
    /// Held by the one process that runs the engine on an embedded ledger.
    lock: Option<Arc<File>>,
    marks: Arc<Marks>,
}

#[derive(Clone, Debug)]
enum Pools {
    /// One connection writes, the others read.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
        path: PathBuf,
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
}

/// A row of an answer.
#[derive(Debug)]
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A write transaction. Dropped without `commit` it is rolled back.
#[derive(Debug)]
pub enum Tx {
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
            Some(("sqlite", path)) => open_sqlite(url, path, connections, timeout).await?,
            Some(("postgres" | "postgresql", _)) => open_postgres(url, connections, timeout).await?,
            _ => return Err(StoreError::Url { url: url.to_owned(), why: "write sqlite:PATH or postgres://…".to_owned() }),
        };
        Ok(Self { pools, lock: None, marks: Arc::default() })
    }

    /// Opens a ledger that need not outlive the process: nothing waits for the disk.
    ///
    /// # Errors
    /// When the file can't be made.
    pub async fn open_temporary(path: &Path) -> Result<Self, StoreError> {
        let options = sqlite_options(path).synchronous(SqliteSynchronous::Off);
        Ok(Self { pools: connect_sqlite(path.to_owned(), options, 4).await?, lock: None, marks: Arc::default() })
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
        match &self.pools {
            Pools::Sqlite { write, .. } => write.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite),
            Pools::Postgres(pool) => pool.begin().await.map(Tx::Postgres),
        }
        .map_err(|fault| StoreError::Database { statement: "BEGIN", fault })
    }

    /// Reads rows outside a transaction.
    ///
    /// # Errors
    /// What the database said, with the statement's name.
    pub async fn rows(&self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        match &self.pools {
            Pools::Sqlite { read, .. } => {
                sqlite_query(statement, values).fetch_all(read).await.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Pools::Postgres(pool) => {
                postgres_query(statement, values).fetch_all(pool).await.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(|fault| StoreError::Database { statement: statement.name, fault })
    }

    /// Prepares a statement without running it: unknown tables and columns show.
    ///
    /// # Errors
    /// What the database said.
    pub fn prepare<'a>(&'a self, statement: &'static Statement) -> BoxFuture<'a, Result<(), StoreError>> {
        use sqlx::{Executor, SqlSafeStr};
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
            Pools::Sqlite { write, read, .. } => {
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

async fn open_sqlite(url: &str, path: &str, connections: u32, timeout: Duration) -> Result<Pools, StoreError> {
    let path = PathBuf::from(path.trim_start_matches("//"));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|why| StoreError::Url { url: url.to_owned(), why: format!("making its folder: {why}") })?;
    }
    let options = sqlite_options(&path).busy_timeout(timeout);
    connect_sqlite(path, options, connections).await
}

async fn connect_sqlite(path: PathBuf, options: SqliteConnectOptions, readers: u32) -> Result<Pools, StoreError> {
    let unreachable = |fault| StoreError::Database { statement: "open", fault };
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await
        .map_err(unreachable)?;
    let read = SqlitePoolOptions::new().max_connections(readers).connect_lazy_with(options.read_only(true));
    Ok(Pools::Sqlite { write, read, path })
}

fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(30))
        .foreign_keys(true)
        .pragma("cache_size", "-65536")
        .statement_cache_capacity(200)
}

async fn open_postgres(url: &str, connections: u32, timeout: Duration) -> Result<Pools, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|why| StoreError::Url { url: redact(url), why: why.to_string() })?;
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(timeout)
        .connect_with(options.application_name("mahnwerk").statement_cache_capacity(200))
        .await
        .map_err(|fault| StoreError::Database { statement: "connect", fault })?;
    Ok(Pools::Postgres(pool))
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
    /// Runs a statement; the number of rows that it changed.
    ///
    /// # Errors
    /// What the database said, with the statement's name.
    pub async fn run(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(tx) => sqlite_query(statement, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
            Self::Postgres(tx) => postgres_query(statement, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
        }
        .map_err(|fault| StoreError::Database { statement: statement.name, fault })
    }

    /// Reads rows inside the transaction.
    ///
    /// # Errors
    /// What the database said, with the statement's name.
    pub async fn rows(&mut self, statement: &'static Statement, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(tx) => {
                sqlite_query(statement, values).fetch_all(&mut **tx).await.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(tx) => {
                postgres_query(statement, values).fetch_all(&mut **tx).await.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(|fault| StoreError::Database { statement: statement.name, fault })
    }

    /// # Errors
    /// When the database could not make it durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
        .map_err(|fault| StoreError::Database { statement: "COMMIT", fault })
    }
}

/// The same binding for both drivers, whose query types have no trait in common.
macro_rules! binder {
    ($name:ident, $dialect:expr, $database:ty, $arguments:ty) => {
        fn $name<'q>(statement: &'static Statement, values: &'q [Value<'q>]) -> sqlx::query::Query<'q, $database, $arguments> {
            values.iter().fold(sqlx::query(statement.sql($dialect)), |query, value| match *value {
                Value::Int(number) => query.bind(number),
                Value::OptInt(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::OptText(text) => query.bind(text),
                Value::Blob(bytes) => query.bind(bytes),
            })
        }
    };
}

binder!(sqlite_query, Dialect::Sqlite, Sqlite, sqlx::sqlite::SqliteArguments);
binder!(postgres_query, Dialect::Postgres, Postgres, PgArguments);

macro_rules! getter {
    ($(#[$doc:meta])* $name:ident, $type:ty) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// When the column is missing or of another type: a fault of the statement.
        pub fn $name(&self, column: &'static str) -> Result<$type, StoreError> {
            match self {
                Self::Sqlite(row) => row.try_get(column),
                Self::Postgres(row) => row.try_get(column),
            }
            .map_err(|fault| StoreError::Database { statement: column, fault })
        }
    };
}

impl Row {
    getter!(/// An integer.
        int, i64);
    getter!(/// An integer or NULL.
        opt_int, Option<i64>);
    getter!(/// A text.
        text, String);
    getter!(/// A text or NULL.
        opt_text, Option<String>);
    getter!(/// Bytes.
        blob, Vec<u8>);
    getter!(/// Bytes or NULL.
        opt_blob, Option<Vec<u8>>);
}
