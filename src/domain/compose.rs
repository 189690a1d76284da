//! The composition of notices: which due invoices one notice carries, in which order, by which channel.
//!
//! The text is the highest stage's: the later one by kind (dunning over reminder), then by position.

use super::chain::{digest, hex};
use super::ids::{CustomerId, InvoiceId, NoticeId};
use super::money::Currency;
use super::workflow::{Automation, Channel, Stage};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// An invoice that is due and may be dunned.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    pub invoice: InvoiceId,
    /// The invoice's own number.
    pub number: &'a str,
    /// How many transitions its instance has had.
    pub seq: i64,
    pub customer: CustomerId,
    pub currency: Currency,
    pub due_date: NaiveDate,
    pub stage_date: NaiveDate,
    /// Its stage's position in its workflow.
    pub position: usize,
    pub stage: &'a Stage,
    pub open_minor: i64,
}

/// Sorts a notice's lines: by stage date, due date, then invoice number by bytes.
pub fn order(lines: &mut [Candidate<'_>]) {
    lines.sort_by(|a, b| (a.stage_date, a.due_date, a.number).cmp(&(b.stage_date, b.due_date, b.number)));
}

/// The line whose stage speaks for the notice; of equal ones the first.
#[must_use]
pub fn highest<'c, 'a>(lines: &'c [Candidate<'a>]) -> Option<&'c Candidate<'a>> {
    lines.iter().min_by_key(|line| Reverse((line.stage.kind, line.position)))
}

/// How a notice goes out, and by which sender's throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Email,
    Post,
    /// By e-mail, and the same as a letter.
    EmailAndPost,
    /// No address for the channel: printed, a person posts it.
    Paper(PaperReason),
}

/// Why a notice ends as paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperReason {
    NoAddress,
    AddressBlocked,
}

impl PaperReason {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::AddressBlocked => "address_blocked",
        }
    }
}

/// What is known of the ways to a customer.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    pub email: bool,
    /// The e-mail address bounced or was blocked by a person.
    pub email_blocked: bool,
    pub post: bool,
}

impl Route {
    /// The way that `channel` takes to a customer. No e-mail address means paper, where the channel has no letter of its own.
    #[must_use]
    pub fn choose(channel: Channel, reach: Reach) -> Self {
        let email = reach.email && !reach.email_blocked;
        let reason = if reach.email_blocked { PaperReason::AddressBlocked } else { PaperReason::NoAddress };
        match (channel, email, reach.post) {
            (Channel::Email | Channel::EmailThenPost, true, _) | (Channel::EmailAndPost, true, false) => Self::Email,
            (Channel::EmailAndPost, true, true) => Self::EmailAndPost,
            (Channel::Post | Channel::EmailAndPost | Channel::EmailThenPost, _, true) => Self::Post,
            (Channel::Email, false, _) | (Channel::EmailAndPost | Channel::EmailThenPost, false, false) => Self::Paper(reason),
            (Channel::Post, _, false) => Self::Paper(PaperReason::NoAddress),
        }
    }

    /// The word in SQL and JSON: `email`, `post`, `paper`.
    #[must_use]
    pub fn channel(self) -> &'static str {
        match self {
            Self::Email | Self::EmailAndPost => "email",
            Self::Post => "post",
            Self::Paper(_) => "paper",
        }
    }

    /// The sender whose throttle it takes a slot of; paper takes none.
    #[must_use]
    pub fn sender(self) -> Option<Sender> {
        match self {
            Self::Email | Self::EmailAndPost => Some(Sender::Mail),
            Self::Post => Some(Sender::Post),
            Self::Paper(_) => None,
        }
    }
}

/// A tenant's senders; each has its own throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    Mail,
    Post,
}

impl Sender {
    pub const ALL: [Self; 2] = [Self::Mail, Self::Post];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Post => "post",
        }
    }
}

/// The most careful automation among the lines: what one of them wants reviewed is reviewed.
#[must_use]
pub fn automation(lines: &[Candidate<'_>]) -> Automation {
    lines.iter().map(|line| line.stage.automation).min().unwrap_or(Automation::Propose)
}

/// The notice's id: the same content has the same id on every run.
///
/// The instance's sequence tells a notice from the recalled one that it replaces.
#[must_use]
pub fn notice_id(tenant: &str, customer: &str, lines: &[Candidate<'_>]) -> NoticeId {
    let mut content = format!("mahnwerk.notice.1\0{tenant}\0{customer}");
    for line in lines {
        content.push_str(&format!("\0{}\0{}\0{}", line.number, line.stage.key, line.seq));
    }
    let digest = digest(content.as_bytes());
    NoticeId(hex(digest.first_chunk::<16>().unwrap_or(&[0; 16])))
}
