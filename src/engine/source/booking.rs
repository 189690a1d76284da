//! What a source says of a claim's payments, as the facts that the ledger lacks. Pure.
//!
//! Sources give their postings no id, and take postings back without a word. So postings are told apart by what they say: as many as
//! the source shows of one kind, day and amount shall stand in the ledger. A missing one is booked, one too many is taken back; both
//! under ids made of that content and a number, so that the same answer books nothing twice. Whatever then lies between the ledger's open
//! amount and the source's (a posting of a kind that no rule knows, a listing that shows no postings) is one balancing fact more.

use super::ports::{ItemKind, PaymentItem};
use crate::store::intake::BookedPayment;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What is not explained by postings.
const BALANCE: &str = "balance";

/// A fact to be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Booking {
    pub external_id: String,
    /// As the ledger calls it: `payment`, `credit`, `return_debit`.
    pub kind: &'static str,
    pub amount_minor: i64,
    /// The day of the posting; `None`: now.
    pub on: Option<NaiveDate>,
    /// What it is, for the history.
    pub what: &'static str,
}

/// What the source says of a claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    /// The claim's id at the source.
    pub claim: &'a str,
    pub amount_minor: i64,
    pub open_minor: i64,
    /// `None`: a listing, which shows no postings.
    pub items: Option<&'a [PaymentItem]>,
}

/// The facts that make the ledger say what the source says, given those that it has of this source.
pub(super) fn missing(said: &Said<'_>, booked: &[BookedPayment]) -> Vec<Booking> {
    let mut books = Books::of(said.claim, booked);
    let mut bookings = Vec::new();
    if let Some(items) = said.items {
        let mut wanted: BTreeMap<String, (usize, &PaymentItem)> = BTreeMap::new();
        for item in items.iter().filter(|item| item.amount_minor != 0 && item.kind != ItemKind::Beside) {
            wanted.entry(key(item)).or_insert((0, item)).0 += 1;
        }
        for (key, count) in books.standing() {
            let keeps = wanted.get(&key).map_or(0, |(wanted, _)| *wanted);
            bookings.extend((keeps..count).map(|_| books.take_back(&key)));
        }
        for (key, (count, item)) in wanted {
            let has = books.count(&key);
            bookings.extend((has..count).map(|_| books.book(&key, word(&item.kind), item.amount_minor, Some(item.on))));
        }
    }
    let rest = said.amount_minor - books.total - said.open_minor;
    if rest != 0 {
        bookings.push(books.book(BALANCE, BALANCE, rest, None));
    }
    bookings
}

fn word(kind: &ItemKind) -> &'static str {
    match kind {
        ItemKind::Payment => "payment",
        ItemKind::CreditNote => "credit_note",
        ItemKind::CashDiscount => "cash_discount",
        ItemKind::WriteOff => "write_off",
        ItemKind::Beside => "beside",
        ItemKind::Other(_) => "other",
    }
}

fn key(item: &PaymentItem) -> String {
    format!("{}/{}/{}", word(&item.kind), item.on, item.amount_minor)
}

/// What stands of one key.
#[derive(Clone, Copy, Debug, Default)]
struct Stood {
    booked: usize,
    taken_back: usize,
    amount_minor: i64,
}

/// The source's facts on one claim, those to be booked included.
struct Books<'a> {
    claim: &'a str,
    keys: BTreeMap<String, Stood>,
    total: i64,
}

