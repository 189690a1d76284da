//! Amounts as a map's marks write them.

use crate::domain::money::{Currency, parse_minor};

/// The marks in use, proposed when an amount does not fit the map; never tried in its place.
const COMMON: [AmountStyle; 5] = [
    AmountStyle { decimal: '.', thousands: None },
    AmountStyle { decimal: ',', thousands: None },
    AmountStyle { decimal: ',', thousands: Some('.') },
    AmountStyle { decimal: '.', thousands: Some(',') },
    AmountStyle { decimal: '.', thousands: Some('\'') },
];

/// The decimal mark and the mark between groups of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AmountStyle {
    pub decimal: char,
    pub thousands: Option<char>,
}

impl AmountStyle {
    /// Reads a claim: more than zero, in minor units of `currency`. The currency's code or sign may stand before or behind it,
    /// and `S` (debit) or `H` (credit) behind it, as open-item lists write them.
    ///
    /// # Errors
    /// A sentence without subject: what is wrong and how to write it instead.
    pub(super) fn read(self, text: &str, currency: Currency) -> Result<i64, String> {
        let (negative, bare) = without_sign(without_currency(text.trim(), currency).trim());
        let minor = self.minor(bare, currency).map_err(|why| format!("{why}{}", self.proposal(bare, currency)))?;
        match minor {
            0 => Err("is zero: an invoice without an amount has nothing to dun, leave the row out".to_owned()),
            _ if negative => Err("is negative: leave credits out, and write what is still open into the amount of the invoice".to_owned()),
            _ => Ok(minor),
        }
    }

    fn minor(self, text: &str, currency: Currency) -> Result<i64, String> {
        let plain = self.without_groups(text).ok_or_else(|| format!("is not an amount: write it like {}", self.example()))?;
        let signless = plain.bytes().next().is_some_and(|first| first.is_ascii_digit());
        match parse_minor(&plain, currency.decimals(), self.decimal) {
            Ok(minor) if signless => Ok(minor),
            Err(why) if why.contains("decimal places") || why.contains("too large") => {
                Err(why.strip_prefix(&format!("`{plain}` ")).unwrap_or(&why).to_owned())
            }
            _ => Err(format!("is not an amount: write it like {}", self.example())),
        }
    }

    /// The digits without the mark between groups. A group that is not of three digits is no group: `12.34` is never read as 1234.
    fn without_groups(self, text: &str) -> Option<String> {
        let Some(mark) = self.thousands else { return Some(text.to_owned()) };
        let (whole, fraction) = match text.split_once(self.decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let groups: Vec<&str> = whole.split(|c| same_mark(c, mark)).collect();
        let (first, rest) = groups.split_first()?;
        if !rest.is_empty() && (first.is_empty() || first.len() > 3 || rest.iter().any(|group| group.len() != 3)) {
            return None;
        }
        let digits = groups.concat();
        Some(fraction.map_or_else(|| digits.clone(), |fraction| format!("{digits}{}{fraction}", self.decimal)))
    }

    fn example(self) -> String {
        let group = self.thousands.map_or_else(String::new, |mark| mark.to_string());
        format!("1{group}234{}50", self.decimal)
    }

    fn proposal(self, bare: &str, currency: Currency) -> String {
        let fitting = COMMON.iter().find(|other| **other != self && other.minor(bare, currency).is_ok());
        match fitting {
            None => String::new(),
            Some(Self { decimal, thousands: None }) => format!(", or set decimal = \"{decimal}\" in [format] of the map"),
            Some(Self { decimal, thousands: Some(mark) }) => {
                format!(", or set decimal = \"{decimal}\" and thousands = \"{mark}\" in [format] of the map")
            }
        }
    }
}

/// Typographic variants of one mark: the apostrophes of Swiss amounts, the narrow blanks of Austrian and French ones.
fn same_mark(c: char, mark: char) -> bool {
    match mark {
        '\'' => matches!(c, '\'' | '\u{2019}'),
        ' ' => matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}'),
        _ => c == mark,
    }
}

fn without_currency(text: &str, currency: Currency) -> &str {
    let sign = match currency.code() {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        code => code,
    };
    [currency.code(), sign].into_iter().find_map(|mark| text.strip_suffix(mark).or_else(|| text.strip_prefix(mark))).unwrap_or(text)
}

/// Whether it is a credit, and the text without the sign: `-12`, `12-`, `12 H` are credits, `12 S` is a debit.
fn without_sign(text: &str) -> (bool, &str) {
    const MINUS: [char; 2] = ['-', '\u{2212}'];
    if let Some(rest) = text.strip_prefix(MINUS).or_else(|| text.strip_suffix(MINUS)).or_else(|| text.strip_suffix('H')) {
        return (true, rest.trim());
    }
    (false, text.strip_suffix('S').or_else(|| text.strip_prefix('+')).unwrap_or(text).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: AmountStyle = AmountStyle { decimal: '.', thousands: None };
    const GERMAN: AmountStyle = AmountStyle { decimal: ',', thousands: Some('.') };
    const SWISS: AmountStyle = AmountStyle { decimal: '.', thousands: Some('\'') };
    const BLANKS: AmountStyle = AmountStyle { decimal: ',', thousands: Some(' ') };

    #[test]
    fn amounts_are_read_in_their_style() {
        for (style, text, minor) in [
            (POINT, "55.94", 5594),
            (POINT, "+10", 1000),
            (POINT, "€ 10.5", 1050),
            (GERMAN, "1.234,50", 123_450),
            (GERMAN, "1234,50 EUR", 123_450),
            (GERMAN, "1.234.567,00\u{a0}€", 123_456_700),
            (GERMAN, "12,30 S", 1230),
            (SWISS, "1'234.50", 123_450),
            (SWISS, "1\u{2019}234.50", 123_450),
            (BLANKS, "1\u{202f}234,50", 123_450),
        ] {
            assert_eq!(style.read(text, Currency::EUR), Ok(minor), "{text}");
        }
        let dinar = Currency::parse("KWD").unwrap();
        assert_eq!(POINT.read("1.234", dinar), Ok(1234));
    }

    #[test]
    fn what_is_no_claim_is_refused_with_what_to_write() {
        for (style, text, expected) in [
            (POINT, "1.234,50", "set decimal = \",\" and thousands = \".\""),
            (POINT, "1234,50", "set decimal = \",\" in [format]"),
            (POINT, "1,234.50", "set decimal = \".\" and thousands = \",\""),
            (POINT, "1.234", "has more than 2 decimal places"),
            (GERMAN, "12.34", "is not an amount: write it like 1.234,50, or set decimal = \".\" in [format]"),
            (GERMAN, ".123,00", "is not an amount"),
            (GERMAN, "", "is not an amount"),
            (POINT, "-3.10", "is negative"),
            (POINT, "3.10-", "is negative"),
            (POINT, "\u{2212}3.10", "is negative"),
            (GERMAN, "12,00 H", "leave credits out"),
            (POINT, "0.00", "is zero"),
            (POINT, "-0", "is zero"),
            (POINT, "10.00 USD", "is not an amount"),
            (POINT, "--3", "is not an amount"),
            (POINT, "1e3", "is not an amount"),
            (POINT, "99999999999999999999", "is too large"),
        ] {
            let message = style.read(text, Currency::EUR).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
