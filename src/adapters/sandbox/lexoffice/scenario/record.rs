//! One table of a scenario as a record. Which key is wrong is found out, so that the message can name its line.

use crate::domain::toml_reader::Table;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::de::DeValue;

/// The record that `table` is, without the keys in `besides`; `None` if it is none, and then a problem tells.
pub(super) fn record<T: DeserializeOwned>(table: &Table<'_>, besides: &[&str]) -> Option<T> {
    let mut fields = Map::new();
    for key in table.keys().into_iter().filter(|key| !besides.contains(key)) {
        let value = table.value(key, |value| Ok(json(value)))?;
        fields.insert(key.to_owned(), value);
    }
    match serde_json::from_value(Value::Object(fields.clone())) {
        Ok(record) => Some(record),
        Err(error) => {
            let message = error.to_string();
            table.error(&culprit::<T>(&fields, &message), message);
            None
        }
    }
}

/// The key without which the message is another one; if something is missing, what that is.
fn culprit<T: DeserializeOwned>(fields: &Map<String, Value>, message: &str) -> String {
    let changes = |key: &&String| {
        let mut without = fields.clone();
        without.remove(*key);
        serde_json::from_value::<T>(Value::Object(without)).err().is_none_or(|error| error.to_string() != message)
    };
    let named = || message.split('`').nth(1).unwrap_or_default().to_owned();
    fields.keys().find(changes).cloned().unwrap_or_else(named)
}

/// Numbers with decimals stay exact: they are read as the text that stands there.
fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.as_ref().to_owned()),
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix()).map_or(Value::Null, Value::from),
        DeValue::Float(digits) => Value::String(digits.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => table.iter().map(|(key, value)| (key.get_ref().as_ref().to_owned(), json(value.get_ref()))).collect(),
    }
}
