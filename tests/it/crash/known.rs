//! What those outside the engine know: the reference model. Facts as they were told to it and acknowledged.
//!
//! Shares no code with the engine: open amounts are sums, a day is a day in Berlin.

use mahnwerk::domain::time::Timestamp;
use std::collections::BTreeMap;

/// What the ladder of every story does not dun, in minor units.
pub(crate) const MINIMUM: i64 = 500;
/// The stages of the ladder of every story.
pub(crate) const STAGES: [&str; 3] = ["reminder-1", "reminder-2", "dunning-1"];

/// How a claim ended by a person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Withdrawn,
    HandedOver,
}

#[derive(Clone, Debug)]
pub(crate) struct Bill {
    pub(crate) id: i64,
    pub(crate) customer: String,
    pub(crate) amount: i64,
    pub(crate) paid: i64,
    pub(crate) due: chrono::NaiveDate,
    pub(crate) end: Option<End>,
    pub(crate) cancelled: bool,
    /// How many stages people left out.
    pub(crate) skips: usize,
    pub(crate) consolidated: bool,
    /// It has never been under a workflow that makes one notice of several invoices.
    pub(crate) alone: bool,
}

impl Bill {
    pub(crate) fn open(&self) -> i64 {
        self.amount - self.paid
    }
}

/// Invoices and pauses, as people know them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) bills: BTreeMap<String, Bill>,
    /// Of customers and invoices: the first instants at which pauses no longer hold; none for open ones.
    pauses: BTreeMap<String, Vec<Option<Timestamp>>>,
    pub(crate) payments: usize,
    /// A person holds everything back, and that was acknowledged: all but the notices that had begun by then.
    pub(crate) off: Option<std::collections::BTreeSet<String>>,
    /// Notices that leave on a person's word, on whatever day.
    pub(crate) by_hand: std::collections::BTreeSet<String>,
}

impl Known {
    pub(crate) fn pause(&mut self, whom: &str, until: Option<Timestamp>) {
        self.pauses.entry(whom.to_owned()).or_default().push(until);
    }

    /// Ends pauses as a person does: of a customer with those of its invoices, of an invoice alone.
    pub(crate) fn resume(&mut self, whom: &str) {
        self.pauses.remove(whom);
        let of_customer: Vec<_> = self.bills.iter().filter(|(_, bill)| bill.customer == whom).map(|(number, _)| number.clone()).collect();
        for number in of_customer {
            self.pauses.remove(&number);
        }
    }

    pub(crate) fn rests(&self, number: &str, now: Timestamp) -> bool {
        let customer = self.bills.get(number).map_or("", |bill| bill.customer.as_str());
        let holds = |whom: &str| self.pauses.get(whom).is_some_and(|all| all.iter().any(|until| until.is_none_or(|until| now < until)));
        holds(number) || holds(customer)
    }

    /// Why this invoice must not be dunned over this amount now.
    pub(crate) fn forbids(&self, number: &str, open_minor: i64, now: Timestamp) -> Option<String> {
        let Some(bill) = self.bills.get(number) else { return Some("nobody knows it".to_owned()) };
        let why = if bill.end.is_some() {
            "it has ended"
        } else if bill.cancelled {
            "it was cancelled"
        } else if self.rests(number, now) {
            "it rests"
        } else if bill.open() < MINIMUM {
            "too little is open"
        } else if bill.open() != open_minor {
            "another amount is open"
        } else {
            return None;
        };
        Some(format!("{why}: {bill:?}"))
    }

    /// The state in which an invoice ends when everything has happened and nobody asks for more.
    pub(crate) fn ends(&self, number: &str, now: Timestamp) -> &'static str {
        let Some(bill) = self.bills.get(number) else { return "" };
        match bill.end {
            Some(End::Withdrawn) => "withdrawn",
            Some(End::HandedOver) => "handed_over",
            None if bill.open() <= 0 => "settled",
            None if bill.open() < MINIMUM || self.rests(number, now) => "blocked",
            None => "exhausted",
        }
    }
}
