//! What one customer is sent on one occasion, as data: the model that texts, mails and letters read.

use super::ids::NoticeId;
use super::money::Currency;
use super::workflow::StageKind;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Everything a notice may say. Amounts are minor units of `currency`; dates are civil dates of the workflow's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: NoticeId,
    /// The language of the whole message, already resolved to one that has a text set.
    pub language: String,
    /// The highest stage among its lines; its text is the notice's text.
    pub stage: String,
    pub kind: Kind,
    pub template: String,
    /// The day it leaves.
    pub date: NaiveDate,
    /// The new deadline.
    pub pay_by: NaiveDate,
    pub currency: Currency,
    /// In order of stage date, due date, invoice number.
    pub lines: Vec<Line>,
    /// Charged for dunning these invoices so far, this notice included; 0 if none.
    pub fee_minor: i64,
    pub creditor: Creditor,
    pub recipient: Recipient,
    /// Marks a test: the text says so.
    pub test: bool,
}

impl Notice {
    /// What is open on its invoices, without fees.
    #[must_use]
    pub fn open_minor(&self) -> i64 {
        self.lines.iter().map(|line| line.open_minor).sum()
    }

    /// What the customer is asked to pay.
    #[must_use]
    pub fn total_minor(&self) -> i64 {
        self.open_minor().saturating_add(self.fee_minor)
    }
}

/// The stage's kind in texts and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Reminder,
    Dunning,
}

impl From<StageKind> for Kind {
    fn from(kind: StageKind) -> Self {
        match kind {
            StageKind::Reminder => Self::Reminder,
            StageKind::Dunning => Self::Dunning,
        }
    }
}

/// One invoice of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub invoice: String,
    pub stage: String,
    pub invoice_date: NaiveDate,
    pub due_date: NaiveDate,
    pub amount_minor: i64,
    pub open_minor: i64,
    /// Days from the due date to the notice's date.
    pub days_overdue: i64,
}

/// Who dunns: the tenant as letterhead, sender line and footer show it. Empty strings are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Creditor {
    pub name: String,
    pub street: String,
    pub postcode: String,
    pub city: String,
    /// ISO 3166 code: `DE`.
    pub country: String,
    pub email: String,
    pub phone: String,
    pub website: String,
    /// Who signs and who answers questions.
    pub contact: String,
    pub bank: String,
    pub iban: String,
    pub bic: String,
    pub tax_id: String,
    /// Register court and number, managing directors: footer lines as they shall stand.
    pub footer: Vec<String>,
    /// A second account to pay into; payment codes name the first.
    pub second_account: Account,
}

/// A bank account. Without an IBAN it is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    pub bank: String,
    pub iban: String,
    pub bic: String,
}

impl Account {
    /// Whether there is one.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !self.iban.is_empty()
    }
}

/// Who is written to, at the time of the notice. Empty strings are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub number: String,
    pub name: String,
    pub email: String,
    /// What kind of address it is: the rule that chose it. Texts do not read it.
    #[serde(default, skip_serializing)]
    pub email_rule: String,
    pub street: String,
    pub postcode: String,
    pub city: String,
    pub country: String,
}
