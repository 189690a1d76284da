//! Invoices, down-payment invoices and credit notes: the sales vouchers that are made in lexoffice.

use super::super::client::LexofficeClient;
use super::super::error::ApiError;
use super::super::request::Request;
use super::super::values::{Amount, Day, Moment, ResourceId, or_default};
use super::super::words::{TaxType, VoucherStatus, VoucherType};
use super::contacts::Address;
use serde::{Deserialize, Serialize};

/// An invoice, a down-payment invoice, or a credit note. A credit note that is related to an invoice is paid off at once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesVoucher {
    pub id: ResourceId,
    pub organization_id: Option<String>,
    /// Never `overdue`: only the voucherlist knows that.
    pub voucher_status: VoucherStatus,
    pub voucher_number: Option<String>,
    pub voucher_date: Option<Day>,
    /// Absent on drafts.
    pub due_date: Option<Day>,
    pub created_date: Option<Moment>,
    pub updated_date: Option<Moment>,
    pub version: Option<i64>,
    /// `de` or `en`.
    pub language: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
    /// The voucher's own copy: it stays as it is when the contact moves.
    pub address: Option<Address>,
    pub total_price: Option<TotalPrice>,
    pub tax_conditions: Option<TaxConditions>,
    pub payment_conditions: Option<PaymentTerms>,
    /// A closing invoice (Schlussrechnung) claims [`Self::claimed_gross_amount`], for its down payments are off already.
    #[serde(default, deserialize_with = "or_default")]
    pub closing_invoice: bool,
    pub claimed_gross_amount: Option<Amount>,
    /// Of a down-payment invoice: where it was taken into account.
    pub closing_invoice_id: Option<ResourceId>,
    pub recurring_template_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub related_vouchers: Vec<RelatedVoucher>,
    pub electronic_document_profile: Option<String>,
    pub print_layout_id: Option<String>,
    pub title: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalPrice {
    pub currency: Option<String>,
    pub total_net_amount: Option<Amount>,
    pub total_gross_amount: Option<Amount>,
    pub total_tax_amount: Option<Amount>,
}

/// How it is taxed; a dunning repeats it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxConditions {
    pub tax_type: TaxType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_sub_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_type_note: Option<String>,
}

/// When it is to be paid. Has no id: which of the organisation's payment conditions it was, only the text tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentTerms {
    pub payment_term_label: Option<String>,
    pub payment_term_label_template: Option<String>,
    /// Days.
    pub payment_term_duration: Option<i64>,
    pub payment_discount_conditions: Option<PaymentDiscount>,
}

/// A discount (Skonto) for those who pay early.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDiscount {
    pub discount_percentage: Option<Amount>,
    /// Days.
    pub discount_range: Option<i64>,
}

/// Another voucher that belongs to it, a dunning among them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelatedVoucher {
    pub id: ResourceId,
    pub voucher_number: Option<String>,
    pub voucher_type: Option<VoucherType>,
}

impl LexofficeClient {
    /// # Errors
    /// An [`ApiError`]; `NotFound` also for a voucher of another type.
    pub async fn invoice(&self, id: &ResourceId) -> Result<SalesVoucher, ApiError> {
        self.read(&Request::get(&["invoices", id.as_str()])).await
    }

    /// # Errors
    /// As [`Self::invoice`].
    pub async fn down_payment_invoice(&self, id: &ResourceId) -> Result<SalesVoucher, ApiError> {
        self.read(&Request::get(&["down-payment-invoices", id.as_str()])).await
    }

    /// # Errors
    /// As [`Self::invoice`].
    pub async fn credit_note(&self, id: &ResourceId) -> Result<SalesVoucher, ApiError> {
        self.read(&Request::get(&["credit-notes", id.as_str()])).await
    }
}
