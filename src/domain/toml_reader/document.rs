//! A TOML text, its tree with positions, and the problems found while reading it.

use super::{Overrides, Problem, Severity, Table};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeTable;

/// A text being read. Ask [`Document::root`] for its keys, then take the problems.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    tree: Spanned<DeTable<'t>>,
    /// Lines that are no TOML: what the parser made of them says nothing.
    broken_lines: BTreeSet<usize>,
    overrides: Overrides,
    problems: RefCell<Vec<Problem>>,
}

/// Where something stands.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Text(Range<usize>),
    /// Not in the text: the name of the environment variable.
    Outside(String),
}

impl<'t> Document<'t> {
    /// Reads `text` as far as it is TOML; what is not is already a problem.
    #[must_use]
    pub fn new(text: &'t str, overrides: Overrides) -> Self {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let mut document = Self { text, tree, broken_lines: BTreeSet::new(), overrides, problems: RefCell::default() };
        for error in errors {
            document.syntax_error(error.message(), error.span().unwrap_or(0..0));
        }
        document
    }

    /// The table that the whole text is.
    pub fn root(&self) -> Table<'_> {
        Table::new(self, String::new(), Some(self.tree.get_ref()), Place::Text(0..0))
    }

    /// Whether parts of the text are no TOML, so that what seems to be missing may just be unreadable.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        !self.broken_lines.is_empty()
    }

    /// Everything that was found, in the order of the text.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        for (origin, near) in self.overrides.unused() {
            let instead = match near {
                Some(path) => format!("did you mean the one for `{path}`?"),
                None => "unset it".to_owned(),
            };
            self.report(Severity::Error, Place::Outside(origin), "", format!("names no key; {instead}"));
        }
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }

    pub(super) fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    pub(super) fn report(&self, severity: Severity, place: Place, field: &str, message: String) {
        let problem = match place {
            Place::Outside(origin) => Problem { severity, line: 0, column: 0, field: origin, message },
            Place::Text(span) => {
                let (line, column) = self.position(span.start);
                if self.broken_lines.contains(&line) {
                    return;
                }
                Problem { severity, line, column, field: field.to_owned(), message }
            }
        };
        self.problems.borrow_mut().push(problem);
    }

    /// Says what the parser found in plain words; one problem a line, because the rest of a broken line is noise.
    fn syntax_error(&mut self, message: &str, span: Range<usize>) {
        let (line, column) = self.position(span.start);
        let word = self.text.get(span).unwrap_or_default().trim();
        let message = message.split(", expected").next().unwrap_or(message);
        let plain = match message {
            "duplicate key" => {
                let message = format!("`{word}` stands here for the second time: keep one of the two");
                self.report_at(line, column, word.to_owned(), message);
                return;
            }
            "string values must be quoted" if word.is_empty() => "a key needs `=` and a value, such as after_days = 7".to_owned(),
            "invalid basic string" | "invalid literal string" => "close the text with a quote, such as \"09:00\"".to_owned(),
            "string values must be quoted" => "put the text in quotes, such as key = \"value\"".to_owned(),
            "key with no value" | "missing value for key" | "missing value" => {
                "a key needs `=` and a value, such as after_days = 7".to_owned()
            }
            "unclosed table" | "unclosed array table" => "close the heading: [rules] or [[stages]]".to_owned(),
            "unclosed array" | "missing comma between array elements" => {
                "write a list in square brackets with commas, such as [\"mon\", \"tue\"]".to_owned()
            }
            other => format!("this is no TOML ({other}): write key = value, with text in quotes"),
        };
        if self.broken_lines.insert(line) {
            self.report_at(line, column, String::new(), plain);
        }
    }

    fn report_at(&mut self, line: usize, column: usize, field: String, message: String) {
        self.problems.get_mut().push(Problem { severity: Severity::Error, line, column, field, message });
    }

    /// Line and column, from 1; a column is a character.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
