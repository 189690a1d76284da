//! Money: integer minor units with a currency, exact, never a float.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 code: three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro, the default where nothing else is said.
    pub const EUR: Self = Self(*b"EUR");

    /// # Errors
    /// When `code` is not three capital letters; the message says so.
    pub fn parse(code: &str) -> Result<Self, String> {
        match code.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(format!("`{code}` is not a currency: write three capital letters such as EUR")),
        }
    }

    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// How many decimal places the minor unit has (ISO 4217): 0 for JPY, 3 for KWD, else 2.
    #[must_use]
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" | b"UGX" | b"XAF" | b"XOF" | b"XPF" | b"PYG" | b"RWF" | b"KMF" | b"GNF" | b"DJF"
            | b"BIF" | b"VUV" => 0,
            b"KWD" | b"BHD" | b"OMR" | b"JOD" | b"IQD" | b"LYD" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// An amount in minor units of a currency (cents for EUR).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

/// Reads a plain decimal number (`1234`, `1234.5`, `-12.34`) into minor units with `decimals` places.
///
/// # Errors
/// When it is no number, has more places than the currency, or does not fit; the message says what to write.
pub fn parse_minor(text: &str, decimals: u32, decimal_mark: char) -> Result<i64, String> {
    let refuse = |why: &str| Err(format!("`{text}` {why}"));
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once(decimal_mark).unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) || digits.ends_with(decimal_mark) {
        return refuse(&format!("is not an amount: write digits with `{decimal_mark}` before the decimals, such as 1234{decimal_mark}50"));
    }
    let places = usize::try_from(decimals).unwrap_or(2);
    let kept = fraction.trim_end_matches('0');
    if kept.len() > places {
        return refuse(&format!("has more than {decimals} decimal places"));
    }
    let joined = format!("{whole}{kept:0<places$}");
    match joined.parse::<i64>() {
        Ok(minor) => Ok(if negative { -minor } else { minor }),
        Err(_) => refuse("is too large"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        for (text, minor) in [("55.94", 5594), ("10", 1000), ("0.5", 50), ("-3.10", -310), ("12.3400", 1234)] {
            assert_eq!(parse_minor(text, 2, '.'), Ok(minor), "{text}");
        }
        assert_eq!(parse_minor("1234,50", 2, ','), Ok(123_450));
        assert_eq!(parse_minor("120", 0, '.'), Ok(120));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "1,50", "1.234.5", "abc", "1.", ".5", "12.345", "99999999999999999999", "1e3", "--1"] {
            assert!(parse_minor(text, 2, '.').is_err(), "{text}");
        }
    }

    proptest::proptest! {
        /// What is written as people of either habit write it reads as what it was.
        #[test]
        fn what_is_written_is_read_back(minor in -9_000_000_000_000_000_i64..9_000_000_000_000_000, decimals in 0..4_u32, comma: bool) {
            let mark = if comma { ',' } else { '.' };
            let unit = 10_u64.pow(decimals);
            let (sign, whole, rest) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
            let places = usize::try_from(decimals).unwrap();
            let text = if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}{mark}{rest:0places$}") };
            proptest::prop_assert_eq!(parse_minor(&text, decimals, mark), Ok(minor), "{}", text);
            let spoilt = format!("{text}x");
            proptest::prop_assert!(parse_minor(&spoilt, decimals, mark).is_err());
        }

        /// No text makes it panic, and what it reads has no more places than the currency.
        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9.,e ]{0,24}", decimals in 0..4_u32) {
            if let Ok(minor) = parse_minor(&text, decimals, '.') {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                proptest::prop_assert!(!digits.is_empty() && !text.contains([',', 'e', ' ']), "{} was read as {}", text, minor);
            }
        }
    }
}
