//! The payment code of a letter: the EPC quick response code (EPC069-12 version 002, "GiroCode").
//!
//! The payload is built and checked here, byte for byte; a banking app that reads a wrong one fills in a wrong transfer.

use crate::domain::notice::Creditor;
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use std::fmt::Write as _;

/// Why a transfer can't be written as an EPC code. Every text says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpcError {
    #[error("the account holder `{0}` must have 1 to 70 characters")]
    Name(String),
    #[error("`{0}` is not an IBAN: country code, two check digits that fit, up to 30 letters and digits")]
    Iban(String),
    #[error("`{0}` is not a BIC: write 8 or 11 letters and digits, or leave it empty")]
    Bic(String),
    #[error("{0} cents can't be transferred: the amount must lie between 0.01 and 999999999.99 EUR")]
    Amount(i64),
    #[error("the remittance text has {0} characters; at most 140 are allowed")]
    Text(usize),
    #[error("the code holds {0} bytes; at most 331 are allowed: shorten the name or the remittance text")]
    Size(usize),
}

impl EpcError {
    /// Whether the creditor's master data is wrong, so that every letter would carry the mistake.
    #[must_use]
    pub fn is_account(&self) -> bool {
        matches!(self, Self::Iban(_) | Self::Bic(_))
    }
}

/// One transfer in euros with an unstructured remittance text.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    pub name: &'a str,
    /// With or without blanks.
    pub iban: &'a str,
    /// May be empty.
    pub bic: &'a str,
    pub cents: i64,
    pub text: &'a str,
}

impl Transfer<'_> {
    /// The payload: twelve elements at most, LF between them, nothing after the last one that is used.
    ///
    /// # Errors
    /// [`EpcError`] for the first element that breaks a limit of EPC069-12.
    pub fn payload(&self) -> Result<String, EpcError> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 70 || name.chars().any(char::is_control) {
            return Err(EpcError::Name(name.to_owned()));
        }
        let (iban, bic) = (checked_iban(self.iban)?, checked_bic(self.bic)?);
        if !(1..=99_999_999_999).contains(&self.cents) {
            return Err(EpcError::Amount(self.cents));
        }
        let text = self.text.trim();
        if text.chars().count() > 140 || text.chars().any(char::is_control) {
            return Err(EpcError::Text(text.chars().count()));
        }
        let amount = format!("EUR{}.{:02}", self.cents / 100, self.cents % 100);
        let elements = ["BCD", "002", "1", "SCT", &bic, name, &iban, &amount, "", "", text];
        let payload = elements.join("\n").trim_end_matches('\n').to_owned();
        if payload.len() > 331 { Err(EpcError::Size(payload.len())) } else { Ok(payload) }
    }
}

/// As much of `text` as `name` and the limits leave room for: cut to 140 characters and 331 bytes.
pub(super) fn transfer_payload(creditor: &Creditor, cents: i64, text: &str) -> Result<String, EpcError> {
    let name: String = super::address::single_line(&creditor.name).chars().take(70).collect();
    let mut text: String = super::address::single_line(text).chars().take(140).collect();
    loop {
        let transfer = Transfer { name: &name, iban: &creditor.iban, bic: &creditor.bic, cents, text: &text };
        match transfer.payload() {
            Err(EpcError::Size(_)) if text.pop().is_some() => {}
            other => return other,
        }
    }
}

/// The IBAN without blanks.
///
/// # Errors
/// [`EpcError::Iban`] when its form or its check digits (ISO 7064, modulo 97) are wrong.
pub fn checked_iban(iban: &str) -> Result<String, EpcError> {
    let refuse = || EpcError::Iban(iban.trim().to_owned());
    let compact: String = iban.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let formed = compact.len() >= 15
        && compact.len() <= 34
        && compact.bytes().enumerate().all(|(index, byte)| match index {
            0 | 1 => byte.is_ascii_uppercase(),
            2 | 3 => byte.is_ascii_digit(),
            _ => byte.is_ascii_alphanumeric(),
        });
    // The German length is fixed; a digit too few is the commonest slip and modulo 97 alone may miss it.
    if !formed || (compact.starts_with("DE") && compact.len() != 22) {
        return Err(refuse());
    }
    let (head, tail) = compact.split_at(4);
    let remainder = tail.chars().chain(head.chars()).filter_map(|c| c.to_digit(36)).fold(0_u32, |rest, value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + value) % 97
    });
    if remainder == 1 { Ok(compact) } else { Err(refuse()) }
}

