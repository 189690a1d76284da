//! Every act there is, as control requests and scenarios write it.

use super::super::amount::Amount;
use super::super::records::{NewContact, NewVoucher};
use super::super::world::PaymentKind;
use chrono::NaiveDate;
use serde::Deserialize;

/// `voucher` is an id or a number, `contact` an id, a customer number or a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum Act {
    /// Without an amount all that is open.
    Pay {
        voucher: String,
        amount: Option<Amount>,
        #[serde(default)]
        kind: PaymentKind,
        on: Option<NaiveDate>,
    },
    /// The last payment bounces: it disappears, or a negative one follows it.
    ReturnDebit {
        voucher: String,
        #[serde(default)]
        negative: bool,
    },
    Void {
        voucher: String,
    },
    /// Back to draft, as the web app allows.
    Draft {
        voucher: String,
    },
    /// A draft becomes open.
    Finalize {
        voucher: String,
    },
    /// A credit note for it, over all that is open or the amount given.
    CreditNote {
        voucher: String,
        amount: Option<Amount>,
    },
    WriteOff {
        voucher: String,
        amount: Option<Amount>,
    },
    CashDiscount {
        voucher: String,
        amount: Amount,
    },
    /// It is collected by direct debit from now on.
    SepaDebit {
        voucher: String,
    },
    Edit {
        voucher: String,
        due: Option<NaiveDate>,
        amount: Option<Amount>,
        title: Option<String>,
        remark: Option<String>,
        archived: Option<bool>,
    },
    Delete {
        voucher: String,
    },
    ArchiveContact {
        contact: String,
        #[serde(default = "yes")]
        archived: bool,
    },
    EditContact {
        contact: String,
        email: Option<String>,
        name: Option<String>,
    },
    CreateContact(NewContact),
    CreateInvoice(NewVoucher),
    CreateVoucher(NewVoucher),
    RevokeKey {
        key: String,
    },
    /// "Briefpapier mitdrucken" is ticked, or not any more.
    Letterhead {
        organization: Option<String>,
        printed: bool,
    },
}

/// Every name an act goes by, for whoever mistypes one.
pub(in super::super) const NAMES: &[&str] = &[
    "pay",
    "return_debit",
    "void",
    "draft",
    "finalize",
    "credit_note",
    "write_off",
    "cash_discount",
    "sepa_debit",
    "edit",
    "delete",
    "archive_contact",
    "edit_contact",
    "create_contact",
    "create_invoice",
    "create_voucher",
    "revoke_key",
    "letterhead",
];

fn yes() -> bool {
    true
}

impl Act {
    /// The number that a voucher will have once this was done, if it says so.
    pub(in super::super) fn number_made(&self) -> Option<&str> {
        match self {
            Self::CreateInvoice(record) | Self::CreateVoucher(record) => record.number.as_deref(),
            _ => None,
        }
    }

    /// The voucher that it is about.
    pub(in super::super) fn voucher(&self) -> Option<&str> {
        match self {
            Self::Pay { voucher, .. }
            | Self::ReturnDebit { voucher, .. }
            | Self::Void { voucher }
            | Self::Draft { voucher }
            | Self::Finalize { voucher }
            | Self::CreditNote { voucher, .. }
            | Self::WriteOff { voucher, .. }
            | Self::CashDiscount { voucher, .. }
            | Self::SepaDebit { voucher }
            | Self::Edit { voucher, .. }
            | Self::Delete { voucher } => Some(voucher),
            _ => None,
        }
    }
}
