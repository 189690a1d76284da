//! Lists of invoices, customers and notices for people: filtered, searched, sorted, and read page by page.
//!
//! A page begins where the last one ended (keyset paging), so that the thousandth is as fast as the first. Where a filter leaves few
//! rows (at most [`FEW`]) their ids are read first and the page is made of them; else the page walks along the index of its order. Either
//! way a page takes no longer in a ledger of a million invoices than the few rows, or the walk to the next fifty that fit, take.

mod customers;
mod invoices;
mod notices;
mod words;

pub use customers::{CustomerFilter, CustomerLine, CustomerSort, OpenSum};
pub use invoices::{InvoiceFilter, InvoiceLine, InvoiceSort};
pub use notices::{NoticeFilter, NoticeLine, NoticeSpot};
pub use words::{Words, folded};

use super::db::{Row, Value};
use super::error::StoreError;
use super::statement::Statement;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Up to so many rows are gathered and sorted; of more the page walks along an index.
pub const FEW: i64 = 5_000;

/// After every text that a ledger may hold, in the order of bytes.
const LAST_TEXT: &str = "\u{10FFFF}";

/// The way through a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Up,
    Down,
}

/// What a list is sorted by, at one of its rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Text(String),
    Int(i64),
}

impl Key {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Int(number) => Value::Int(*number),
        }
    }
}

/// A row's place in the order of its list: the page after it begins behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub key: Key,
    /// Tells rows with the same key apart before their id does: the customer, in a list by customers' names.
    pub tie: i64,
    pub id: i64,
}

impl Spot {
    /// Before the first row of a list whose keys are texts, or numbers.
    fn start(text: bool, order: Order) -> Self {
        let (word, number) = if order == Order::Up { (String::new(), i64::MIN) } else { (LAST_TEXT.to_owned(), i64::MAX) };
        Self { key: if text { Key::Text(word) } else { Key::Int(number) }, tie: number, id: number }
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<Line> {
    pub lines: Vec<Line>,
    /// Whether others follow.
    pub more: bool,
    /// How many there are in all, where that is known without counting.
    pub total: Option<usize>,
}

impl<Line> Page<Line> {
    /// Of one line more than the page holds, which tells whether others follow. `few` fit, if so many were gathered.
    fn cut(mut lines: Vec<Line>, limit: i64, total: Option<usize>) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = lines.len() > limit;
        lines.truncate(limit);
        Self { lines, more, total }
    }
}

/// The page after `after` of few spots, in order; texts sort by bytes, as in both databases.
fn sorted(mut spots: Vec<Spot>, order: Order, after: Option<&Spot>, limit: i64) -> Page<Spot> {
    let total = spots.len();
    let way = |one: &Spot, other: &Spot| if order == Order::Up { one.cmp(other) } else { other.cmp(one) };
    spots.sort_by(way);
    if let Some(after) = after {
        spots.retain(|spot| way(spot, after) == Ordering::Greater);
    }
    Page::cut(spots, limit, Some(total))
}

/// Lines made of rows that came in any order, in that of their spots. A row that has gone meanwhile is left out.
fn in_order<L>(rows: &[Row], spots: Vec<Spot>, line: impl Fn(&Row, Spot) -> Result<L, StoreError>) -> Result<Vec<L>, StoreError> {
    let mut known = BTreeMap::new();
    for row in rows {
        known.insert(row.int("id")?, row);
    }
    let found = spots.into_iter().filter_map(|spot| Some((*known.get(&spot.id)?, spot)));
    found.map(|(row, spot)| line(row, spot)).collect()
}

pub(super) fn statements() -> Vec<&'static Statement> {
    [invoices::statements(), customers::statements(), notices::statements()].concat()
}
