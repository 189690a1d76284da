//! What brought a voucher's open amount down, or up again.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum PaymentKind {
    #[default]
    ManualPayment,
    PartPaymentFinancialTransaction,
    PartPaymentCreditNote,
    PartPaymentCashBox,
    CashDiscount,
    DunningCosts,
    CurrencyConversion,
    IrrecoverableReceivable,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Payment {
    pub(in super::super) kind: PaymentKind,
    pub(in super::super) on: NaiveDate,
    /// In cents; negative if it makes the open amount bigger.
    pub(in super::super) amount: i64,
}
