//! Lets PostgreSQL know how its tables have grown. It plans by what it counted last, and keeps the plans of foreign keys for as long as a
//! connection lives: made while a table was empty, they walk through all of a tenant's rows for each row of a burst. Its own daemon counts
//! once a minute, which is after the burst.

use super::db::{Pools, Store};
use super::error::StoreError;
use super::statement::Statement;
use sqlx::AssertSqlSafe;

// It asks the database about itself in words of its own, so it stands apart from the statements that run on both.
static GROWN: Statement = Statement::new(
    "tables grown",
    "SELECT CAST(CAST(oid AS regclass) AS TEXT) AS name FROM pg_class
     WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind = 'r'
        AND pg_relation_size(oid) > CAST(current_setting('block_size') AS BIGINT) * (4 * CAST(relpages AS BIGINT) + 4)",
);

impl Store {
    /// Has the rows of those tables counted that take four times the pages that were last counted. Does nothing on SQLite, which plans by
    /// the schema alone. The names of the tables; one that was passed over is among them, this time and the next.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_grown_tables(&self) -> Result<Vec<String>, StoreError> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(Vec::new()) };
        let mut counted = Vec::new();
        for row in self.rows(&GROWN, &[]).await? {
            // As PostgreSQL itself writes the name of a table, with quotes where it needs some.
            let name = row.text("name")?;
            // A table that somebody is at (VACUUM, a new index) is left for the next time: nothing is planned while this waits.
            let analyze = sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE (SKIP_LOCKED) {name}"))).execute(pool).await;
            analyze.map_err(|fault| StoreError::Database { statement: "ANALYZE", fault })?;
            counted.push(name);
        }
        Ok(counted)
    }
}
