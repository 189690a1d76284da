//! What is wrong with a text, told to its author.

use super::check::Part;
use std::fmt;

/// One mistake in a text set, found when it was loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextProblem {
    /// The file as the author knows it: `de/reminder-1/body.hbs` below the folder of texts.
    pub file: String,
    /// Counted from 1; `None` if it concerns the whole file.
    pub line: Option<usize>,
    /// What it is about: the placeholder, link or block as written. Empty if it concerns the whole file.
    pub name: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl TextProblem {
    /// Whether it stands in the subject; else in the body.
    #[must_use]
    pub fn is_of_subject(&self) -> bool {
        self.file.ends_with(Part::Subject.file_name())
    }
}

impl fmt::Display for TextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": ")?;
        if !self.name.is_empty() {
            write!(f, "`{}`: ", self.name)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TextProblem {}

/// Why a notice could not be put into words. A checked text fails only on a notice that should not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("there is no text set `{template}`: use one of {known}")]
    NoSuchTemplate { template: String, known: String },
    #[error("{what} is empty: a notice can't be written without it")]
    Missing { what: &'static str },
    #[error("the text {file} can't be written: {reason}")]
    Render { file: String, reason: String },
}
