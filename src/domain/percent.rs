//! Percent-encoding (RFC 3986, 2.1), for addresses and headers.

use std::fmt::Write as _;

/// The text with every byte encoded that is neither a letter nor a digit of ASCII nor one of `kept`.
#[must_use]
pub fn encoded(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
