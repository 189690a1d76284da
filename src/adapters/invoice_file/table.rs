//! TOML with positions: takes keys out of a table and collects every problem instead of stopping at the first.

use super::map::MapProblem;
use super::nearest::nearest;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A string of the file and the line it stands on.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub value: String,
    pub line: u64,
}

/// Where offsets of the text lie, and what was found wrong so far.
#[derive(Debug)]
pub(super) struct Problems<'t> {
    text: &'t str,
    found: Vec<MapProblem>,
}

impl<'t> Problems<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    pub(super) fn line(&self, offset: usize) -> u64 {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        before.iter().fold(1, |line, byte| line + u64::from(*byte == b'\n'))
    }

    pub(super) fn add(&mut self, line: u64, field: impl Into<String>, message: impl Into<String>) {
        self.found.push(MapProblem { line, field: field.into(), message: message.into() });
    }

    fn names(&self, field: &str) -> bool {
        self.found.iter().any(|problem| problem.field == field)
    }

    /// All problems in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<MapProblem> {
        self.found.sort_by_key(|problem| problem.line);
        self.found
    }
}

/// The whole text as a table; what is no TOML is a problem each, and what could be read is checked all the same.
pub(super) fn parse<'t>(text: &'t str, problems: &mut Problems<'t>) -> DeTable<'t> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = problems.line(error.span().map_or(0, |span| span.start));
        problems.add(line, "TOML", error.message().to_owned());
    }
    table.into_inner()
}

/// One table of the file, from which known keys are taken; what is left in the end is unknown.
#[derive(Debug)]
pub(super) struct Table<'t> {
    name: &'static str,
    line: u64,
    entries: DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'t> Table<'t> {
    /// The table `name` of the file; an empty one if there is none. Its line is that of its heading.
    pub(super) fn take(file: &mut DeTable<'t>, name: &'static str, problems: &mut Problems<'t>) -> Self {
        let mut table = Self { name, line: 1, entries: DeTable::new(), known: Vec::new() };
        if let Some((span, value)) = remove(file, name) {
            table.line = problems.line(span.start);
            match value.into_inner() {
                DeValue::Table(entries) => table.entries = entries,
                _ => problems.add(table.line, name, format!("is no table: write [{name}] on a line of its own, its keys below it")),
            }
        }
        table
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// `table.key`, as problems name it.
    pub(super) fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }

    /// Something was said about this key already.
    pub(super) fn has_problem(&self, key: &str, problems: &Problems<'t>) -> bool {
        problems.names(&self.path(key))
    }

    pub(super) fn text(&mut self, key: &'static str, problems: &mut Problems<'t>) -> Option<Text> {
        let (line, value) = self.value(key, problems)?;
        match value {
            DeValue::String(value) => Some(Text { value: value.into_owned(), line }),
            other => {
                problems.add(line, self.path(key), format!("is {}: write text in quotes", kind_of(&other)));
                None
            }
        }
    }

    /// A whole number up to `most`.
    pub(super) fn count(&mut self, key: &'static str, most: u32, problems: &mut Problems<'t>) -> Option<u32> {
        let (line, value) = self.value(key, problems)?;
        let number = match &value {
            DeValue::Integer(digits) => u32::from_str_radix(digits.as_str(), digits.radix()).ok().filter(|number| *number <= most),
            _ => None,
        };
        if number.is_none() {
            problems.add(line, self.path(key), format!("is no number from 0 to {most}: write one without quotes"));
        }
        number
    }

    fn value(&mut self, key: &'static str, problems: &Problems<'t>) -> Option<(u64, DeValue<'t>)> {
        self.known.push(key);
        let (_, value) = remove(&mut self.entries, key)?;
        Some((problems.line(value.span().start), value.into_inner()))
    }

    /// Every key that nobody took is refused, with the known key that may have been meant.
    pub(super) fn refuse_rest(self, problems: &mut Problems<'t>) {
        for (key, _) in &self.entries {
            let line = problems.line(key.span().start);
            problems.add(line, self.path(key.get_ref()), unknown(key.get_ref(), &self.known));
        }
    }
}

/// What to say about an unknown key or table.
pub(super) fn unknown(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("is not known: write `{meant}`"),
        None => format!("is not known: remove it, or write one of {}", known.join(", ")),
    }
}

fn remove<'t>(table: &mut DeTable<'t>, key: &str) -> Option<(Range<usize>, Spanned<DeValue<'t>>)> {
    let span = table.iter().find(|(name, _)| name.get_ref() == key)?.0.span();
    table.remove(key).map(|value| (span, value))
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
