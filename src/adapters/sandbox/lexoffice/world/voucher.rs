//! A sales voucher or a bookkeeping voucher, as the voucherlist lists them.

use super::super::ids::Id;
use super::document::Document;
use super::payment::Payment;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum Kind {
    #[default]
    Invoice,
    DownPaymentInvoice,
    CreditNote,
    SalesInvoice,
    SalesCreditNote,
    PurchaseInvoice,
    PurchaseCreditNote,
}

impl Kind {
    /// As the voucherlist writes it.
    pub(in super::super) fn word(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::DownPaymentInvoice => "downpaymentinvoice",
            Self::CreditNote => "creditnote",
            Self::SalesInvoice => "salesinvoice",
            Self::SalesCreditNote => "salescreditnote",
            Self::PurchaseInvoice => "purchaseinvoice",
            Self::PurchaseCreditNote => "purchasecreditnote",
        }
    }

    /// What its events begin with.
    pub(in super::super) fn event(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::DownPaymentInvoice => "down-payment-invoice",
            Self::CreditNote => "credit-note",
            _ => "voucher",
        }
    }

    pub(in super::super) fn is_bookkeeping(self) -> bool {
        !matches!(self, Self::Invoice | Self::DownPaymentInvoice | Self::CreditNote)
    }

    /// Whether money is owed to the organisation by it.
    pub(in super::super) fn is_claim(self) -> bool {
        matches!(self, Self::Invoice | Self::DownPaymentInvoice | Self::SalesInvoice)
    }

    /// Whether it can be overdue.
    pub(in super::super) fn can_be_overdue(self) -> bool {
        self.is_claim() || self == Self::PurchaseInvoice
    }
}

/// What was decided about it; `paid`, `paidoff` and `overdue` follow from payments and dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum Status {
    Draft,
    #[default]
    Open,
    /// Open, and collected by direct debit.
    SepaDebit,
    Voided,
    /// Handed on to a collection partner.
    Transferred,
    Unchecked,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum EDocument {
    #[default]
    #[serde(rename = "NONE")]
    None,
    #[serde(rename = "EN16931")]
    En16931,
    XRechnung,
}

/// A voucher that follows from this one, or that this one follows from.
#[derive(Clone, Debug)]
pub(in super::super) struct Related {
    pub(in super::super) id: Id,
    pub(in super::super) kind: &'static str,
    pub(in super::super) number: Option<String>,
    /// Not shown before: reads of the service may lag behind its writes.
    pub(in super::super) visible_from: i64,
}

#[derive(Clone, Debug)]
pub(in super::super) struct Voucher {
    pub(in super::super) id: Id,
    pub(in super::super) kind: Kind,
    pub(in super::super) status: Status,
    pub(in super::super) number: String,
    pub(in super::super) due: Option<NaiveDate>,
    pub(in super::super) created: i64,
    pub(in super::super) updated: i64,
    pub(in super::super) version: u32,
    pub(in super::super) archived: bool,
    pub(in super::super) document: Document,
    /// In cents, tax included.
    pub(in super::super) gross: i64,
    pub(in super::super) tax: i64,
    /// A closing invoice claims less than its total.
    pub(in super::super) claimed: Option<i64>,
    pub(in super::super) condition: Option<Id>,
    pub(in super::super) payments: Vec<Payment>,
    pub(in super::super) related: Vec<Related>,
    pub(in super::super) e_document: EDocument,
    pub(in super::super) files: Vec<Id>,
}

impl Voucher {
    /// What is owed by it before any payment, in cents.
    pub(in super::super) fn claim(&self) -> i64 {
        self.claimed.unwrap_or(self.gross)
    }

    /// What is still owed, in cents; `None` while that is not decided.
    pub(in super::super) fn open_amount(&self) -> Option<i64> {
        match self.status {
            Status::Draft | Status::Unchecked => None,
            Status::Voided => Some(0),
            _ => Some((self.claim() - self.payments.iter().map(|payment| payment.amount).sum::<i64>()).max(0)),
        }
    }

    /// The status without regard to time, as detail endpoints and payments have it.
    pub(in super::super) fn word(&self) -> &'static str {
        match self.status {
            Status::Draft => "draft",
            Status::Voided => "voided",
            Status::Unchecked => "unchecked",
            _ if self.open_amount() == Some(0) => match self.kind {
                Kind::CreditNote | Kind::SalesCreditNote | Kind::PurchaseCreditNote => "paidoff",
                _ => "paid",
            },
            Status::Transferred => "transferred",
            Status::SepaDebit => "sepadebit",
            Status::Open => "open",
        }
    }

    /// Whether it is past due: the day after the due date, in German local time, is the first.
    pub(in super::super) fn is_overdue(&self, today: NaiveDate) -> bool {
        self.kind.can_be_overdue() && matches!(self.word(), "open" | "sepadebit") && self.due.is_some_and(|due| due < today)
    }
}
