//! Reads and checks the common part of a sales voucher or dunning that a client sends. Every fault is named, not just the first.

use super::super::amount::read_decimal;
use super::super::answer::Detail;
use super::super::ids::Id;
use super::super::time::{day, read_stamp};
use super::super::world::{Address, Document, Line, LineKind, TaxType};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// Longest texts, in characters.
const TEXTS: &[(&str, usize)] = &[("introduction", 2_000), ("remark", 2_000), ("title", 25)];
const LINES_MAX: usize = 300;
const NAME_MAX: usize = 255;
const DESCRIPTION_MAX: usize = 2_000;
const QUANTITY_PLACES: u32 = 4;

pub(super) fn read(body: &Value) -> Result<Document, Vec<Detail>> {
    let mut faults = Vec::new();
    let date = voucher_date(body, &mut faults);
    let address = &body["address"];
    if !address.is_object() {
        faults.push(Detail::missing("address"));
    }
    let contact = contact(address, &mut faults);
    let tax_type = word::<TaxType>(&body["taxConditions"]["taxType"], "taxConditions.taxType", &mut faults);
    match body["totalPrice"]["currency"].as_str() {
        Some("EUR") => {}
        Some(_) => faults.push(Detail::new("INVALID", "totalPrice.currency", "only EUR")),
        None => faults.push(Detail::missing("totalPrice.currency")),
    }
    let shipping = match &body["shippingConditions"] {
        // The vendor's own example of a dunning has none.
        Value::Null => None,
        conditions => word(&conditions["shippingType"], "shippingConditions.shippingType", &mut faults),
    };
    for (name, longest) in TEXTS {
        if body[*name].as_str().is_some_and(|text| text.chars().count() > *longest) {
            faults.push(Detail::new("SIZE", *name, format!("Größe muss zwischen 0 und {longest} sein")));
        }
    }
    let lines = lines(&body["lineItems"], tax_type.unwrap_or_default(), &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    Ok(Document {
        date,
        contact,
        address: Arc::new(serde_json::from_value::<Address>(address.clone()).unwrap_or_default()),
        lines,
        tax_type: tax_type.unwrap_or_default(),
        shipping: shipping.unwrap_or_default(),
        english: body["language"] == "en",
        title: text("title"),
        introduction: text("introduction"),
        remark: text("remark"),
        print_layout: body["printLayoutId"].as_str().and_then(Id::parse),
    })
}

fn voucher_date(body: &Value, faults: &mut Vec<Detail>) -> NaiveDate {
    let Some(text) = body["voucherDate"].as_str() else {
        faults.push(Detail::missing("voucherDate"));
        return NaiveDate::default();
    };
    read_stamp(text).map(day).unwrap_or_else(|| {
        faults.push(Detail::new("INVALID", "voucherDate", "yyyy-MM-ddTHH:mm:ss.SSSXXX"));
        NaiveDate::default()
    })
}

fn contact(address: &Value, faults: &mut Vec<Detail>) -> Option<Id> {
    match &address["contactId"] {
        Value::Null => {
            if address.is_object() && address["name"].as_str().is_none_or(str::is_empty) {
                faults.push(Detail::missing("address.name"));
            }
            None
        }
        given => {
            let id = given.as_str().and_then(Id::parse);
            if id.is_none() {
                faults.push(Detail::new("INVALID", "address.contactId", "is no id"));
            }
            id
        }
    }
}

fn word<T: DeserializeOwned>(value: &Value, field: &str, faults: &mut Vec<Detail>) -> Option<T> {
    if value.is_null() {
        faults.push(Detail::missing(field));
        return None;
    }
    let read = serde_json::from_value(value.clone()).ok();
    if read.is_none() {
        faults.push(Detail::new("INVALID", field, "unknown value"));
    }
    read
}

fn lines(items: &Value, tax_type: TaxType, faults: &mut Vec<Detail>) -> Vec<Line> {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        faults.push(Detail::missing("lineItems"));
    }
    if items.len() > LINES_MAX {
        faults.push(Detail::new("SIZE", "lineItems", format!("at most {LINES_MAX}")));
    }
    items.iter().enumerate().filter_map(|(at, item)| line(item, &format!("lineItems[{at}]"), tax_type, faults)).collect()
}

fn line(item: &Value, place: &str, tax_type: TaxType, faults: &mut Vec<Detail>) -> Option<Line> {
    let kind: LineKind = word(&item["type"], &format!("{place}.type"), faults)?;
    let name = item["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        faults.push(Detail::missing(format!("{place}.name")));
    }
    let description = item["description"].as_str();
    for (field, text, longest) in [("name", name, NAME_MAX), ("description", description.unwrap_or_default(), DESCRIPTION_MAX)] {
        if text.chars().count() > longest {
            faults.push(Detail::new("SIZE", format!("{place}.{field}"), format!("Größe muss zwischen 0 und {longest} sein")));
        }
    }
    let mut figure = |value: &Value, field: &str| {
        let read = read_decimal(value);
        if read.is_none() && kind != LineKind::Text {
            faults.push(Detail::missing(format!("{place}.{field}")));
        }
        read.unwrap_or_default()
    };
    let quantity = figure(&item["quantity"], "quantity");
    let price = &item["unitPrice"];
    let (amount, field) =
        if tax_type.is_gross() { (&price["grossAmount"], "unitPrice.grossAmount") } else { (&price["netAmount"], "unitPrice.netAmount") };
    let amount = figure(amount, field);
    let tax_rate = figure(&price["taxRatePercentage"], "unitPrice.taxRatePercentage");
    if quantity.normalize().scale() > QUANTITY_PLACES {
        faults.push(Detail::new("INVALID", format!("{place}.quantity"), "at most four decimal places"));
    }
    Some(Line {
        kind,
        name: name.to_owned(),
        description: description.map(str::to_owned),
        unit: item["unitName"].as_str().map(str::to_owned),
        quantity,
        price: amount,
        tax_rate,
        discount: read_decimal(&item["discountPercentage"]).unwrap_or(Decimal::ZERO),
    })
}
