//! Bookkeeping vouchers (Belege): vouchers that were made elsewhere and entered. They have no address, language or terms of payment.

use super::super::client::LexofficeClient;
use super::super::error::ApiError;
use super::super::request::Request;
use super::super::values::{Amount, Day, Moment, ResourceId, or_default};
use super::super::words::{VoucherStatus, VoucherType};
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Voucher {
    pub id: ResourceId,
    pub organization_id: Option<String>,
    #[serde(rename = "type")]
    pub voucher_type: VoucherType,
    pub voucher_status: VoucherStatus,
    pub voucher_number: Option<String>,
    pub voucher_date: Option<Day>,
    pub due_date: Option<Day>,
    pub total_gross_amount: Option<Amount>,
    pub total_tax_amount: Option<Amount>,
    /// For customers who have no contact of their own (Sammelkunde).
    #[serde(default, deserialize_with = "or_default")]
    pub use_collective_contact: bool,
    pub contact_id: Option<ResourceId>,
    pub contact_name: Option<String>,
    pub remark: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub voucher_items: Vec<VoucherItem>,
    #[serde(default, deserialize_with = "or_default")]
    pub files: Vec<ResourceId>,
    pub created_date: Option<Moment>,
    pub updated_date: Option<Moment>,
    pub version: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoucherItem {
    pub amount: Option<Amount>,
    pub tax_amount: Option<Amount>,
    pub tax_rate_percent: Option<Amount>,
    pub category_id: Option<String>,
}

impl LexofficeClient {
    /// A bookkeeping voucher. It is only ever read: a write that does not repeat its files deletes them.
    ///
    /// # Errors
    /// An [`ApiError`]; `NotFound` also for a voucher of another kind.
    pub async fn voucher(&self, id: &ResourceId) -> Result<Voucher, ApiError> {
        self.read(&Request::get(&["vouchers", id.as_str()])).await
    }
}
