//! Characters that no font can show: found before a letter is set, so that nobody gets one with empty boxes.

use crate::domain::document::{Block, Inline};
use crate::engine::ports::LetterError;
use serde_json::Value;
use std::collections::BTreeSet;

/// Every string in a letter's data, keys not counted.
pub(super) fn texts(data: &Value) -> Vec<&str> {
    match data {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// # Errors
/// [`LetterError::Content`] naming each character that `covers` denies.
pub(super) fn refuse_uncovered(texts: &[&str], covers: impl Fn(char) -> bool) -> Result<(), LetterError> {
    let used: BTreeSet<char> = texts.iter().flat_map(|text| text.chars()).filter(|c| !c.is_whitespace()).collect();
    let uncovered: Vec<char> = used.into_iter().filter(|c| !covers(*c)).collect();
    if uncovered.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = uncovered.iter().map(|c| format!("{} (U+{:04X})", c.escape_debug(), u32::from(*c))).collect();
    Err(LetterError::Content(format!("no font of the letter has the characters {}: write the text without them", names.join(", "))))
}

/// The text with the signs that word processors put in and fonts often lack (hyphens and blanks that don't break, of
/// special widths) replaced by those that look the same.
pub(super) fn settable(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{2011}' => '-',
        '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200a}' => ' ',
        '\u{2007}' | '\u{202f}' => '\u{a0}',
        c => c,
    };
    text.chars().map(plain).collect()
}

/// [`settable`] for every text in a block.
pub(super) fn settable_block(block: Block) -> Block {
    let blocks = |c: Vec<Block>| c.into_iter().map(settable_block).collect();
    match block {
        Block::P { c } => Block::P { c: settable_inlines(c) },
        Block::H { c } => Block::H { c: settable_inlines(c) },
        Block::List { ordered, start, items } => Block::List { ordered, start, items: items.into_iter().map(blocks).collect() },
        Block::Quote { c } => Block::Quote { c: blocks(c) },
        other @ (Block::Rule | Block::Invoices) => other,
    }
}

fn settable_inlines(inlines: Vec<Inline>) -> Vec<Inline> {
    let one = |inline| match inline {
        Inline::T { t } => Inline::T { t: settable(&t) },
        Inline::B { c } => Inline::B { c: settable_inlines(c) },
        Inline::I { c } => Inline::I { c: settable_inlines(c) },
        Inline::A { url, c } => Inline::A { url, c: settable_inlines(c) },
        Inline::Br => Inline::Br,
    };
    inlines.into_iter().map(one).collect()
}

/// What Liberation Sans certainly has, for the engine that can't ask its fonts: Latin, Greek, Cyrillic, the usual
/// punctuation and currency signs. A subset, so that in doubt a person looks; a test holds it to the bundled fonts.
pub(super) fn in_liberation_sans(c: char) -> bool {
    matches!(c,
        ' '..='~'
        | '\u{a0}'..='\u{17f}'
        | '\u{18f}' | '\u{192}' | '\u{1fa}'..='\u{1ff}' | '\u{218}'..='\u{21b}'
        | '\u{391}'..='\u{3a1}' | '\u{3a3}'..='\u{3ce}'
        | '\u{400}'..='\u{45f}' | '\u{490}'..='\u{491}'
        | '\u{1e80}'..='\u{1e85}' | '\u{1e9e}' | '\u{1ef2}'..='\u{1ef3}'
        | '\u{2010}' | '\u{2012}'..='\u{2015}' | '\u{2018}'..='\u{201e}' | '\u{2020}'..='\u{2022}' | '\u{2026}' | '\u{2030}'
        | '\u{2039}'..='\u{203a}' | '\u{20ac}' | '\u{2116}' | '\u{2122}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_names_each_character_once() {
        let data = serde_json::json!({"a": ["🎉x", {"b": "漢🎉"}], "漏": 1});
        let error = refuse_uncovered(&texts(&data), |c| c.is_ascii()).unwrap_err();
        let LetterError::Content(why) = error else { panic!("{error:?}") };
        assert_eq!(why, "no font of the letter has the characters 漢 (U+6F22), 🎉 (U+1F389): write the text without them");
    }

    #[test]
    fn a_word_processors_hyphens_and_blanks_become_plain_ones() {
        let text = "Müller\u{2011}Lüdenscheidt 5\u{202f}€\u{2009}x";
        assert_eq!(settable(text), "Müller-Lüdenscheidt 5\u{a0}€ x");
        let t = |t: &str| vec![Inline::B { c: vec![Inline::T { t: t.to_owned() }] }];
        let list = |c| Block::List { ordered: true, start: 2, items: vec![vec![Block::Quote { c: vec![Block::P { c }] }]] };
        assert_eq!(settable_block(list(t("a\u{2011}b"))), list(t("a-b")));
    }

    #[cfg(feature = "typst")]
    #[test]
    fn every_character_of_the_list_is_in_the_bundled_fonts() {
        let base = super::super::world::Base::new(None, []).unwrap();
        let missing: Vec<char> = ('\u{20}'..='\u{ffff}').filter(|c| in_liberation_sans(*c) && !base.covers(*c)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(!base.covers('🎉') && !in_liberation_sans('🎉'));
    }
}
