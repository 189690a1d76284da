//! How wide text will be, for the engine that can't be asked: Liberation Sans has the widths of Helvetica.
//!
//! Lengths are micrometres, widths of characters thousandths of the type size. Estimates lean to the wide side.

/// Advance widths of U+0020 to U+007E.
const ASCII: [u32; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278,
    278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722,
    667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556,
    556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// A type size in points, as micrometres.
pub(super) const fn points(tenths: u32) -> u32 {
    tenths * 35_278 / 1000
}

fn character_width(c: char) -> u32 {
    let ascii = u32::from(c).checked_sub(0x20).and_then(|index| usize::try_from(index).ok()).and_then(|index| ASCII.get(index));
    match (ascii, c) {
        (Some(width), _) => *width,
        (None, '\u{a0}') => 278,
        (None, '€') => 556,
        (None, '–' | '·') => 556,
        (None, c) if c.is_lowercase() => 667,
        // The widest letters of Latin, Greek and Cyrillic.
        (None, _) => 1000,
    }
}

/// The width of a run of text.
fn width(text: &str, size: u32) -> u32 {
    text.chars().map(character_width).fold(0, u32::saturating_add).saturating_mul(size) / 1000
}

/// The lines that `text` takes in a column, broken at blanks and, where a word is wider than the column, within it.
/// Reckoned with 6 % more than the plain style's widths, which is what bold needs.
pub(super) fn lines(text: &str, size: u32, column: u32) -> u32 {
    text.split('\n').map(|line| lines_of_one(line, size, column * 100 / 106)).sum()
}

fn lines_of_one(text: &str, size: u32, column: u32) -> u32 {
    let (mut lines, mut used) = (1, 0);
    for word in text.split(' ') {
        let (word_width, blank) = (width(word, size), if used == 0 { 0 } else { width(" ", size) });
        if used + blank + word_width <= column {
            used += blank + word_width;
        } else if word_width <= column {
            lines += 1;
            used = word_width;
        } else {
            // Starts on a line of its own and is cut where the column ends; no line loses more than one wide letter.
            let cut = column.saturating_sub(size).max(1);
            lines += u32::from(used > 0) + word_width / cut;
            used = word_width % cut;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_helveticas() {
        // "Augsburg" in 1000 units: 667+556+556+500+556+556+333+556.
        assert_eq!(width("Augsburg", 1000), 4280);
        assert_eq!(width("~ A", 1000), 584 + 278 + 667);
    }

    #[test]
    fn words_wrap_and_long_ones_are_cut() {
        let ten = points(100);
        assert_eq!(lines("", ten, 100_000), 1);
        assert_eq!(lines("kurz", ten, 100_000), 1);
        assert_eq!(lines("a\nb", ten, 100_000), 2);
        let long = "W".repeat(100); // 100 × 0.944 × 3.5 mm = 333 mm
        assert!((4..=5).contains(&lines(&long, ten, 100_000)));
        assert_eq!(lines(&"wort ".repeat(40), ten, 165_000), lines(&"wort ".repeat(40), ten, 165_000));
    }
}
