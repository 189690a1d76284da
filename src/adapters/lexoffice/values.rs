//! Single values as the vendor writes them: ids, amounts, instants, dates. None of them is guessed; what can't be read is an error.

use crate::domain::time::{Timestamp, midnight};
use chrono::{DateTime, NaiveDate, SecondsFormat};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// The zone in which the vendor's dates are days.
pub const ZONE: Tz = Tz::Europe__Berlin;

const LONGEST_ID: usize = 64;

/// The vendor's id of a thing: safe in a URL's path, for it has nothing but letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ResourceId(String);

impl ResourceId {
    /// # Errors
    /// When it has other characters, none at all, or more than 64.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if text.is_empty() || text.len() > LONGEST_ID || !is_plain {
            return Err("is no id: it should have letters, digits and hyphens only".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount or a rate, exactly as its digits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Decimal);

impl Amount {
    /// Reads `119.0`, `1E+2` and the like, as JSON writes numbers.
    fn parse(text: &str) -> Option<Self> {
        let plain = Decimal::from_str_exact(text);
        plain.or_else(|_| Decimal::from_scientific(text)).ok().map(Self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    /// A number, or a string that holds one: one of the vendor's own samples does. It never becomes a float on the way.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text).trim();
        Self::parse(digits).ok_or_else(|| D::Error::custom("this is no amount: it should be a decimal number of at most 28 digits"))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?;
        digits.serialize(serializer)
    }
}

/// A text that is read as something else.
struct Text<T> {
    expected: &'static str,
    read: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).ok_or_else(|| E::custom(format_args!("this is not {}", self.expected)))
    }
}

impl<'de> Deserialize<'de> for ResourceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &str| Self::parse(text).ok();
        deserializer.deserialize_str(Text { expected: "an id of letters, digits and hyphens", read })
    }
}

/// An instant: `2026-01-08T11:02:40.000+01:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &str| instant(text).map(Self);
        deserializer.deserialize_str(Text { expected: "an instant such as 2026-01-08T11:02:40.000+01:00", read })
    }
}

/// A day, which the vendor writes as an instant, midnight in Germany; bookkeeping vouchers know plain dates, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &str| instant(text).map(|at| at.date_in(ZONE)).or_else(|| text.parse().ok()).map(Self);
        deserializer.deserialize_str(Text { expected: "a day such as 2026-01-08T00:00:00.000+01:00 or 2026-01-08", read })
    }
}

impl Serialize for Day {
    /// As the vendor insists on it: with exactly three digits of milliseconds and an offset.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = midnight(ZONE, self.0).in_zone(ZONE);
        serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, false))
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}

/// What is absent or null is what nothing is: no entries, `false`.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(json: &str) -> Option<String> {
        serde_json::from_str::<Amount>(json).ok().map(|amount| amount.0.to_string())
    }

    #[test]
    fn amounts_are_read_from_their_digits() {
        for (json, digits) in
            [("138.0", "138.0"), ("\"138.05\"", "138.05"), ("0.1", "0.1"), ("-3", "-3"), ("1E+2", "100"), ("1e-2", "0.01")]
        {
            assert_eq!(amount(json).as_deref(), Some(digits), "{json}");
        }
        assert_eq!(amount("79228162514264337593543950335").as_deref(), Some("79228162514264337593543950335"));
        for json in ["\"\"", "\"12,50\"", "true", "[]", "\"NaN\"", "1e400", "99999999999999999999999999999999"] {
            assert_eq!(amount(json), None, "{json}");
        }
        assert_eq!(serde_json::to_string(&Amount(Decimal::new(500, 2))).unwrap(), "5.00");
    }

    #[test]
    fn a_day_is_the_one_in_germany() {
        let day = |json: &str| serde_json::from_str::<Day>(json).map(|day| day.0.to_string()).map_err(|error| error.to_string());
        for (json, expected) in [
            ("\"2026-01-08T00:00:00.000+01:00\"", "2026-01-08"),
            ("\"2026-01-07T23:00:00.000Z\"", "2026-01-08"),
            ("\"2026-07-07T22:00:00.000Z\"", "2026-07-08"),
            ("\"2026-01-08\"", "2026-01-08"),
        ] {
            assert_eq!(day(json).as_deref(), Ok(expected));
        }
        assert!(day("\"08.01.2026\"").unwrap_err().starts_with("this is not a day such as"));
        let written = serde_json::to_string(&Day(NaiveDate::from_ymd_opt(2026, 7, 8).unwrap())).unwrap();
        assert_eq!(written, "\"2026-07-08T00:00:00.000+02:00\"");
    }

    #[test]
    fn an_id_can_not_lead_elsewhere() {
        assert!(ResourceId::parse("0c5d1f2e-8d1f-4f7a-9a55-2f6d7a0b1c2d").is_ok());
        for text in ["", "..", "a/b", "a?b", "ä", " ", &"a".repeat(65)] {
            assert!(ResourceId::parse(text).is_err(), "{text}");
        }
    }
}
