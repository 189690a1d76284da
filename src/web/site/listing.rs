//! What all lists share: the filter kept in the address, links to the next page and to another order, dates and spots read from it.

use super::entry::query_value;
use super::error::PageError;
use super::seat::Seat;
use super::{Site, shown};
use crate::domain::ids::CustomerId;
use crate::domain::time::Timestamp;
use crate::store::lists::{Key, NoticeSpot, Order, Spot};
use crate::web::language::words;
use chrono::NaiveDate;

/// Rows of a page.
pub(super) const PAGE: i64 = 50;
/// Rows that a file is made of at a time.
pub(super) const FILE_PAGE: i64 = 1_000;

/// The address of a list: where it is, and what of its filter is set.
#[derive(Clone, Debug)]
pub(super) struct Address {
    base: String,
    pairs: Vec<(&'static str, String)>,
}

/// The heading of a column that a list can be sorted by.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub(super) label: &'static str,
    pub(super) href: String,
    /// As `aria-sort` has it; empty where the list is in another order.
    pub(super) sorted: &'static str,
    pub(super) class: &'static str,
}

words! {
    /// The words around every list.
    pub(super) struct ListWords {
        only_customer: "Nur Kunde", "Only customer";
        total: "Treffer", "found";
        reset: "Filter aufheben", "Clear the filter";
        export: "Als CSV laden", "Download as CSV";
        pages: "Seiten", "Pages";
        from_start: "Zum Anfang", "To the beginning";
        further: "Weiter", "Next page";
    }
}

/// What stands above and below a list: what is listed, and where it goes on. See `look/summary.html` and `look/pager.html`.
#[derive(Clone, Debug)]
pub(super) struct Pager {
    pub(super) words: &'static ListWords,
    /// Of one customer alone: its name, and the address without that.
    pub(super) customer: Option<(String, String)>,
    pub(super) total: Option<String>,
    pub(super) reset: Option<String>,
    /// The other way through, where the list has no headings for that.
    pub(super) turned: Option<(String, &'static str)>,
    pub(super) export: String,
    pub(super) start: Option<String>,
    pub(super) further: Option<String>,
}

impl Pager {
    /// Of a page whose last row is at `end`, if others follow it.
    pub(super) fn new(seat: &Seat, address: &Address, export: &str, total: Option<usize>, end: Option<String>) -> Self {
        let total = total.map(|total| shown::count(seat.language(), i64::try_from(total).unwrap_or(i64::MAX)));
        Self {
            words: ListWords::of(seat.language()),
            customer: None,
            total,
            reset: address.is_filtered().then(|| address.base.clone()),
            turned: None,
            export: address.elsewhere(seat, export),
            start: address.is_further().then(|| address.with(&[("after", "")])),
            further: end.map(|end| address.with(&[("after", &end)])),
        }
    }

