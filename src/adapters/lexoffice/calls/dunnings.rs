//! Dunnings at an invoice. They can't be listed, changed or deleted, and nothing makes a second one impossible: whoever writes one
//! and does not learn how that ended looks at the invoice's related vouchers before anything else.

use super::super::client::LexofficeClient;
use super::super::error::{ApiError, Fault};
use super::super::request::Request;
use super::super::values::{Amount, Day, Moment, ResourceId};
use super::super::words::{TaxType, VoucherStatus};
use super::contacts::Address;
use super::sales::TaxConditions;
use serde::{Deserialize, Serialize};

/// The vendor's limits of characters.
const TITLE: usize = 25;
const TEXT: usize = 2000;
const LINE_NAME: usize = 255;

/// A dunning as it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dunning {
    pub id: ResourceId,
    /// Always `draft`.
    pub voucher_status: Option<VoucherStatus>,
    pub voucher_date: Option<Day>,
    pub created_date: Option<Moment>,
    pub version: Option<i64>,
    pub address: Option<Address>,
    pub title: Option<String>,
    pub introduction: Option<String>,
    /// Where the token of ours stands by which a dunning is known again.
    pub remark: Option<String>,
}

/// A dunning to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDunning {
    pub date: Day,
    /// With the same contact as the invoice's, or none if the invoice has none.
    pub address: Address,
    /// `de` or `en`.
    pub language: Option<String>,
    /// The invoice's.
    pub tax_conditions: TaxConditions,
    /// At least one.
    pub lines: Vec<DunningLine>,
    /// At most 25 characters.
    pub title: Option<String>,
    /// At most 2000 characters, as is the remark.
    pub introduction: Option<String>,
    pub remark: Option<String>,
}

/// A line of a dunning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DunningLine {
    /// A fee or interest in EUR, which is not taxed.
    Cost {
        name: String,
        unit: String,
        amount: Amount,
    },
    Text {
        name: String,
        description: Option<String>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    voucher_date: Day,
    address: &'a Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    line_items: Vec<LineItem<'a>>,
    total_price: Total,
    tax_conditions: &'a TaxConditions,
    shipping_conditions: Shipping,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introduction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum LineItem<'a> {
    Custom {
        name: &'a str,
        quantity: u8,
        unit_name: &'a str,
        unit_price: UnitPrice,
    },
    Text {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnitPrice {
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    net_amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gross_amount: Option<Amount>,
    tax_rate_percentage: u8,
}

#[derive(Serialize)]
struct Total {
    currency: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shipping {
    shipping_type: &'static str,
}

#[derive(Deserialize)]
struct Created {
    id: ResourceId,
}

impl NewDunning {
    /// What the vendor would refuse is refused before it is asked.
    fn check(&self) -> Result<(), Fault> {
        let refuse = |field, reason: String| Err(Fault::NotSent { field, reason });
        if self.lines.is_empty() {
            return refuse("lineItems", "a dunning needs at least one line; a text will do".to_owned());
        }
        let names = self.lines.iter().map(|line| ("lineItems.name", Some(line.name()), LINE_NAME));
        let descriptions = self.lines.iter().map(|line| ("lineItems.description", line.description(), TEXT));
        let texts = [
            ("title", self.title.as_deref(), TITLE),
            ("introduction", self.introduction.as_deref(), TEXT),
            ("remark", self.remark.as_deref(), TEXT),
        ];
        for (field, text, most) in texts.into_iter().chain(names).chain(descriptions) {
            let long = text.map_or(0, |text| text.chars().count());
            if long > most {
                return refuse(field, format!("has {long} characters; the vendor takes {most}"));
            }
        }
        Ok(())
    }

    fn body(&self) -> Body<'_> {
        let gross = self.tax_conditions.tax_type == TaxType::Gross;
        Body {
            voucher_date: self.date,
            address: &self.address,
            language: self.language.as_deref(),
            line_items: self.lines.iter().map(|line| line.item(gross)).collect(),
            total_price: Total { currency: "EUR" },
            tax_conditions: &self.tax_conditions,
            shipping_conditions: Shipping { shipping_type: "none" },
            title: self.title.as_deref(),
            introduction: self.introduction.as_deref(),
            remark: self.remark.as_deref(),
        }
    }
}

impl DunningLine {
    fn name(&self) -> &str {
        match self {
            Self::Cost { name, .. } | Self::Text { name, .. } => name,
        }
    }

    fn description(&self) -> Option<&str> {
        match self {
            Self::Cost { .. } => None,
            Self::Text { description, .. } => description.as_deref(),
        }
    }

    /// The amount stands where the voucher's kind of tax looks for it; untaxed, it is the same in both.
    fn item(&self, gross: bool) -> LineItem<'_> {
        match self {
            Self::Text { name, description } => LineItem::Text { name, description: description.as_deref() },
            Self::Cost { name, unit, amount } => {
                let (net_amount, gross_amount) = if gross { (None, Some(*amount)) } else { (Some(*amount), None) };
                let unit_price = UnitPrice { currency: "EUR", net_amount, gross_amount, tax_rate_percentage: 0 };
                LineItem::Custom { name, quantity: 1, unit_name: unit, unit_price }
            }
        }
    }
}

impl LexofficeClient {
    /// Writes a dunning to an invoice or down-payment invoice; its id. Never repeated by itself unless it was not executed.
    ///
    /// # Errors
    /// An [`ApiError`]; if it [may have happened](ApiError::may_have_happened), look at the invoice's related vouchers.
    pub async fn create_dunning(&self, preceding: &ResourceId, dunning: &NewDunning) -> Result<ResourceId, ApiError> {
        let request = Request::post(&["dunnings"], &dunning.body())?.with("precedingSalesVoucherId", preceding);
        dunning.check().map_err(|fault| fault.of(&request.call()))?;
        let created: Created = self.read(&request).await?;
        Ok(created.id)
    }

    /// # Errors
    /// An [`ApiError`].
    pub async fn dunning(&self, id: &ResourceId) -> Result<Dunning, ApiError> {
        self.read(&Request::get(&["dunnings", id.as_str()])).await
    }
}
