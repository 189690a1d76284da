//! What a row says once it is read: an invoice and its customer; or why not.

use crate::domain::money::Money;
use chrono::NaiveDate;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// One invoice of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRow {
    /// Line of the file on which the row begins, from 1.
    pub line: u64,
    pub number: String,
    /// What the source calls the invoice; its number where the file has nothing else.
    pub external_id: String,
    pub kind: InvoiceKind,
    pub invoice_date: NaiveDate,
    /// May lie before the invoice date: real files contain that.
    pub due_date: NaiveDate,
    /// More than zero.
    pub amount: Money,
    /// When it was paid in full. Only a rehearsal reads it.
    pub paid_on: Option<NaiveDate>,
    /// The original invoice, below the file's folder. Nobody has looked whether it is there.
    pub document: Option<PathBuf>,
    pub customer: CustomerRow,
    /// What was left out or changed so that the row could be kept.
    pub warnings: Vec<RowWarning>,
}

impl InvoiceRow {
    /// The same invoice in every respect, wherever it stands in whichever file.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let claim = |row: &Self| (row.kind, row.invoice_date, row.due_date, row.amount, row.paid_on);
        claim(self) == claim(other)
            && self.number == other.number
            && self.external_id == other.external_id
            && self.document == other.document
            && self.customer == other.customer
    }
}

/// The customer as one row describes it. Empty strings are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerRow {
    pub number: String,
    pub name: String,
    /// A valid address, or none.
    pub email: Option<String>,
    pub street: String,
    pub postcode: String,
    pub city: String,
    /// ISO 3166 code: `DE`.
    pub country: String,
    /// ISO 639 code: `de`.
    pub language: String,
    pub kind: CustomerKind,
}

/// What kind of claim it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvoiceKind {
    #[default]
    Invoice,
    /// Einnahmenbeleg: an invoice that another program wrote.
    RevenueVoucher,
    DownPayment,
    Instalment,
    CreditNote,
}

impl InvoiceKind {
    pub const ALL: [Self; 5] = [Self::Invoice, Self::RevenueVoucher, Self::DownPayment, Self::Instalment, Self::CreditNote];

    /// The word of maps, SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::RevenueVoucher => "revenue_voucher",
            Self::DownPayment => "down_payment",
            Self::Instalment => "instalment",
            Self::CreditNote => "credit_note",
        }
    }
}

/// Whether consumer law protects the customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CustomerKind {
    Business,
    /// Also every customer of whom nothing else is known.
    #[default]
    Consumer,
}

impl CustomerKind {
    /// The word of maps, SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Consumer => "consumer",
        }
    }
}

/// Why a row was refused. Nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// Line of the file on which the row begins, from 1.
    pub line: u64,
    /// The column or columns of the file that feed the field.
    pub column: Option<String>,
    /// [`super::Field::name`], or `row` when it is the row itself.
    pub field: &'static str,
    /// What the file says, shortened.
    pub value: String,
    /// What is wrong and what to write instead; continues a sentence that begins with the value.
    pub message: String,
    /// No row after this one could be read.
    pub ends_file: bool,
}

/// What was left out or changed so that a row could be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowWarning {
    /// Line of the file on which the row begins, from 1.
    pub line: u64,
    /// The column or columns of the file that feed the field.
    pub column: Option<String>,
    /// [`super::Field::name`].
    pub field: &'static str,
    /// What the file says, shortened.
    pub value: String,
    /// What was done about it; continues a sentence that begins with the value.
    pub message: String,
}

impl fmt::Display for RowProblem {
    /// `17: amount (column Betrag): "1.234,50" is not …`; put the file's name and a colon before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, field, value, message, .. } = self;
        write_finding(f, *line, column.as_deref(), field, value, message)
    }
}

impl fmt::Display for RowWarning {
    /// `17: customer.email: "x" is no …`; put the file's name and a colon before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, field, value, message } = self;
        write_finding(f, *line, column.as_deref(), field, value, message)
    }
}

fn write_finding(f: &mut fmt::Formatter<'_>, line: u64, column: Option<&str>, field: &str, value: &str, message: &str) -> fmt::Result {
    write!(f, "{line}: {field}")?;
    // A column that is named as its field needs no second mention.
    if let Some(column) = column.filter(|column| *column != field) {
        write!(f, " (column {column})")?;
    }
    f.write_str(": ")?;
    if !value.is_empty() {
        write!(f, "\"{value}\" ")?;
    }
    f.write_str(message)
}