fn checked_bic(bic: &str) -> Result<String, EpcError> {
    let compact: String = bic.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let formed = matches!(compact.len(), 0 | 8 | 11)
        && compact
            .bytes()
            .enumerate()
            .all(|(index, byte)| if index < 6 { byte.is_ascii_uppercase() } else { byte.is_ascii_alphanumeric() });
    if formed { Ok(compact) } else { Err(EpcError::Bic(bic.trim().to_owned())) }
}

/// The code as an SVG image with its quiet zone of four modules; level M, at most version 13, as EPC069-12 wants it.
///
/// # Errors
/// [`EpcError::Size`] when the payload is too long for that.
pub fn qr_svg(payload: &str) -> Result<String, EpcError> {
    const QUIET: i32 = 4;
    let segments = [QrSegment::make_bytes(payload.as_bytes())];
    let code = QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, Version::MIN, Version::new(13), None, false)
        .map_err(|_| EpcError::Size(payload.len()))?;
    let size = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let start = x;
            while code.get_module(x, y) {
                x += 1;
            }
            if x > start {
                let _ = write!(path, "M{},{}h{}v1h-{}z", start + QUIET, y + QUIET, x - start, x - start);
            } else {
                x += 1;
            }
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {size} {size}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/>\
         <path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Transfer<'_> =
        Transfer { name: "Wiki e.V.", iban: "DE89 3704 0044 0532 0130 00", bic: "COBADEFFXXX", cents: 1000, text: "RE-1" };

    #[test]
    fn the_payload_is_the_standards() {
        let expected = "BCD\n002\n1\nSCT\nCOBADEFFXXX\nWiki e.V.\nDE89370400440532013000\nEUR10.00\n\n\nRE-1";
        assert_eq!(GOOD.payload().as_deref(), Ok(expected));
    }

    #[test]
    fn nothing_stands_after_the_last_element_used() {
        let payload = Transfer { text: "", bic: "", cents: 5, ..GOOD }.payload().unwrap();
        assert_eq!(payload, "BCD\n002\n1\nSCT\n\nWiki e.V.\nDE89370400440532013000\nEUR0.05");
    }

    #[test]
    fn amounts_outside_the_standard_are_refused() {
        for cents in [0, -1, 100_000_000_000, i64::MAX, i64::MIN] {
            assert_eq!(Transfer { cents, ..GOOD }.payload(), Err(EpcError::Amount(cents)));
        }
        assert!(Transfer { cents: 99_999_999_999, ..GOOD }.payload().unwrap().contains("EUR999999999.99"));
    }

    #[test]
    fn limits_count_characters_and_the_whole_counts_bytes() {
        let name = "ü".repeat(71);
        assert!(matches!(Transfer { name: &name, ..GOOD }.payload(), Err(EpcError::Name(_))));
        let text = "a".repeat(141);
        assert_eq!(Transfer { text: &text, ..GOOD }.payload(), Err(EpcError::Text(141)));
        let (name, text) = ("ü".repeat(70), "ü".repeat(140));
        assert!(matches!(Transfer { name: &name, text: &text, ..GOOD }.payload(), Err(EpcError::Size(_))));
        let creditor = Creditor { name, iban: GOOD.iban.to_owned(), ..Creditor::default() };
        let shortened = transfer_payload(&creditor, 1, &text).unwrap();
        assert!(shortened.len() <= 331 && shortened.ends_with('ü'));
    }

    #[test]
    fn wrong_account_numbers_are_refused() {
        for iban in ["DE89370400440532013001", "DE8937040044053201300", "", "8937040044053201300000", "DE89370400440532013O0ü", "GB00"] {
            assert!(checked_iban(iban).is_err(), "{iban}");
        }
        for iban in ["de89370400440532013000", "GB29NWBK60161331926819", "AT611904300234573201", "CH9300762011623852957"] {
            assert!(checked_iban(iban).is_ok(), "{iban}");
        }
        for bic in ["COBADEFF1", "COBA-EFF", "C0BADEFFXXX"] {
            assert_eq!(Transfer { bic, ..GOOD }.payload(), Err(EpcError::Bic(bic.to_owned())));
        }
    }

    #[test]
    fn a_line_end_in_a_value_can_not_add_an_element() {
        assert!(Transfer { text: "RE-1\nBAD", ..GOOD }.payload().is_err());
        assert!(Transfer { name: "A\nB", ..GOOD }.payload().is_err());
    }

    #[test]
    fn the_picture_has_the_size_of_its_version() {
        let svg = qr_svg(&GOOD.payload().unwrap()).unwrap();
        let side: i32 = svg.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        assert_eq!((side - 8 - 17) % 4, 0, "{side}");
        assert!(qr_svg(&"x".repeat(332)).is_err());
    }
}
