//! What can be told about the database itself: its schema's age, its version, how it makes things durable.

use super::db::{Store, newest_migration};
use super::error::StoreError;
use super::statement::{Dialect, Statement};

// These ask the database about itself in words of its own, so they stand apart from the statements that run on both.
static SQLITE_TABLE: Statement =
    Statement::new("schema table", "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'");
static POSTGRES_TABLE: Statement = Statement::new(
    "schema table",
    "SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'",
);
static APPLIED: Statement =
    Statement::new("schema version", "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) AS newest FROM _sqlx_migrations WHERE success");
static SQLITE_ABOUT: Statement = Statement::new(
    "database version",
    "SELECT 'SQLite ' || sqlite_version() || ', journal ' || (SELECT journal_mode FROM pragma_journal_mode)
        || ', synchronous ' || (SELECT CASE synchronous WHEN 0 THEN 'OFF' ELSE 'by commit' END FROM pragma_synchronous) AS about",
);
static POSTGRES_ABOUT: Statement = Statement::new(
    "database version",
    "SELECT 'PostgreSQL ' || current_setting('server_version') || ', synchronous_commit ' || current_setting('synchronous_commit')
        || ', fsync ' || current_setting('fsync') AS about",
);

/// How far the ledger's schema is migrated, and how far this program knows to migrate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// 0: nothing was migrated yet.
    pub applied: i64,
    pub known: i64,
}

impl Schema {
    #[must_use]
    pub fn is_newer(self) -> bool {
        self.applied > self.known
    }

    /// What to do before this program can use the ledger; `None` if nothing.
    #[must_use]
    pub fn advice(self) -> Option<&'static str> {
        match self.applied {
            applied if applied > self.known => Some("was migrated by a newer mahnwerk: use that version"),
            0 if self.known > 0 => Some("holds nothing yet: run `mahnwerk migrate`"),
            applied if applied < self.known => Some("is of an older version: stop `serve`, back it up and run `mahnwerk migrate`"),
            _ => None,
        }
    }
}

impl Store {
    /// How far the schema is migrated.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let table = if self.dialect() == Dialect::Sqlite { &SQLITE_TABLE } else { &POSTGRES_TABLE };
        let is_there = self.rows(table, &[]).await?.first().map_or(Ok(0), |row| row.int("n"))? > 0;
        let applied = if is_there { self.rows(&APPLIED, &[]).await?.first().map_or(Ok(0), |row| row.int("newest"))? } else { 0 };
        Ok(Schema { applied, known: newest_migration(self.dialect()) })
    }

    /// The database in its own words: version, and how it makes a commit durable.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn about(&self) -> Result<String, StoreError> {
        let statement = if self.dialect() == Dialect::Sqlite { &SQLITE_ABOUT } else { &POSTGRES_ABOUT };
        self.rows(statement, &[]).await?.first().map_or_else(|| Ok(String::new()), |row| row.text("about"))
    }
}
