//! A consistent copy of an embedded ledger while others write to it, and whether a copy is sound.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::{Dialect, Statement};
use crate::domain::time::Timestamp;
use std::path::Path;

// In SQLite's own words, so they stand apart from the statements that run on both databases.
static INTO: Statement = Statement::new("ledger copy", "VACUUM INTO $1");
static CHECK: Statement = Statement::new("ledger integrity", "SELECT integrity_check AS said FROM pragma_integrity_check");
static FOREIGN_KEYS: Statement = Statement::new(
    "ledger foreign keys",
    "SELECT \"table\" || ' points at a missing ' || parent AS said FROM pragma_foreign_key_check LIMIT 20",
);

static MADE: Statement =
    Statement::new("backup made", "INSERT INTO backup (made_at, made_by, entries) VALUES ($1, $2, $3) ON CONFLICT (made_at) DO NOTHING");
static LAST: Statement = Statement::new("backup last", "SELECT MAX(made_at) AS at FROM backup");

pub(super) const STATEMENTS: &[&Statement] = &[&MADE, &LAST];

impl Store {
    /// Takes down that a backup was made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_backup(&self, at: Timestamp, by: &str, entries: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&MADE, &[Value::Int(at.0), Value::Text(by), Value::Int(entries)]).await?;
        tx.commit().await
    }

    /// When the last backup was made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.rows(&LAST, &[]).await?;
        rows.first().map_or(Ok(None), |row| Ok(row.opt_int("at")?.map(Timestamp)))
    }

    /// Copies an embedded ledger as it is at one moment to a new file. Readers and writers go on meanwhile.
    ///
    /// # Errors
    /// When the file is there already or can't be written, or the ledger is no embedded one.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let shown = path.display().to_string();
        if self.dialect() != Dialect::Sqlite {
            return Err(StoreError::Url { url: shown, why: "only an embedded ledger is copied into a file".to_owned() });
        }
        self.rows(&INTO, &[Value::Text(&shown)]).await.map(drop)
    }

    /// What an embedded ledger's database says is wrong with it; nothing if it is sound.
    ///
    /// # Errors
    /// When it can't be read at all.
    pub async fn faults(&self) -> Result<Vec<String>, StoreError> {
        let mut said = self.rows(&CHECK, &[]).await?;
        said.extend(self.rows(&FOREIGN_KEYS, &[]).await?);
        let words = said.iter().map(|row| row.text("said")).collect::<Result<Vec<_>, _>>()?;
        Ok(words.into_iter().filter(|word| word != "ok").collect())
    }
}
