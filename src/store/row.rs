//! A row of an answer, read by column name, whichever database gave it.

use super::error::StoreError;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

/// A row of an answer.
#[derive(Debug)]
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

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
