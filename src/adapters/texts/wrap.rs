//! Breaking a line of text into lines of a width, without tearing apart what is read as one.

use std::borrow::Cow;

/// `text` in lines of at most `width` characters; only a word that is longer than that stands out.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in unbroken(text) {
        let letters = word.chars().count();
        if !line.is_empty() && used + 1 + letters > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        line.push_str(&word);
        used += letters;
    }
    lines.push(line);
    lines
}

/// Longer groups of digits than a telephone number's may break.
const MAX_GROUP: usize = 24;

/// The words of `text`; an amount stays with its currency, dates and telephone numbers stay whole, a dash with the word before it.
fn unbroken(text: &str) -> Vec<Cow<'_, str>> {
    let mut words: Vec<Cow<'_, str>> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut() {
            Some(before) if belong_together(before, word) => {
                let before = before.to_mut();
                before.push(' ');
                before.push_str(word);
            }
            _ => words.push(Cow::Borrowed(word)),
        }
    }
    words
}

fn belong_together(before: &str, word: &str) -> bool {
    if before.len() + word.len() > MAX_GROUP {
        return false;
    }
    let before = before.rsplit(' ').next().unwrap_or(before);
    let is_currency = |word: &str| word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase());
    let starts_with_digit = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let is_digits = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let is_month = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase()) && word.bytes().all(|b| b.is_ascii_alphabetic());
    let symbol = word.trim_end_matches(|c: char| c.is_ascii_punctuation());
    (starts_with_digit(before) && (symbol == "€" || is_currency(symbol)))
        || ((is_currency(before) || before == "§") && starts_with_digit(word))
        || (is_digits(before) && is_digits(symbol))
        || (is_digits(before) && before.len() <= 2 && is_month(word))
        || (is_month(before) && is_digits(symbol) && symbol.len() == 4)
        || word == "–"
        || word == "·"
}

/// `text` in pieces of at most `width` characters, broken anywhere if need be: for a table's cell.
pub(super) fn chopped(text: &str, width: usize) -> Vec<String> {
    wrapped(text, width)
        .iter()
        .flat_map(|line| {
            let letters: Vec<char> = line.chars().collect();
            letters.chunks(width.max(1)).map(|piece| piece.iter().collect()).collect::<Vec<String>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_only() {
        assert_eq!(wrapped("eins zwei drei", 9), ["eins zwei", "drei"]);
        assert_eq!(wrapped("Donaudampfschiff ja", 5), ["Donaudampfschiff", "ja"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn an_amount_keeps_its_currency() {
        assert_eq!(wrapped("Bitte 119,00 €, danke", 10), ["Bitte", "119,00 €,", "danke"]);
        assert_eq!(wrapped("pay EUR 119.00 now", 9), ["pay", "EUR 119.00", "now"]);
        assert_eq!(wrapped("nach § 288 BGB", 8), ["nach", "§ 288 BGB"]);
        assert_eq!(wrapped("by 3 December 2026, then", 10), ["by", "3 December 2026,", "then"]);
        assert_eq!(wrapped("unter 0821 555 01 20.", 10), ["unter", "0821 555 01 20."]);
        assert!(wrapped(&"1 ".repeat(60), 78).iter().all(|line| line.len() <= 78));
    }

    #[test]
    fn a_cell_never_exceeds_its_width() {
        assert_eq!(chopped("RE-2026-0815", 5), ["RE-20", "26-08", "15"]);
    }
}
