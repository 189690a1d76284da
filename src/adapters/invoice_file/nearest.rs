//! What somebody probably meant: the known word nearest to an unknown one, for messages only.

/// Longer words are compared by their beginning: the comparison takes time and space in proportion to both lengths.
const COMPARED: usize = 64;

/// The candidate that a slip of the hand or a different spelling of the same name could have produced, if there is one.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = folded(word);
    let allowed = (wanted.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&wanted, &folded(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The word without capitals, blanks and punctuation: `Invoice Number`, `invoice_number` and `InvoiceNumber` are one name.
pub(super) fn folded(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(COMPARED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_spellings_are_recognised() {
        let columns = ["invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount", "Fälligkeit"];
        for (word, meant) in [
            ("invoiceNumbr", Some("invoiceNumber")),
            ("invoice_date", Some("InvoiceDate")),
            ("deu date", Some("DueDate")),
            ("Faelligkeit", Some("Fälligkeit")),
            ("customer", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, columns), meant, "{word}");
        }
    }
}
