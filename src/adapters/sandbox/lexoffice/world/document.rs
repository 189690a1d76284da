//! What invoices, credit notes and dunnings have in common: an address, lines, taxes and texts.

use super::super::amount::cents;
use super::super::ids::Id;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A copy of its own: it does not follow the contact's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in super::super) struct Address {
    pub(in super::super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) supplement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) street: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) zip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) country_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) contact_person: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum TaxType {
    #[default]
    Net,
    Gross,
    Vatfree,
    IntraCommunitySupply,
    ConstructionService13b,
    ExternalService13b,
    ThirdPartyCountryService,
    ThirdPartyCountryDelivery,
    PhotovoltaicEquipment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum LineKind {
    Service,
    Material,
    Custom,
    Text,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum Shipping {
    Service,
    ServicePeriod,
    Delivery,
    DeliveryPeriod,
    #[default]
    None,
}

#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Line {
    pub(in super::super) kind: LineKind,
    pub(in super::super) name: String,
    pub(in super::super) description: Option<String>,
    pub(in super::super) unit: Option<String>,
    pub(in super::super) quantity: Decimal,
    /// Per unit: net or gross, as the tax type says.
    pub(in super::super) price: Decimal,
    pub(in super::super) tax_rate: Decimal,
    pub(in super::super) discount: Decimal,
}

#[derive(Clone, Debug)]
pub(in super::super) struct Document {
    pub(in super::super) date: NaiveDate,
    pub(in super::super) contact: Option<Id>,
    pub(in super::super) address: Arc<Address>,
    pub(in super::super) lines: Vec<Line>,
    pub(in super::super) tax_type: TaxType,
    pub(in super::super) shipping: Shipping,
    pub(in super::super) english: bool,
    pub(in super::super) title: Option<String>,
    pub(in super::super) introduction: Option<String>,
    pub(in super::super) remark: Option<String>,
    pub(in super::super) print_layout: Option<Id>,
}

/// In cents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Totals {
    pub(in super::super) net: i64,
    pub(in super::super) tax: i64,
    pub(in super::super) gross: i64,
    /// Tax and net amount of each rate.
    pub(in super::super) by_rate: BTreeMap<Decimal, (i64, i64)>,
}

impl TaxType {
    /// Whether there is tax at all.
    fn taxes(self) -> bool {
        matches!(self, Self::Net | Self::Gross)
    }

    pub(in super::super) fn is_gross(self) -> bool {
        self == Self::Gross
    }
}

impl Line {
    /// In cents, in the terms of the tax type.
    pub(in super::super) fn amount(&self) -> i64 {
        if self.kind == LineKind::Text {
            return 0;
        }
        cents(self.quantity * self.price * (Decimal::ONE - self.discount / Decimal::ONE_HUNDRED))
    }
}

impl Document {
    /// Nothing but a day.
    pub(in super::super) fn empty(date: NaiveDate) -> Self {
        Self {
            date,
            contact: None,
            address: Arc::default(),
            lines: Vec::new(),
            tax_type: TaxType::Net,
            shipping: Shipping::None,
            english: false,
            title: None,
            introduction: None,
            remark: None,
            print_layout: None,
        }
    }

    /// Rounded once for each tax rate.
    pub(in super::super) fn totals(&self) -> Totals {
        let mut sums: BTreeMap<Decimal, i64> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.kind != LineKind::Text) {
            *sums.entry(line.tax_rate.normalize()).or_default() += line.amount();
        }
        let mut totals = Totals::default();
        for (rate, sum) in sums {
            let share = rate / Decimal::ONE_HUNDRED;
            let amount = Decimal::new(sum, 2);
            let tax = match self.tax_type {
                _ if !self.tax_type.taxes() => 0,
                TaxType::Gross => sum - cents(amount / (Decimal::ONE + share)),
                _ => cents(amount * share),
            };
            let net = if self.tax_type.is_gross() { sum - tax } else { sum };
            totals.net += net;
            totals.tax += tax;
            totals.gross += net + tax;
            totals.by_rate.insert(rate, (tax, net));
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(tax_type: TaxType, lines: &[(&str, &str, &str)]) -> Document {
        let line = |(quantity, price, rate): &(&str, &str, &str)| Line {
            kind: LineKind::Custom,
            name: String::new(),
            description: None,
            unit: None,
            quantity: quantity.parse().unwrap(),
            price: price.parse().unwrap(),
            tax_rate: rate.parse().unwrap(),
            discount: Decimal::ZERO,
        };
        Document { lines: lines.iter().map(line).collect(), tax_type, ..Document::empty(NaiveDate::default()) }
    }

    #[test]
    fn net_prices_get_tax_gross_ones_hold_it_and_free_ones_have_none() {
        let gross = |tax_type, lines: &[(&str, &str, &str)]| {
            let totals = document(tax_type, lines).totals();
            (totals.net, totals.tax, totals.gross)
        };
        assert_eq!(gross(TaxType::Net, &[("2", "100", "19")]), (20_000, 3_800, 23_800));
        assert_eq!(gross(TaxType::Gross, &[("1", "119", "19")]), (10_000, 1_900, 11_900));
        assert_eq!(gross(TaxType::Vatfree, &[("1", "119", "0")]), (11_900, 0, 11_900));
        assert_eq!(gross(TaxType::Net, &[("0.3333", "0.05", "19"), ("1", "1", "7")]), (102, 7, 109));
    }
}
