//! The words that only the sheet prints: page numbers, the line of a capped table, the payment code.
//!
//! Everything that mail and letter share, amounts, dates, labels, is in `domain::format`.

use crate::domain::format::count;

/// The sheet's own words in one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) lang: &'static str,
    /// The words around the two page numbers.
    pub(super) page: [&'static str; 2],
    pub(super) contact: &'static str,
    pub(super) vat_id: &'static str,
    pub(super) tax_number: &'static str,
    pub(super) qr_alt: &'static str,
    pub(super) qr_hint: &'static str,
    more_one: &'static str,
    more_many: &'static str,
}

const GERMAN: Words = Words {
    lang: "de",
    page: ["Seite", "von"],
    contact: "Ansprechpartner",
    vat_id: "USt-IdNr.",
    tax_number: "Steuernummer",
    qr_alt: "QR-Code für die Überweisung",
    qr_hint: "Mit der Banking-App scannen und überweisen.",
    more_one: "eine weitere Rechnung",
    more_many: "weitere Rechnungen",
};

const ENGLISH: Words = Words {
    lang: "en",
    page: ["Page", "of"],
    contact: "Contact",
    vat_id: "VAT ID",
    tax_number: "Tax number",
    qr_alt: "QR code for the transfer",
    qr_hint: "Scan with your banking app to pay.",
    more_one: "one more invoice",
    more_many: "more invoices",
};

/// German for `de` and its regions, English for every other language, as `domain::format` has it.
pub(super) fn words(language: &str) -> &'static Words {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    if primary.eq_ignore_ascii_case("de") { &GERMAN } else { &ENGLISH }
}

impl Words {
    /// The words for the invoices that a capped table leaves out.
    pub(super) fn more(&self, invoices: usize) -> String {
        match i64::try_from(invoices) {
            Ok(1) => self.more_one.to_owned(),
            number => format!("{} {}", count(self.lang, number.unwrap_or(i64::MAX)), self.more_many),
        }
    }

    /// The footer's label for a number that is either a VAT ID (it starts with a country) or a tax office's.
    pub(super) fn tax_label(&self, tax_id: &str) -> &'static str {
        if tax_id.trim().starts_with(|c: char| c.is_ascii_alphabetic()) { self.vat_id } else { self.tax_number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_table_leaves_out_is_counted() {
        assert_eq!(words("de").more(1), "eine weitere Rechnung");
        assert_eq!(words("de-AT").more(9500), "9.500 weitere Rechnungen");
        assert_eq!(words("fr").more(9500), "9,500 more invoices");
    }

    #[test]
    fn a_number_with_a_country_is_a_vat_id() {
        assert_eq!(words("de").tax_label(" DE123456789"), "USt-IdNr.");
        assert_eq!(words("en").tax_label("103/123/45678"), "Tax number");
    }
}
