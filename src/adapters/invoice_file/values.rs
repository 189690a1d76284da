//! What a value looks like before anybody asks what it means: bounded, on one line, free of control characters.

/// Characters of a value; no name, street or number is longer.
pub(super) const LONGEST: usize = 1000;

/// Characters of a value in a report.
const SHOWN: usize = 60;

/// The value on one line and without blanks around it. Control characters become blanks, and so do the marks that turn
/// the direction of writing, with which a name could change how the text around it looks.
pub(super) fn cleaned(value: &str) -> String {
    let line: String = value.chars().map(|c| if breaks_line(c) { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// The value as a report shows it: on one line, at most 60 characters.
pub(super) fn shortened(value: &str) -> String {
    let shown: String = value.chars().take(SHOWN).map(|c| if breaks_line(c) { ' ' } else { c }).collect();
    if value.chars().nth(SHOWN).is_some() { shown + "…" } else { shown }
}

/// Umlauts of UTF-8 that were read as Windows-1252: every one of them begins with the same letter, which no name here does.
pub(super) fn is_misread(text: &str) -> bool {
    text.contains('Ã') && ["Ã¤", "Ã¶", "Ã¼", "ÃŸ", "Ã„", "Ã–", "Ãœ", "Ã©", "Ã¨"].iter().any(|pair| text.contains(pair))
}

fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_on_one_line() {
        for (value, clean) in [("Müller\r\nGmbH", "Müller  GmbH"), (" \u{a0}A\tB\u{0} ", "A B"), ("a\u{202e}b\u{2028}c", "a b c"), ("", "")]
        {
            assert_eq!(cleaned(value), clean);
        }
        assert!(is_misread("MÃ¼ller") && !is_misread("Müller") && !is_misread("SÃO PAULO"));
        assert_eq!(shortened(&"ü".repeat(61)), "ü".repeat(60) + "…");
        assert_eq!(shortened("a\nb"), "a b");
    }
}
