//! How lists look on a terminal, and what `--json` prints instead.
//!
//! Whatever comes from files, customers and servers is made presentable here, so that no name can move the cursor,
//! colour the screen or break a line.

use super::say;
use crate::domain::format;
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use chrono_tz::Tz;
use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longer lists of one line are cut here with `…`.
const LINE: usize = 110;

/// Which side of its column a value stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Aligned columns: each as wide as its widest value, but no wider than its limit.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<(&'static str, Side, usize)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Heading, side and greatest width of each column.
    pub(super) fn new(columns: &[(&'static str, Side, usize)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; its values are made presentable.
    pub(super) fn row<const N: usize>(&mut self, values: [String; N]) {
        self.rows.push(values.iter().map(|value| format::presentable(value)).collect());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn print(&self) {
        let headings: Vec<String> = self.columns.iter().map(|(heading, ..)| (*heading).to_owned()).collect();
        let width = |(index, (heading, _, limit)): (usize, &(&str, Side, usize))| {
            let widest = self.rows.iter().filter_map(|row| row.get(index)).map(|value| value.width()).max().unwrap_or(0);
            widest.max(heading.width()).min(*limit)
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(width).collect();
        for row in std::iter::once(&headings).chain(&self.rows) {
            say(self.line(row, &widths));
        }
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = row.iter().zip(widths).zip(&self.columns).map(|((value, width), (_, side, _))| {
            let value = shortened(value, *width);
            let blank = " ".repeat(width.saturating_sub(value.width()));
            if *side == Side::Left { format!("{value}{blank}") } else { format!("{blank}{value}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// As much of a notice's id as tells it from those of the same invoice's other stages, whose first twelve digits are alike.
pub(super) const NOTICE_SHOWN: usize = 16;

/// `text` in at most `width` columns of a terminal.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut taken = 0;
    let kept = text.chars().take_while(|letter| {
        taken += letter.width().unwrap_or(0);
        taken < width
    });
    kept.chain(['…']).collect()
}

/// One labelled fact: `state        waiting`. Empty values are left out; long ones go on in the next lines.
pub(super) fn fact(label: &str, value: &str) {
    let value = format::presentable(value);
    if value.trim().is_empty() {
        return;
    }
    let mut label = label;
    for line in wrapped(&value, LINE - 15) {
        say(format_args!("{label:<13}  {line}"));
        label = "";
    }
}

/// Breaks a text between words into lines of at most `width` columns.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// One line of `--json`.
pub(super) fn json<T: Serialize>(value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => say(text),
        Err(error) => super::note(format_args!("a line can't be written as JSON: {error}")),
    }
}

/// An instant for a list: `2026-11-21 09:00:00`.
pub(super) fn moment(at: Timestamp, zone: Tz) -> String {
    at.in_zone(zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// An instant with its weekday, for a sentence: `Mon 2026-11-23 09:00 CET`.
pub(super) fn weekday_moment(at: Timestamp, zone: Tz) -> String {
    at.in_zone(zone).format("%a %Y-%m-%d %H:%M %Z").to_string()
}

/// An amount with its currency, as the English texts write it.
pub(super) fn money(minor: i64, currency: &str) -> String {
    format::money("en", minor, Currency::parse(currency).unwrap_or(Currency::EUR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_is_never_wider_than_its_column() {
        for text in ["Zahnräder Oberländer GmbH", "漢字漢字漢字漢字", "👍🏽👍🏽👍🏽👍🏽👍🏽", ""] {
            for width in 1..12 {
                assert!(shortened(text, width).width() <= width, "{text} in {width}");
            }
        }
        assert_eq!(shortened("Rechnung", 8), "Rechnung");
        assert_eq!(shortened("Rechnungen", 8), "Rechnun…");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("eins zwei  drei", 9), ["eins zwei", "drei"]);
        assert_eq!(wrapped("", 9), [""]);
    }
}
