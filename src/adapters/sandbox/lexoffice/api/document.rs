//! How the common part of sales vouchers and dunnings stands in JSON.

use super::super::amount::{cents, decimal, number};
use super::super::time::stamp_of_day;
use super::super::world::{Document, Line, LineKind, TaxType};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// Texts that are absent are left out.
pub(super) fn write(document: &Document) -> Map<String, Value> {
    let totals = document.totals();
    let taxes = totals.by_rate.iter();
    let mut address = serde_json::to_value(&*document.address).unwrap_or_default();
    if let Some(contact) = document.contact {
        address["contactId"] = json!(contact);
    }
    let fields = json!({
        "language": if document.english { "en" } else { "de" },
        "voucherDate": stamp_of_day(document.date),
        "address": address,
        "lineItems": document.lines.iter().map(|line| line_item(line, document.tax_type)).collect::<Vec<_>>(),
        "totalPrice": {
            "currency": "EUR", "totalNetAmount": number(totals.net), "totalGrossAmount": number(totals.gross), "totalTaxAmount": number(totals.tax),
        },
        "taxAmounts": taxes.map(|(rate, (tax, net))| json!({
            "taxRatePercentage": decimal(*rate), "taxAmount": number(*tax), "netAmount": number(*net),
        })).collect::<Vec<_>>(),
        "taxConditions": {"taxType": document.tax_type},
        "shippingConditions": {"shippingType": document.shipping},
        "title": document.title, "introduction": document.introduction, "remark": document.remark,
        "printLayoutId": document.print_layout,
    });
    let Value::Object(fields) = fields else { return Map::new() };
    fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

fn line_item(line: &Line, tax_type: TaxType) -> Value {
    let mut item = json!({"type": line.kind, "name": line.name});
    if let Some(description) = &line.description {
        item["description"] = json!(description);
    }
    if line.kind == LineKind::Text {
        return item;
    }
    let factor = Decimal::ONE + line.tax_rate / Decimal::ONE_HUNDRED;
    let (net, gross) =
        if tax_type.is_gross() { (cents(line.price / factor), cents(line.price)) } else { (cents(line.price), cents(line.price * factor)) };
    item["quantity"] = decimal(line.quantity);
    item["unitName"] = json!(line.unit.as_deref().unwrap_or("Stück"));
    item["unitPrice"] =
        json!({"currency": "EUR", "netAmount": number(net), "grossAmount": number(gross), "taxRatePercentage": decimal(line.tax_rate)});
    item["discountPercentage"] = decimal(line.discount);
    item["lineItemAmount"] = number(line.amount());
    item
}