    /// The same, where the list may be that of one customer.
    pub(super) async fn of_customer(
        self,
        site: &Site,
        seat: &Seat,
        address: &Address,
        customer: Option<CustomerId>,
    ) -> Result<Self, PageError> {
        let Some(id) = customer else { return Ok(self) };
        let known = site.engine.store.customer_line(seat.id(), id).await?;
        Ok(Self { customer: known.map(|line| (line.name, address.with(&[("customer", ""), ("after", "")]))), ..self })
    }
}

impl Address {
    pub(super) fn new(seat: &Seat, path: &str, pairs: &[(&'static str, &str)]) -> Self {
        let set = pairs.iter().filter(|(_, value)| !value.is_empty());
        Self { base: seat.href(path), pairs: set.map(|(key, value)| (*key, (*value).to_owned())).collect() }
    }

    /// With these values instead; empty ones are left out.
    pub(super) fn with(&self, changes: &[(&'static str, &str)]) -> String {
        let kept = self.pairs.iter().filter(|(key, _)| changes.iter().all(|(changed, _)| changed != key));
        let all = kept.map(|(key, value)| (*key, value.as_str())).chain(changes.iter().copied());
        let query: Vec<_> =
            all.filter(|(_, value)| !value.is_empty()).map(|(key, value)| format!("{key}={}", query_value(value))).collect();
        if query.is_empty() { self.base.clone() } else { format!("{}?{}", self.base, query.join("&")) }
    }

    /// Whether it is not the list's first page.
    fn is_further(&self) -> bool {
        self.pairs.iter().any(|(key, _)| *key == "after")
    }

    /// The same rows at another address, such as the file's.
    fn elsewhere(&self, seat: &Seat, path: &str) -> String {
        Self { base: seat.href(path), pairs: self.pairs.clone() }.with(&[("after", "")])
    }

    /// A heading: it sorts by its column, or turns the order around if the list is sorted so already.
    pub(super) fn heading(&self, label: &'static str, key: &'static str, class: &'static str, now: (&str, Order)) -> Heading {
        let own = now.0 == key;
        let (dir, sorted) = match (own, now.1) {
            (true, Order::Up) => ("down", "ascending"),
            (true, Order::Down) => ("up", "descending"),
            (false, _) => ("up", ""),
        };
        Heading { label, href: self.with(&[("sort", key), ("dir", dir), ("after", "")]), sorted, class }
    }

    /// Whether anything is filtered.
    fn is_filtered(&self) -> bool {
        self.pairs.iter().any(|(key, _)| !matches!(*key, "sort" | "dir" | "after"))
    }
}

pub(super) fn order(dir: &str, usual: Order) -> Order {
    match dir {
        "up" => Order::Up,
        "down" => Order::Down,
        _ => usual,
    }
}

/// A spot in an address: `ID.TIE.KEY`. What is none is the beginning.
pub(super) fn spot(text: &str, is_text: bool) -> Option<Spot> {
    let mut parts = text.splitn(3, '.');
    let (id, tie, key) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let key = if is_text { Key::Text(key.to_owned()) } else { Key::Int(key.parse().ok()?) };
    Some(Spot { key, tie, id })
}

pub(super) fn spot_text(spot: &Spot) -> String {
    match &spot.key {
        Key::Text(key) => format!("{}.{}.{key}", spot.id, spot.tie),
        Key::Int(key) => format!("{}.{}.{key}", spot.id, spot.tie),
    }
}

/// A notice's spot: `ID.INSTANT`.
pub(super) fn notice_spot(text: &str) -> Option<NoticeSpot> {
    let (id, at) = text.split_once('.')?;
    Some(NoticeSpot { issued_at: Timestamp(at.parse().ok()?), id: id.to_owned() })
}

pub(super) fn notice_spot_text(spot: &NoticeSpot) -> String {
    format!("{}.{}", spot.id, spot.issued_at.0)
}

/// A day of a filter; what is none filters nothing.
pub(super) fn filter_day(text: &str) -> String {
    text.parse::<NaiveDate>().map(|date| date.to_string()).unwrap_or_default()
}

/// A day that a person may leave out.
pub(super) fn wanted_day(text: &str, wrong: &str) -> Result<Option<NaiveDate>, PageError> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| PageError::Invalid(wrong.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_survive_the_address() {
        for (spot, is_text) in [
            (Spot { key: Key::Text("RE-1.2.3 ä".to_owned()), tie: 0, id: 7 }, true),
            (Spot { key: Key::Text(String::new()), tie: 5, id: 7 }, true),
            (Spot { key: Key::Int(-3), tie: 0, id: 7 }, false),
        ] {
            assert_eq!(super::spot(&spot_text(&spot), is_text), Some(spot));
        }
        let notice = NoticeSpot { issued_at: Timestamp(5), id: "ab12".to_owned() };
        assert_eq!(notice_spot(&notice_spot_text(&notice)), Some(notice));
        for broken in ["", "1", "1.2", "x.0.a", "1.y.a"] {
            assert_eq!(super::spot(broken, true), None, "{broken}");
        }
        assert_eq!(super::spot("1.0.x", false), None);
    }
}
