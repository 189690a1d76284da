//! The maps that need no file: columns named as the fields, in English or as German accounting programs name them.

use super::fields::Field;
use super::format::Format;
use super::map::{Map, Source};

impl Map {
    /// The map that has this name instead of a file: `standard` or `opos`.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "standard" => Some(Self::standard()),
            "opos" => Some(Self::opos()),
            _ => None,
        }
    }

    /// What holds when no map is given: UTF-8, commas, ISO dates, decimal points, euros.
    #[must_use]
    pub fn standard() -> Self {
        Self { format: Format::plain(), source: Source::Names }
    }

    /// Lists of open items (OPOS): Windows-1252, semicolons, `31.12.2025`, `1.234,50`.
    #[must_use]
    pub fn opos() -> Self {
        Self { format: Format::opos(), source: Source::Names }
    }
}

/// The headings that fill a field, best first. Capitals, blanks and punctuation don't matter.
pub(super) const fn names(field: Field) -> &'static [&'static str] {
    match field {
        Field::Number => &["invoice_number", "number", "Rechnungsnummer", "Belegnummer", "Belegfeld 1", "Rechnungsnr", "RechNr", "BelegNr"],
        Field::InvoiceDate => &["invoice_date", "Rechnungsdatum", "Belegdatum", "Datum"],
        Field::DueDate => &["due_date", "Fälligkeit", "Fälligkeitsdatum", "fällig am", "Zahlungsziel"],
        // What is open is dunned, so it goes before what was billed.
        Field::Amount => &["open_amount", "Offener Betrag", "Saldo", "Offen", "amount", "Betrag", "Rechnungsbetrag", "Sollbetrag"],
        Field::Currency => &["currency", "Währung", "WKZ"],
        Field::Kind => &["kind", "invoice_kind", "Belegart"],
        Field::ExternalId => &["external_id", "Beleg-ID"],
        Field::PaidOn => &["paid_on", "bezahlt am", "Zahlungsdatum"],
        Field::Document => &["document", "Beleglink", "Dokument"],
        Field::CustomerNumber => &["customer_number", "Kundennummer", "KdNr", "Debitor", "Konto"],
        Field::CustomerName => &["customer_name", "name", "Kunde", "Firma", "Kontobezeichnung"],
        Field::Email => &["email", "customer_email", "E-Mail-Adresse", "Mail"],
        Field::Street => &["street", "Straße", "Strasse", "Anschrift"],
        Field::Postcode => &["postcode", "zip", "PLZ", "Postleitzahl"],
        Field::City => &["city", "Ort", "Stadt"],
        Field::Country => &["country", "Land"],
        Field::Language => &["language", "Sprache"],
        Field::CustomerKind => &["customer_kind", "Kundenart"],
    }
}

/// A heading without capitals, blanks and punctuation: `Invoice Number`, `invoice_number` and `InvoiceNumber` are one name.
pub(super) fn folded(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn no_heading_fills_two_fields() {
        let mut owners: BTreeMap<String, Field> = BTreeMap::new();
        for field in Field::ALL {
            for name in names(field) {
                let other = owners.insert(folded(name), field);
                assert!(other.is_none_or(|other| other == field), "{name}: {field:?} and {other:?}");
            }
        }
    }
}
