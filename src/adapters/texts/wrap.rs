//! Breaking a line of text into lines of a width, without tearing apart what is read as one.

/// `text` in lines of at most `width` characters; only a word that is longer than that stands out.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    // A line as wide as can be, and some letters of two bytes.
    let room = || String::with_capacity(text.len().min(width.saturating_add(8)));
    let (mut lines, mut line, mut letters) = (Vec::new(), room(), 0);
    // Where the words that stay together begin, which may still go to the next line: their first byte, and the letters before it.
    let (mut group, mut before) = (0, 0);
    for word in text.split_whitespace() {
        if !line.is_empty() {
            if !belong_together(&line[group..], word) {
                (group, before) = (line.len() + 1, letters + 1);
            }
            line.push(' ');
            letters += 1;
        }
        line.push_str(word);
        letters += word.chars().count();
        if letters > width && group > 0 {
            let mut next = room();
            next.push_str(&line[group..]);
            line.truncate(group - 1);
            lines.push(std::mem::replace(&mut line, next));
            letters -= before;
            (group, before) = (0, 0);
        }
    }
    lines.push(line);
    lines
}

/// Longer groups of digits than a telephone number's may break.
const MAX_GROUP: usize = 24;

/// Whether a word stays with those before it: an amount with its currency; dates and telephone numbers are whole, a dash goes with the word
/// before it.
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
    // Most words are none of this: which it can be, their first letters tell.
    match (starts_with_digit(before), starts_with_digit(word)) {
        (_, true) => {
            is_currency(before) || before == "§" || (is_digits(symbol) && (is_digits(before) || (symbol.len() == 4 && is_month(before))))
        }
        (true, false) => {
            symbol == "€" || is_currency(symbol) || (before.len() <= 2 && is_digits(before) && is_month(word)) || is_dash(word)
        }
        (false, false) => is_dash(word),
    }
}

fn is_dash(word: &str) -> bool {
    word == "–" || word == "·"
}

/// `text` in pieces of at most `width` characters, broken anywhere if need be: for a table's cell.
pub(super) fn chopped(text: &str, width: usize) -> Vec<String> {
    let pieces = |line: String| {
        if line.len() <= width {
            return vec![line];
        }
        let letters: Vec<char> = line.chars().collect();
        letters.chunks(width.max(1)).map(|piece| piece.iter().collect()).collect()
    };
    wrapped(text, width).into_iter().flat_map(pieces).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_word_is_lost_and_a_line_is_too_long_only_where_it_can_not_be_broken(text in "([a-zä§€A-Z0-9–,.]{1,9} ?){0,40}", width in 1_usize..40) {
            let lines = wrapped(&text, width);
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&lines.join(" ")), words(&text));
            for line in lines.iter().filter(|line| line.chars().count() > width) {
                let places = line.match_indices(' ');
                let may_break = places.filter(|(at, _)| !belong_together(&line[..*at], line[at + 1..].split(' ').next().unwrap_or_default()));
                prop_assert_eq!(may_break.count(), 0, "{}", line);
            }
        }
    }

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
