//! What the engine asks of a source: the accounting system that invoices are written in. Adapters implement it, tests fake it.
//!
//! Neutral to the product behind it. Amounts come as minor units, days are the source's own local days, words that the source has and
//! this page does not know are kept as `Other`, never an error. Everything here only reads, so that every call may be repeated or
//! dropped. Each request to the other side takes a turn of its [`Pace`] first; the engine calls it nowhere itself.

mod hooks;

pub use hooks::{Event, EventKind, Hooks, Subscription, Unbelieved};

use crate::domain::chain::Hash;
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::store::documents::Document;
use chrono::NaiveDate;
use futures::future::BoxFuture;
use std::time::Duration;

/// One tenant's account at a source.
pub trait Source: Send + Sync {
    /// The source's name in the ledger, such as `lexoffice`: one word that never changes.
    fn name(&self) -> &'static str;

    /// Where it is, for people; without any secret.
    fn describe(&self) -> String;

    /// Stands for the key that it is asked with: same key, same hash. The key itself can't be read from it.
    fn key_hash(&self) -> Hash;

    /// What one page and one listing may hold.
    fn bounds(&self) -> Bounds;

    /// Whose account it is; the test of the connection.
    fn identity(&self) -> BoxFuture<'_, Result<Identity, SourceError>>;

    /// One page (from 0) of the claims that the filter lets through, the oldest first. No snapshot: between two pages rows may move.
    fn page<'a>(&'a self, filter: &'a Filter, page: u32) -> BoxFuture<'a, Result<Page, SourceError>>;

    /// A claim with all that its row lacks.
    fn claim<'a>(&'a self, claim: &'a ClaimKey) -> BoxFuture<'a, Result<Claim, SourceError>>;

    /// A contact with its addresses.
    fn contact<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Contact, SourceError>>;

    /// What is paid of one claim. A draft is an answer ([`ClaimStatus::Draft`]), not an error.
    fn payment<'a>(&'a self, claim: &'a ClaimKey) -> BoxFuture<'a, Result<Payment, SourceError>>;

    /// What is paid of several claims, in their order, if the source tells it in one request; `None` if it does not.
    fn payments<'a>(&'a self, claims: &'a [ClaimKey]) -> Option<BoxFuture<'a, Result<Vec<Payment>, SourceError>>> {
        let _ = claims;
        None
    }

    /// The claim's own document. [`SourceError::NotFound`] where it has none.
    fn document<'a>(&'a self, claim: &'a ClaimKey) -> BoxFuture<'a, Result<Document, SourceError>>;

    /// The side of it that tells of changes by itself; `None` if it has none.
    fn hooks(&self) -> Option<&dyn Hooks> {
        None
    }
}

/// Whose turn it is to ask a source: one row of turns for each key, for all processes together.
pub trait Pace: Send + Sync {
    /// Waits for the next turn. One turn is one request.
    fn turn(&self) -> BoxFuture<'_, Result<(), SourceError>>;

    /// The source said that it was asked too often: nobody asks again before so much time has passed.
    fn hold(&self, pause: Duration) -> BoxFuture<'_, Result<(), SourceError>>;
}

/// How much a source gives at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Rows of a full page.
    pub page_rows: usize,
    /// Rows that one listing reaches, however many there are: more must be cut into windows by day.
    pub window_rows: u64,
}

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The organisation's id at the source.
    pub organisation: String,
    pub name: String,
}

/// What a claim is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimKind {
    Invoice,
    DownPayment,
    /// An invoice that was booked, not written there.
    RevenueVoucher,
    CreditNote,
    /// A word of the source's own.
    Other(String),
}

/// Where a claim stands at the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimStatus {
    /// Not yet, or not any more, a claim.
    Draft,
    Open,
    /// Open and past its due date, as the source reckons. The engine reckons itself.
    Overdue,
    Paid,
    /// Nothing is open, without money: balanced by a credit note, for example.
    PaidOff,
    Voided,
    /// The creditor collects it by direct debit.
    DirectDebit,
    /// A word of the source's own.
    Other(String),
}

/// Names a claim at the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimKey {
    pub kind: ClaimKind,
    pub id: String,
}

/// Days of the source's local time; both ends belong to it, an open end is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// Which claims are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// None named: all kinds that the engine knows a word for.
    pub kinds: Vec<ClaimKind>,
    /// None named: all. `Open` includes what is overdue.
    pub statuses: Vec<ClaimStatus>,
    pub created: Days,
    pub updated: Days,
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<ClaimRow>,
    /// How many rows the filter lets through, as the source says; at [`Bounds::window_rows`] there may be more.
    pub total: u64,
    /// No page follows.
    pub last: bool,
}

