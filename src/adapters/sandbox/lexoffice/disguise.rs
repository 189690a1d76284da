//! Writes JSON so that only a lenient reader gets the same out of it.

use super::super::dice::Dice;
use super::fault::Disguise;
use serde_json::{Map, Value, json};

/// Words of lists that the vendor may lengthen any day, and that no decision should hang on.
const OPEN_WORDS: &[&str] =
    &["shippingType", "electronicDocumentProfile", "paymentItemType", "distanceSalesPrinciple", "subscriptionStatus", "taxClassification"];

/// The text of `value`, dressed up.
pub(super) fn write(value: &Value, disguise: Disguise, dice: &mut Dice) -> String {
    let mut text = String::new();
    let dressed = dress(value.clone(), disguise, dice);
    write_value(&dressed, disguise.order.then_some(dice), &mut text);
    text
}

fn dress(value: Value, disguise: Disguise, dice: &mut Dice) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| dress(item, disguise, dice)).collect(),
        Value::Object(fields) => Value::Object(dress_fields(fields, disguise, dice)),
        other => other,
    }
}

fn dress_fields(fields: Map<String, Value>, disguise: Disguise, dice: &mut Dice) -> Map<String, Value> {
    let mut dressed = Map::new();
    for (key, value) in fields {
        let value = match value {
            Value::Number(number) if disguise.text_amounts && key.ends_with("mount") && dice.one_in(2) => {
                Value::String(two_decimals(&number))
            }
            Value::String(_) if disguise.unknown_words && OPEN_WORDS.contains(&key.as_str()) && dice.one_in(2) => json!("announcedLater"),
            other => dress(other, disguise, dice),
        };
        dressed.insert(key, value);
    }
    if disguise.extra && dice.one_in(2) {
        dressed.insert("announcedLater".to_owned(), json!({"level": [1, null, {"kind": "new"}]}));
    }
    dressed
}

fn two_decimals(number: &serde_json::Number) -> String {
    let text = number.to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}.{decimals:0<2}")
}

/// With `dice` the keys come in any order.
fn write_value(value: &Value, mut dice: Option<&mut Dice>, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_value(item, dice.as_deref_mut(), text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            if let Some(dice) = dice.as_deref_mut() {
                fields.sort_by_cached_key(|_| dice.roll());
            }
            text.push('{');
            for (place, (key, value)) in fields.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                write_value(value, dice.as_deref_mut(), text);
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dressed_up_still_says_the_same() {
        let value =
            json!({"id": "x", "openAmount": 138.1, "shippingConditions": {"shippingType": "none"}, "list": [1, "ä\"", null], "b": true});
        let mut dice = Dice::new(3);
        let mut texts = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let text = write(&value, Disguise::default(), &mut dice);
            let read: Value = serde_json::from_str(&text).unwrap();
            assert!(read["openAmount"] == json!(138.1) || read["openAmount"] == json!("138.10"), "{read}");
            assert_eq!((&read["id"], &read["list"]), (&value["id"], &value["list"]));
            texts.insert(text);
        }
        assert!(texts.len() > 20, "{} different texts", texts.len());
    }
}
