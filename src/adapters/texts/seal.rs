//! Sealing: a value crosses handlebars and Markdown as inert letters and is opened again in the finished tree.
//!
//! To CommonMark a sealed value is a word of letters and digits between two private characters, so nothing in a
//! customer's name can become emphasis, a link, a list or HTML. Escaping can't promise that for every position.

use crate::domain::chain::hex;
use crate::domain::format::presentable;
use std::fmt::Write as _;

const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// The value of `{{invoice_table}}`. Private characters are taken out of all other values, so nobody else can say it.
pub(super) const TABLE: &str = "\u{E002}";

/// What handlebars writes for a value. The table's marker gets a paragraph of its own.
pub(super) fn seal(value: &str) -> String {
    if value == TABLE {
        return format!("\n\n{TABLE}\n\n");
    }
    let value = presentable(value);
    let mut sealed = String::with_capacity(6 + value.len() * 2);
    sealed.push(OPEN);
    sealed.push_str(&hex(value.as_bytes()));
    sealed.push(CLOSE);
    sealed
}

/// The text with its values opened.
pub(super) fn unseal(text: &str) -> String {
    open(text, |value, out| out.push_str(value))
}

/// A link's address with its values opened and percent-encoded: a value fills in, it can't add a host, query or header.
pub(super) fn unseal_into_url(url: &str) -> String {
    open(url, |value, out| {
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
                out.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    })
}

/// Where the first sealed value begins.
pub(super) fn first_value(text: &str) -> Option<usize> {
    text.find(OPEN)
}

fn open(text: &str, mut write: impl FnMut(&str, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, sealed)) = rest.split_once(OPEN) {
        out.push_str(before);
        let (digits, after) = sealed.split_once(CLOSE).unwrap_or((sealed, ""));
        write(&value_of(digits), &mut out);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn value_of(digits: &str) -> String {
    let nibbles: Vec<u8> = digits.chars().filter_map(|c| c.to_digit(16)).filter_map(|n| u8::try_from(n).ok()).collect();
    let bytes = nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_to_the_same_text() {
        for value in ["", "Müller & Söhne", "**fett** [x](https://evil)", "日本 👍", "# h1", "{{total}}"] {
            let sealed = seal(value);
            assert!(sealed.chars().all(|c| c.is_ascii_alphanumeric() || c == OPEN || c == CLOSE), "{sealed}");
            assert_eq!(unseal(&format!("a{sealed}b{sealed}")), format!("a{value}b{value}"));
        }
    }

    #[test]
    fn a_value_that_looks_sealed_or_like_the_table_is_only_text() {
        assert_eq!(unseal(&seal("\u{E000}41\u{E001}")), "41");
        assert_eq!(unseal(&seal("x\u{E002}")), "x");
    }

    #[test]
    fn a_value_in_an_address_is_encoded() {
        let url = format!("mailto:{}", seal("a@b.example?bcc=x@evil.example&subject=y z"));
        assert_eq!(unseal_into_url(&url), "mailto:a@b.example%3Fbcc%3Dx@evil.example%26subject%3Dy%20z");
    }
}
