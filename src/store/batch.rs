//! The rows of a hot batch statement, as typed cells that are bound one by one: no text is built or parsed for them.
//!
//! SQLite takes them as `VALUES` in blocks of a few sizes, so that a handful of prepared statements serves any number of rows;
//! PostgreSQL takes one array per column. Which columns a row has follows from the statement's tokens (see `statement`).

use super::statement::Statement;
use std::borrow::Cow;

/// One value of a row.
#[derive(Clone, Debug)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Blob(Cow<'a, [u8]>),
}

/// Rows of the same width, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch<'a> {
    cells: Vec<Cell<'a>>,
    width: usize,
}

impl<'a> Batch<'a> {
    /// Adds a row.
    pub(super) fn push<const N: usize>(&mut self, row: [Cell<'a>; N]) {
        self.width = N;
        self.cells.extend(row);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// How many cells a row has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.cells.len() / self.width.max(1)
    }

    /// The cells in pieces, each with a number of rows that a text of `statement` is kept for.
    pub(super) fn blocks(&self, statement: &'static Statement) -> Vec<(&'static str, &[Cell<'a>])> {
        debug_assert!(self.is_empty() || self.width == statement.columns().len(), "{}: a row has other columns", statement.name);
        let (mut from, mut blocks) = (0, Vec::new());
        while let Some((rows, sql)) = statement.sqlite_block(self.len() - from) {
            blocks.push((sql, &self.cells[from * self.width..(from + rows) * self.width]));
            from += rows;
        }
        blocks
    }

    /// The cells of one column.
    pub(super) fn column(&self, index: usize) -> impl Iterator<Item = &Cell<'a>> {
        self.cells.iter().skip(index).step_by(self.width.max(1))
    }
}

impl<'a, const N: usize> FromIterator<[Cell<'a>; N]> for Batch<'a> {
    fn from_iter<I: IntoIterator<Item = [Cell<'a>; N]>>(rows: I) -> Self {
        let rows = rows.into_iter();
        let mut batch = Self { cells: Vec::with_capacity(rows.size_hint().0 * N), width: N };
        rows.for_each(|row| batch.push(row));
        batch
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<usize> for Cell<'_> {
    fn from(position: usize) -> Self {
        Self::Int(i64::try_from(position).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<chrono::NaiveDate> for Cell<'_> {
    fn from(date: chrono::NaiveDate) -> Self {
        Self::Text(Cow::Owned(date.to_string()))
    }
}

impl<'a> From<&'a [u8]> for Cell<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(Cow::Borrowed(bytes))
    }
}

impl From<[u8; 32]> for Cell<'_> {
    fn from(hash: [u8; 32]) -> Self {
        Self::Blob(Cow::Owned(hash.to_vec()))
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
