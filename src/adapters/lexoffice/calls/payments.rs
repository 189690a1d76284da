//! What was paid of a voucher, and what is open.

use super::super::client::LexofficeClient;
use super::super::error::{ApiError, Fault};
use super::super::request::Request;
use super::super::values::{Amount, Day, ResourceId, or_default};
use super::super::words::{PaymentItemType, PaymentStatus, VoucherStatus, VoucherType};
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payments {
    /// Positive whoever owes it.
    pub open_amount: Option<Amount>,
    pub currency: Option<String>,
    /// `balanced` does not mean paid: voided vouchers are balanced, too.
    pub payment_status: PaymentStatus,
    /// An open credit note reads as `openRevenue` as well.
    pub voucher_type: Option<VoucherType>,
    pub voucher_status: Option<VoucherStatus>,
    pub paid_date: Option<Day>,
    #[serde(default, deserialize_with = "or_default")]
    pub payment_items: Vec<PaymentItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentItem {
    pub payment_item_type: PaymentItemType,
    pub posting_date: Option<Day>,
    pub amount: Option<Amount>,
    pub currency: Option<String>,
}

impl LexofficeClient {
    /// What was paid of a voucher. `None`: it is a draft, or a credit note of an invoice, for which the vendor answers 406 and means no error.
    ///
    /// # Errors
    /// An [`ApiError`].
    pub async fn payments(&self, voucher: &ResourceId) -> Result<Option<Payments>, ApiError> {
        let read = self.read(&Request::get(&["payments", voucher.as_str()])).await;
        match read {
            Err(ApiError { fault: Fault::Refused { status: 406, .. }, .. }) => Ok(None),
            other => other.map(Some),
        }
    }
}