impl<'a> Books<'a> {
    fn of(claim: &'a str, booked: &[BookedPayment]) -> Self {
        let mut books = Self { claim, keys: BTreeMap::new(), total: 0 };
        for fact in booked {
            books.total += fact.amount_minor;
            let id = fact.external_id.strip_prefix(claim).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&fact.external_id);
            let (id, back) = id.strip_suffix("/back").map_or((id, false), |id| (id, true));
            let key = id.rsplit_once('/').map_or(id, |(key, _)| key);
            let stood = books.keys.entry(key.to_owned()).or_default();
            if back {
                stood.taken_back += 1;
            } else {
                stood.booked += 1;
                stood.amount_minor = fact.amount_minor;
            }
        }
        books
    }

    fn count(&self, key: &str) -> usize {
        self.keys.get(key).map_or(0, |stood| stood.booked - stood.taken_back.min(stood.booked))
    }

    /// The postings that stand, by key.
    fn standing(&self) -> Vec<(String, usize)> {
        let postings = self.keys.keys().filter(|key| *key != BALANCE);
        postings.map(|key| (key.clone(), self.count(key))).filter(|(_, count)| *count > 0).collect()
    }

    fn book(&mut self, key: &str, what: &'static str, amount_minor: i64, on: Option<NaiveDate>) -> Booking {
        let stood = self.keys.entry(key.to_owned()).or_default();
        stood.booked += 1;
        stood.amount_minor = amount_minor;
        self.total += amount_minor;
        let kind = match what {
            _ if amount_minor < 0 => "return_debit",
            "payment" | BALANCE => "payment",
            _ => "credit",
        };
        Booking { external_id: format!("{}/{key}/{}", self.claim, stood.booked), kind, amount_minor, on, what }
    }

    fn take_back(&mut self, key: &str) -> Booking {
        let stood = self.keys.entry(key.to_owned()).or_default();
        stood.taken_back += 1;
        let amount_minor = -stood.amount_minor;
        self.total += amount_minor;
        let kind = if amount_minor < 0 { "return_debit" } else { "payment" };
        Booking { external_id: format!("{}/{key}/{}/back", self.claim, stood.taken_back), kind, amount_minor, on: None, what: "taken_back" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: ItemKind, on: &str, amount_minor: i64) -> PaymentItem {
        PaymentItem { kind, amount_minor, on: on.parse().unwrap() }
    }

    /// Books what is missing; what was booked, as `kind amount`.
    fn hear(booked: &mut Vec<BookedPayment>, open_minor: i64, items: Option<&[PaymentItem]>) -> Vec<String> {
        let said = Said { claim: "c1", amount_minor: 10_000, open_minor, items };
        let bookings = missing(&said, booked);
        for booking in &bookings {
            assert!(booked.iter().all(|other| other.external_id != booking.external_id), "{} twice", booking.external_id);
            booked.push(BookedPayment { external_id: booking.external_id.clone(), amount_minor: booking.amount_minor });
        }
        assert_eq!(10_000 - booked.iter().map(|fact| fact.amount_minor).sum::<i64>(), open_minor);
        bookings.iter().map(|booking| format!("{} {}", booking.what, booking.amount_minor)).collect()
    }

    #[test]
    fn what_was_said_before_books_nothing() {
        let (mut booked, items) =
            (Vec::new(), [item(ItemKind::Payment, "2026-01-30", 4_000), item(ItemKind::Payment, "2026-01-30", 4_000)]);
        assert_eq!(hear(&mut booked, 2_000, Some(&items)), ["payment 4000", "payment 4000"]);
        assert_eq!(hear(&mut booked, 2_000, Some(&items)), [""; 0]);
        assert_eq!(hear(&mut booked, 2_000, None), [""; 0]);
    }

    #[test]
    fn what_vanishes_is_taken_back_and_may_come_again() {
        let (mut booked, items) = (Vec::new(), [item(ItemKind::Payment, "2026-01-30", 10_000)]);
        assert_eq!(hear(&mut booked, 0, Some(&items)), ["payment 10000"]);
        assert_eq!(hear(&mut booked, 10_000, Some(&[])), ["taken_back -10000"]);
        assert_eq!(hear(&mut booked, 0, Some(&items)), ["payment 10000"]);
        assert_eq!(hear(&mut booked, 10_000, Some(&[])), ["taken_back -10000"]);
        let ids: Vec<_> = booked.iter().map(|fact| fact.external_id.as_str()).collect();
        let base = "c1/payment/2026-01-30/10000";
        assert_eq!(ids, [format!("{base}/1"), format!("{base}/1/back"), format!("{base}/2"), format!("{base}/2/back")]);
    }

    #[test]
    fn a_listing_balances_and_the_postings_explain_it_later() {
        let mut booked = Vec::new();
        assert_eq!(hear(&mut booked, 7_000, None), ["balance 3000"]);
        let items = [item(ItemKind::Payment, "2026-01-30", 2_900), item(ItemKind::CashDiscount, "2026-01-30", 100)];
        assert_eq!(hear(&mut booked, 7_000, Some(&items)), ["cash_discount 100", "payment 2900", "balance -3000"]);
        assert_eq!(hear(&mut booked, 10_000, None), ["balance -3000"]);
    }

    #[test]
    fn what_stands_beside_a_claim_takes_nothing_off_it() {
        let mut booked = Vec::new();
        let items = [item(ItemKind::Payment, "2026-01-30", 10_500), item(ItemKind::Beside, "2026-01-30", 500)];
        assert_eq!(hear(&mut booked, 0, Some(&items)), ["payment 10500", "balance -500"]);
        let items = [item(ItemKind::WriteOff, "2026-02-01", 10_000), item(ItemKind::Other("x".to_owned()), "2026-02-01", 1)];
        assert_eq!(hear(&mut booked, 0, Some(&items)), ["taken_back -10500", "other 1", "write_off 10000", "balance 499"]);
    }

    proptest::proptest! {
        /// Whatever is said, in whatever order: the ledger ends at the source's open amount, and the same again books nothing.
        #[test]
        fn the_ledger_follows(answers in proptest::collection::vec(
            (0..12_000_i64, proptest::option::of(proptest::collection::vec((0..5_usize, 1..4_u32, -2..6_i64), 0..5))), 1..12)
        ) {
            let mut booked = Vec::new();
            for (open, items) in answers {
                let items = items.map(|items| items.into_iter().map(|(kind, day, amount)| {
                    let kinds = [ItemKind::Payment, ItemKind::CreditNote, ItemKind::WriteOff, ItemKind::Beside, ItemKind::CashDiscount];
                    item(kinds[kind].clone(), &format!("2026-01-0{day}"), amount * 1_000)
                }).collect::<Vec<_>>());
                hear(&mut booked, open, items.as_deref());
                proptest::prop_assert_eq!(hear(&mut booked, open, items.as_deref()), Vec::<String>::new());
            }
        }
    }
}