/// A claim as a listing shows it. A row that can't be read whole keeps what could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRow {
    pub id: String,
    pub kind: ClaimKind,
    pub status: ClaimStatus,
    pub number: String,
    pub currency: Currency,
    pub total_minor: Option<i64>,
    /// `None` where the source gives none: drafts.
    pub open_minor: Option<i64>,
    /// The day that is written on it.
    pub date: Option<NaiveDate>,
    pub due_date: Option<NaiveDate>,
    /// `None`: a collective customer, of whom the source knows no address.
    pub contact: Option<String>,
    pub contact_name: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub archived: bool,
}

/// A claim in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub key: ClaimKey,
    pub status: ClaimStatus,
    pub number: String,
    pub currency: Currency,
    /// What is claimed: of a closing invoice what is left after its down payments.
    pub amount_minor: i64,
    pub date: NaiveDate,
    /// `None` on drafts.
    pub due_date: Option<NaiveDate>,
    pub contact: Option<String>,
    /// The address that stands on it; the contact's may be another. `None` where the claim has none.
    pub address: Option<PostalAddress>,
    /// Two small letters; empty if unknown.
    pub language: String,
    pub term: Option<PaymentTerm>,
    pub has_document: bool,
    pub updated: Timestamp,
    pub archived: bool,
}

/// How a claim is to be paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentTerm {
    /// The source's id of it, where one can be told.
    pub id: Option<String>,
    /// As it stands on the claim.
    pub text: String,
}

/// Where letters go. Empty lines are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostalAddress {
    pub name: String,
    pub supplement: String,
    pub street: String,
    pub postcode: String,
    pub city: String,
    /// As the source writes it; ISO 3166-1 alpha-2 wherever it can be told.
    pub country: String,
}

/// A customer as the source has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub id: String,
    pub number: Option<String>,
    pub name: String,
    /// A company, a person, or `None` where that can't be told.
    pub is_business: Option<bool>,
    pub addresses: Vec<PostalAddress>,
    /// In the source's order.
    pub emails: Vec<ContactEmail>,
    pub archived: bool,
}

/// An e-mail address and what the source keeps it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactEmail {
    pub kind: EmailKind,
    pub address: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EmailKind {
    Business,
    Office,
    Private,
    Other,
    /// The primary person to talk to.
    ContactPerson,
}

/// What is paid of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub status: ClaimStatus,
    pub currency: Currency,
    /// Means nothing while the claim is a draft.
    pub open_minor: i64,
    pub items: Vec<PaymentItem>,
}

/// One posting against a claim. Sources give it no id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaymentItem {
    pub kind: ItemKind,
    /// What it takes off the claim; negative for money that went back.
    pub amount_minor: i64,
    pub on: NaiveDate,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// Money came: bank, cash, booked by hand.
    Payment,
    CreditNote,
    CashDiscount,
    /// Given up as irrecoverable.
    WriteOff,
    /// Posted beside the claim without changing what is open of it: dunning fees, differences of exchange rates.
    Beside,
    /// A word of the source's own.
    Other(String),
}

/// Why a source did not answer what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No connection, no answer in time, or an answer that says "later": it passes by itself.
    #[error("it can't be reached: {why}")]
    Unreachable { why: String },
    /// Asked too often, or its turns are taken for too long; what was asked was not done.
    #[error("its limit of requests is used up")]
    RateLimited { after: Option<Duration> },
    /// The key is not accepted.
    #[error("the key is not accepted")]
    Unauthorized,
    /// The key was accepted once and is not any more.
    #[error("the key was revoked")]
    Revoked,
    /// The account's contract does not include what is asked.
    #[error("the account's contract does not allow it: {why}")]
    NoContract { why: String },
    /// The key belongs to another organisation than the one that was connected.
    #[error("the key belongs to organisation {found}, not to {expected}")]
    WrongOrganisation { expected: String, found: String },
    /// An answer that can't be read.
    #[error("{place}: {what}")]
    Malformed { what: String, place: String },
    #[error("there is no {what}")]
    NotFound { what: String },
    #[error("{what} is larger than {limit_bytes} bytes")]
    TooLarge { what: String, limit_bytes: u64 },
    /// It wants to be asked elsewhere, where the key must not go.
    #[error("it points to another place: {to}")]
    Redirected { to: String },
    /// Understood and not granted: a right that the key lacks, a request that it does not take.
    #[error("it refuses: {why}")]
    Refused { why: String },
}

impl SourceError {
    /// Whether the same may succeed later without anybody's doing.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::RateLimited { .. })
    }

    /// Whether it concerns what was asked for alone, not the connection: others may well be answered.
    #[must_use]
    pub fn is_of_one(&self) -> bool {
        matches!(self, Self::Malformed { .. } | Self::NotFound { .. } | Self::TooLarge { .. } | Self::Refused { .. })
    }
}
