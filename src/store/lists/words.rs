//! What is searched for: up to three words, each as a pattern for numbers and as one for names.

use crate::store::db::Value;

/// What `customer.search` is folded by (migration 0026), besides small letters. A change here is a migration there.
const FOLDS: [(char, &str); 18] = [
    ('ä', "ae"),
    ('Ä', "ae"),
    ('ö', "oe"),
    ('Ö', "oe"),
    ('ü', "ue"),
    ('Ü', "ue"),
    ('ß', "ss"),
    ('ẞ', "ss"),
    ('é', "e"),
    ('É', "e"),
    ('è', "e"),
    ('È', "e"),
    ('á', "a"),
    ('Á', "a"),
    ('à', "a"),
    ('À', "a"),
    ('ç', "c"),
    ('Ç', "c"),
];

/// A text as `customer.search` has it: `Müller` and `MUELLER` are one.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match FOLDS.iter().find(|(known, _)| *known == letter) {
            Some((_, plain)) => out.push_str(plain),
            None => out.push(letter.to_ascii_lowercase()),
        }
    }
    out
}

/// The words of a search. All of them must occur, each in the invoice's number or in what the customer is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    patterns: [(String, String); 3],
}

impl Words {
    /// Of what a person typed. A fourth word and those behind it are searched for as they stand, in one piece with the third.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let typed: Vec<&str> = text.split_whitespace().collect();
        let third = typed.get(2..).map(|rest| rest.join(" ")).unwrap_or_default();
        let words = [typed.first().copied().unwrap_or_default(), typed.get(1).copied().unwrap_or_default(), &third];
        let patterns = words.map(|word| (pattern(&word.to_ascii_lowercase()), pattern(&folded(word))));
        Self { patterns }
    }

    /// For numbers and for names, word by word.
    pub(super) fn values(&self) -> [Value<'_>; 6] {
        let [(a, b), (c, d), (e, f)] = &self.patterns;
        [a, b, c, d, e, f].map(|pattern| Value::Text(pattern))
    }

    /// What rows may be gathered by: each word there is, for numbers and for names. One word may fit thousands and the next only a few.
    pub(super) fn each(&self) -> impl Iterator<Item = [Value<'_>; 2]> {
        let typed = self.patterns.iter().filter(|(number, _)| number != "%");
        typed.map(|(number, name)| [Value::Text(number), Value::Text(name)])
    }

    /// For names alone.
    pub(super) fn names(&self) -> [Value<'_>; 3] {
        let [(_, a), (_, b), (_, c)] = &self.patterns;
        [a, b, c].map(|pattern| Value::Text(pattern))
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::of("")
    }
}

/// Somewhere in the text; `!` is the statements' escape character.
fn pattern(word: &str) -> String {
    let mut out = String::from("%");
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(letter);
    }
    if !word.is_empty() {
        out.push('%');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_patterns_and_what_means_something_in_a_pattern_does_not() {
        let words = Words::of("  Müller 50% a_b  c! ");
        assert_eq!(words.patterns[0], ("%müller%".to_owned(), "%mueller%".to_owned()));
        assert_eq!(words.patterns[1].0, "%50!%%");
        assert_eq!(words.patterns[2].0, "%a!_b c!!%");
        assert_eq!((words.each().count(), Words::default().each().count()), (3, 0));
        assert_eq!(Words::of(" ").patterns[2], ("%".to_owned(), "%".to_owned()));
        assert_eq!(folded("Süßwaren GROẞ & Çelik"), "suesswaren gross & celik");
    }
}
