//! A fresh ledger for one test: a SQLite file of its own, or a PostgreSQL database of its own.

use mahnwerk::domain::time::Timestamp;
use mahnwerk::store::statement::{Dialect, Statement};
use mahnwerk::store::{Row, Store, StoreError};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

const SERVER: &str = "MAHNWERK_TEST_POSTGRES";

/// A migrated ledger that goes with the test.
#[derive(Debug)]
pub(crate) struct TestLedger {
    pub(crate) store: Store,
    /// For another process or a second opening.
    pub(crate) url: String,
    _home: Home,
}

/// What is taken away at the end.
#[derive(Debug)]
enum Home {
    Folder { _kept: tempfile::TempDir },
    Database { server: String, name: String },
}

impl TestLedger {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        Self::open(url, Home::Folder { _kept: folder }).await
    }

    /// One that doesn't wait for the disk, for years that are lived through in seconds.
    pub(crate) async fn hasty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("ledger.db");
        let store = Store::open_temporary(&file).await.expect("the ledger opens");
        store.migrate().await.expect("the migrations run");
        Self { store, url: format!("sqlite:{}", file.display()), _home: Home::Folder { _kept: folder } }
    }

    pub(crate) async fn postgres() -> Self {
        let (url, home) = fresh_database().await;
        Self::open(url, home).await
    }

    /// A copy of an embedded ledger as it is now, as a backup makes it.
    pub(crate) async fn copy(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ledger.db");
        self.store.copy_to(&path).await.expect("a copy");
        Self::open(format!("sqlite:{}", path.display()), Home::Folder { _kept: folder }).await
    }

    async fn open(url: String, home: Home) -> Self {
        let store = Store::open(&url).await.expect("the ledger opens");
        store.migrate().await.expect("the migrations run");
        Self { store, url, _home: home }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.store.dialect()
    }

    /// Runs SQL of the test's own, past everything that the store would allow; the rows that it changed.
    pub(crate) async fn sql(&self, sql: &str) -> Result<u64, StoreError> {
        let mut tx = self.store.begin().await?;
        let changed = tx.run(statement(sql), &[]).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Reads rows with SQL of the test's own.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Row> {
        let mut tx = self.store.begin().await.expect("a transaction");
        tx.rows(statement(sql), &[]).await.expect("the test's own SQL")
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.rows(sql).await[0].int("n").expect("a column n")
    }

    /// Takes the guard off the history, as somebody with the database's password could.
    pub(crate) async fn disarm(&self) {
        for sql in match self.dialect() {
            Dialect::Sqlite => &["DROP TRIGGER transition_no_update", "DROP TRIGGER transition_no_delete"][..],
            Dialect::Postgres => &["DROP TRIGGER transition_append_only ON transition"][..],
        } {
            self.sql(sql).await.expect("the guard was there");
        }
    }
}

/// Statements of the product are statics; one of a test lives until the end of the test's process.
fn statement(sql: &str) -> &'static Statement {
    Box::leak(Box::new(Statement::new("a test's own", Box::leak(sql.to_owned().into_boxed_str()))))
}

/// A PostgreSQL database of its own as a URL, for a test that opens it elsewhere, with what removes it.
pub(crate) async fn postgres_database() -> (String, impl Drop) {
    fresh_database().await
}

async fn fresh_database() -> (String, Home) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var(SERVER)
        .unwrap_or_else(|_| panic!("{SERVER} is not set: `bash tests/run` starts a PostgreSQL for the tests and sets it"));
    let name = format!("mahnwerk_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let (base, _) = server.rsplit_once('/').expect("postgres://USER:PASSWORD@HOST:PORT/DATABASE");
    let url = format!("{base}/{name}");
    administer(&server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    administer(&server, format!("CREATE DATABASE {name}")).await;
    (url, Home::Database { server, name })
}

async fn administer(server: &str, sql: String) {
    use sqlx::Connection;
    let options = sqlx::postgres::PgConnectOptions::from_str(server).expect("a PostgreSQL URL");
    let mut connection = sqlx::PgConnection::connect_with(&options).await.expect("the tests' PostgreSQL answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("a role that may make databases");
    connection.close().await.expect("a clean end");
}

impl Drop for Home {
    /// On a thread of its own: the test's runtime is ending.
    fn drop(&mut self) {
        let Self::Database { server, name } = self else { return };
        let (server, sql) = (server.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(administer(&server, sql));
        });
        // A database that stays behind is no reason to fail: the server goes with the tests.
        let _ = dropping.join();
    }
}

/// The instant of a civil time in Berlin: `2026-01-12 09:00`.
pub(crate) fn berlin(civil: &str) -> Timestamp {
    let civil = chrono::NaiveDateTime::parse_from_str(civil, "%Y-%m-%d %H:%M").expect("YYYY-MM-DD HH:MM");
    mahnwerk::domain::time::instant(chrono_tz::Europe::Berlin, civil.date(), civil.time())
}
