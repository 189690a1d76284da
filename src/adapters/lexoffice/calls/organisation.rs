//! Whose key it is, and what that organisation has set up.

use super::super::client::LexofficeClient;
use super::super::error::ApiError;
use super::super::request::Request;
use super::super::values::or_default;
use super::sales::PaymentDiscount;
use serde::Deserialize;

/// The organisation behind the key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub organization_id: String,
    pub company_name: Option<String>,
    /// What `token.revoked` names.
    pub connection_id: Option<String>,
    /// `INVOICING`, `INVOICING_PRO`, `BOOKKEEPING`.
    #[serde(default, deserialize_with = "or_default")]
    pub business_features: Vec<String>,
    pub subscription_status: Option<String>,
    pub tax_type: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub small_business: bool,
}

/// Terms of payment that invoices can be given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCondition {
    pub id: String,
    pub payment_term_label_template: Option<String>,
    /// Days.
    pub payment_term_duration: Option<i64>,
    pub payment_discount_conditions: Option<PaymentDiscount>,
    #[serde(default, deserialize_with = "or_default")]
    pub organization_default: bool,
}

/// How documents look.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PrintLayout {
    pub id: String,
    pub name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub default: bool,
}

impl LexofficeClient {
    /// Whose key it is: the cheapest call that proves it.
    ///
    /// # Errors
    /// An [`ApiError`].
    pub async fn profile(&self) -> Result<Profile, ApiError> {
        self.read(&Request::get(&["profile"])).await
    }

    /// # Errors
    /// An [`ApiError`].
    pub async fn payment_conditions(&self) -> Result<Vec<PaymentCondition>, ApiError> {
        self.read(&Request::get(&["payment-conditions"])).await
    }

    /// # Errors
    /// An [`ApiError`].
    pub async fn print_layouts(&self) -> Result<Vec<PrintLayout>, ApiError> {
        self.read(&Request::get(&["print-layouts"])).await
    }
}
