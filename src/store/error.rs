//! What can go wrong in the ledger.

/// An error of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the ledger's URL `{url}` can't be used: {why}")]
    Url { url: String, why: String },
    /// Another process has the embedded ledger open.
    #[error("the ledger {path} is in use by another process; stop that one first (one SQLite ledger serves one process)")]
    InUse { path: String },
    #[error("the ledger's lock file {path}: {fault}")]
    Lock { path: String, fault: std::io::Error },
    /// The file that says how far the ledger was.
    #[error("the mark {path}: {why}")]
    Mark { path: String, why: String },
    #[error("migrating the ledger: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row that no rule of ours would have written.
    #[error("the ledger holds something impossible: {table}.{column}: {why}")]
    Corrupt { table: &'static str, column: &'static str, why: String },
    /// A write that found the row changed, though the tenant's head was held.
    #[error("{what}: {expected} rows expected, {found} changed")]
    Conflict { what: &'static str, expected: u64, found: u64 },
    #[error("{statement}: {fault}")]
    Database { statement: &'static str, fault: sqlx::Error },
}
