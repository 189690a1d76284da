//! What came of a file: counts, and one line for each row that was refused or changed.

use super::row::{InvoiceRow, RowProblem};
use serde::Serialize;
use std::fmt;

/// Counts what a file gave and words its findings. Keeps no rows, so its size does not depend on the file's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// As it shall stand before each line.
    pub file: String,
    /// Rows that were looked at: accepted and refused ones.
    pub read: u64,
    pub accepted: u64,
    pub refused: u64,
    /// Accepted rows may carry several.
    pub warnings: u64,
    /// The line at which reading had to stop, if it had to.
    pub stopped_at: Option<u64>,
}

impl Report {
    #[must_use]
    pub fn new(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }

    /// Counts one row and gives the lines to print about it: `receivables.csv:17: amount: "1.234,50" is not …`.
    pub fn note(&mut self, row: &Result<InvoiceRow, RowProblem>) -> Vec<String> {
        self.read += 1;
        match row {
            Ok(row) => {
                self.accepted += 1;
                self.warnings += row.warnings.len() as u64;
                row.warnings.iter().map(|warning| format!("{}:{warning}", self.file)).collect()
            }
            Err(problem) => {
                self.refused += 1;
                if problem.ends_file {
                    self.stopped_at = Some(problem.line);
                }
                vec![format!("{}:{problem}", self.file)]
            }
        }
    }
}

impl fmt::Display for Report {
    /// One line that closes the list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, read, accepted, refused, warnings, stopped_at } = self;
        write!(f, "{file}: {read} rows read, {accepted} accepted, {refused} refused, {warnings} warnings")?;
        match stopped_at {
            Some(line) => write!(f, "; stopped at line {line}"),
            None if *read == 0 => write!(f, "; the file has a heading and no rows"),
            None => Ok(()),
        }
    }
}
