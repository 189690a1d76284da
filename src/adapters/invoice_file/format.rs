//! `[format]`: how the file is written, apart from what its columns mean.

use super::amounts::AmountStyle;
use super::dates::DatePattern;
use crate::domain::money::Currency;
use crate::domain::toml_reader::{Table, nearest, value};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Encodings that are proposed when one is not known; every label of the WHATWG encoding standard is understood.
const ENCODINGS: [&str; 7] = ["utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", "utf-16le", "utf-16be", "macintosh"];

/// More lines than this above the heading are no title.
const MOST_SKIPPED: i64 = 1000;

#[derive(Clone, Debug)]
pub(super) struct Format {
    pub delimiter: u8,
    /// None: quotes mean nothing in this file.
    pub quote: Option<u8>,
    pub encoding: &'static Encoding,
    /// Title lines above the heading.
    pub skip_lines: u32,
    pub dates: DatePattern,
    pub amounts: AmountStyle,
    pub currency: Currency,
}

impl Format {
    /// What is not said otherwise: UTF-8 with commas, ISO dates and decimal points, euros.
    pub(super) fn plain() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            encoding: UTF_8,
            skip_lines: 0,
            dates: DatePattern::known("%Y-%m-%d"),
            amounts: AmountStyle { decimal: '.', thousands: None },
            currency: Currency::EUR,
        }
    }

    /// As accounting programs for Germany write lists of open items (OPOS).
    pub(super) fn opos() -> Self {
        let amounts = AmountStyle { decimal: ',', thousands: Some('.') };
        Self { delimiter: b';', encoding: WINDOWS_1252, dates: DatePattern::known("%d.%m.%Y"), amounts, ..Self::plain() }
    }

    /// Reads `[format]` over the defaults in `self`.
    pub(super) fn read(mut self, table: &Table<'_>) -> Self {
        set(&mut self.delimiter, table, "delimiter", delimiter);
        set(&mut self.quote, table, "quote", quote);
        set(&mut self.encoding, table, "encoding", encoding);
        set(&mut self.dates, table, "dates", DatePattern::new);
        set(&mut self.currency, table, "currency", Currency::parse);
        set(&mut self.amounts.decimal, table, "decimal", decimal);
        let decimal = self.amounts.decimal;
        set(&mut self.amounts.thousands, table, "thousands", |text| thousands_mark(text, decimal));
        if self.quote == Some(self.delimiter) {
            table.error("quote", "is the delimiter as well: write two different characters".to_owned());
        }
        if let Some(lines) = table.value("skip_lines", value::whole(0..=MOST_SKIPPED)) {
            self.skip_lines = lines;
        }
        table.finish();
        self
    }
}

/// Sets `target` from the key if it is there and `read` understands it.
fn set<T>(target: &mut T, table: &Table<'_>, key: &str, read: impl Fn(&str) -> Result<T, String>) {
    if let Some(value) = table.value(key, |value| read(&value::text(value)?)) {
        *target = value;
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("tab" | "\t", _) => Ok(b'\t'),
        (_, &[byte]) if byte.is_ascii_punctuation() || byte == b' ' => Ok(byte),
        _ => Err(format!("{text:?} is no delimiter: write one of \",\" \";\" \"|\" \"tab\"")),
    }
}

fn quote(text: &str) -> Result<Option<u8>, String> {
    match text.as_bytes() {
        [] => Ok(None),
        &[byte] if byte.is_ascii_punctuation() => Ok(Some(byte)),
        _ => Err(format!("{text:?} is no quote: write '\"' or \"'\", or \"\" if the file has none")),
    }
}

fn encoding(text: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label_no_replacement(text.as_bytes()).ok_or_else(|| match nearest(text, ENCODINGS) {
        Some(meant) => format!("{text:?} is no encoding: write \"{meant}\""),
        None => format!("{text:?} is no encoding: write one of {}", ENCODINGS.join(", ")),
    })
}

fn decimal(text: &str) -> Result<char, String> {
    match text {
        "." => Ok('.'),
        "," => Ok(','),
        _ => Err(format!("{text:?} is no decimal mark: write \".\" or \",\"")),
    }
}

fn thousands_mark(text: &str, decimal: char) -> Result<Option<char>, String> {
    let mark = match text {
        "" => return Ok(None),
        "." => '.',
        "," => ',',
        " " | "\u{a0}" | "\u{202f}" => ' ',
        "'" | "\u{2019}" => '\'',
        _ => return Err(format!("{text:?} is no mark between thousands: write one of \".\" \",\" \" \" \"'\", or leave it out")),
    };
    if mark == decimal { Err("is the decimal mark as well: write two different marks".to_owned()) } else { Ok(Some(mark)) }
}
