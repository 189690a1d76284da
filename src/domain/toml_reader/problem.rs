//! One thing that is wrong with a file: where it stands, what it is about, and what to write instead.

use serde::Serialize;
use std::fmt;

/// Whether the file can still be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is accepted, but it probably does not do what was meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// What is wrong, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub severity: Severity,
    /// From 1; 0 if it does not stand in the file but in an environment variable, which `field` then names.
    pub line: usize,
    /// In characters, from 1; 0 with `line` 0.
    pub column: usize,
    /// The key's path, such as `rules.min_gap_days`; entries of a list are counted from 1: `stages[2].after_days`.
    pub field: String,
    /// A sentence: what is wrong and what to write instead. Never holds a secret value.
    pub message: String,
}

impl Problem {
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// `workflows/mine.toml:12:5: error: stages[2].fee: …`, as compilers and editors write it.
    #[must_use]
    pub fn in_file(&self, file: &str) -> String {
        if self.line == 0 {
            return self.to_string();
        }
        format!("{file}:{}:{}: {}: {}", self.line, self.column, self.severity, self.about())
    }

    fn about(&self) -> String {
        if self.field.is_empty() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }
}

/// The same without a file: `line 12, column 5: error: …`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        write!(f, "{}: {}", self.severity, self.about())
    }
}
