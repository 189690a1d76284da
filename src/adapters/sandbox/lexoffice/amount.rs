//! Amounts: integer cents inside, JSON numbers outside, exact in both directions.

use crate::domain::money::parse_minor;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Cents, read from a number or a text: `138.0`, `"138.00"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount(pub(super) i64);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = match &value {
            Value::String(text) => text.clone(),
            // Trailing `.0` aside, a number prints as the shortest text that means it.
            Value::Number(number) => number.to_string(),
            _ => return Err(serde::de::Error::custom("an amount is a number or a text, such as 138.00")),
        };
        parse_minor(&text, 2, '.').map(Self).map_err(serde::de::Error::custom)
    }
}

/// As a JSON number. A double is exact to 15 digits, and its shortest text is what the cents say: `23810` is `238.1`.
pub(super) fn number(cents: i64) -> Value {
    Value::from(cents as f64 / 100.0)
}

/// As text with two decimals: `238.10`.
pub(super) fn text(cents: i64) -> String {
    Decimal::new(cents, 2).to_string()
}

/// As it stands in a German letter: `238,10`.
pub(super) fn german(cents: i64) -> String {
    text(cents).replace('.', ",")
}

pub(super) fn cents(amount: Decimal) -> i64 {
    (amount * Decimal::ONE_HUNDRED)
        .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
        .unwrap_or(i64::MAX)
}

/// A decimal that is no amount (a quantity, a rate), as a JSON number.
pub(super) fn decimal(value: Decimal) -> Value {
    value.normalize().to_string().parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

/// Reads a JSON number exactly.
pub(super) fn read_decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cent_prints_as_what_it_is() {
        let plain = |cents: i64| {
            let text = text(cents);
            let text = text.trim_end_matches('0');
            if text.ends_with('.') { format!("{text}0") } else { text.to_owned() }
        };
        for cents in (0..300_000).chain(9_999_999_990_000..9_999_999_999_999) {
            assert_eq!(number(cents).to_string(), plain(cents));
        }
        assert_eq!(number(-23_810).to_string(), "-238.1");
    }

    #[test]
    fn numbers_and_texts_are_read_alike() {
        for (json, wanted) in [("138", 13_800), ("138.1", 13_810), ("\"138.10\"", 13_810), ("0.07", 7), ("-5", -500)] {
            assert_eq!(serde_json::from_str::<Amount>(json).unwrap(), Amount(wanted), "{json}");
        }
        assert!(serde_json::from_str::<Amount>("1.234").is_err());
        assert!(serde_json::from_str::<Amount>("null").is_err());
    }
}
