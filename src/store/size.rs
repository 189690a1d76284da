//! What the ledger takes on the disk, table by table.

use super::db::Store;
use super::error::StoreError;
use super::statement::{Dialect, Statement};

// These ask the database about itself in words of its own, so they stand apart from the statements that run on both.
static SQLITE: Statement =
    Statement::new("size by table", "SELECT name, pgsize AS bytes FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC, name");
static POSTGRES: Statement = Statement::new(
    "size by table",
    "SELECT CAST(relname AS TEXT) AS name, pg_relation_size(oid) AS bytes FROM pg_class
     WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind IN ('r', 'i', 't') ORDER BY bytes DESC, name",
);

impl Store {
    /// The bytes of each table and index, the greatest first. It reads every page: not for a ledger that is at work.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bytes_by_table(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let statement = if self.dialect() == Dialect::Sqlite { &SQLITE } else { &POSTGRES };
        self.rows(statement, &[]).await?.iter().map(|row| Ok((row.text("name")?, row.int("bytes")?))).collect()
    }
}
