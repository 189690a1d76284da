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
    /// The file that says which started steps have begun.
    #[error("the flight log {path}: {why}")]
    Flight { path: String, why: String },
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

/// SQLSTATE classes that pass: connection lost, resources used up (disk full), shutting down or starting, a failing system,
/// a transaction that has to be repeated, and one that was cut off because it stood still (25P03).
const PASSING_STATES: [&str; 6] = ["08", "53", "57", "58", "40", "25P03"];
/// SQLite's primary result codes that pass: busy, locked, I/O error, disk full, can't open.
const PASSING_CODES: [i64; 5] = [5, 6, 10, 13, 14];

impl StoreError {
    /// Whether the same may succeed later because the cause passes: a database that restarts, a disk that was full.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let Self::Database { fault, .. } = self else { return false };
        match fault {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut => true,
            sqlx::Error::Database(fault) => fault.code().is_some_and(|code| is_passing_code(&code)),
            _ => false,
        }
    }
}

/// PostgreSQL's codes have five characters, SQLite's are numbers with the primary code in the lowest byte.
fn is_passing_code(code: &str) -> bool {
    match code.parse::<i64>() {
        Ok(number) if code.len() < 5 => PASSING_CODES.contains(&(number & 0xff)),
        _ => PASSING_STATES.iter().any(|state| code.starts_with(state)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_passing_code;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for (code, passes) in [
            ("57P01", true),
            ("57P03", true),
            ("53100", true),
            ("08006", true),
            ("25P03", true),
            ("40001", true),
            ("23505", false),
            ("25P02", false),
            ("42703", false),
            ("13", true),
            ("5", true),
            ("517", true),
            ("2067", false),
            ("1", false),
        ] {
            assert_eq!(is_passing_code(code), passes, "{code}");
        }
    }
}
