//! What one text of settings says otherwise than another, field by field.

use super::fields::{FIELDS, Field, Shape};
use super::words::SettingsWords;
use crate::config::{document_of, value_at};
use crate::domain::format;
use crate::web::language::Language;
use std::path::Path;
use toml::{Table, Value};

/// A field that is other.
pub(super) struct Difference {
    pub(super) field: &'static Field,
    pub(super) label: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

pub(super) fn differences(language: Language, before: &Table, after: &Table) -> Vec<Difference> {
    let differ = |field: &&'static Field| {
        shown(language, field, value_at(before, field.path)) != shown(language, field, value_at(after, field.path))
            || is_other_secret(field, before, after)
    };
    let difference = |field: &'static Field| Difference {
        field,
        label: field.label(language),
        before: shown(language, field, value_at(before, field.path)),
        after: shown_after(language, field, before, after),
    };
    FIELDS.iter().filter(differ).map(difference).collect()
}

fn is_other_secret(field: &Field, before: &Table, after: &Table) -> bool {
    field.shape == Shape::Secret && value_at(before, field.path) != value_at(after, field.path)
}

fn shown_after(language: Language, field: &Field, before: &Table, after: &Table) -> String {
    if is_other_secret(field, before, after) && value_at(after, field.path).is_some() {
        return SettingsWords::of(language).secret_changed.to_owned();
    }
    shown(language, field, value_at(after, field.path))
}

/// A value as people read it.
pub(super) fn shown(language: Language, field: &Field, value: Option<&Value>) -> String {
    let words = SettingsWords::of(language);
    let text = match (field.shape, value) {
        (Shape::Secret, value) => if value.is_some() { words.secret_there } else { "" }.to_owned(),
        (Shape::Flag, Some(Value::Boolean(on))) => if *on { words.yes } else { words.no }.to_owned(),
        (Shape::Choice(choices) | Shape::Order(choices), Some(Value::String(word))) => word_of(language, choices, word),
        (Shape::Order(choices), Some(Value::Array(items))) => joined(items, ", ", |item| word_of(language, choices, item)),
        (Shape::Columns, Some(Value::Array(columns))) => {
            let column = |column: &Value| column.as_array().map(|lines| joined(lines, ", ", ToOwned::to_owned)).unwrap_or_default();
            columns.iter().map(column).collect::<Vec<_>>().join(" | ")
        }
        (Shape::Picture, Some(Value::String(name))) => match document_of(Path::new(name)) {
            Some(hash) => format!("{} {}", words.picture, &hash[..8]),
            None => name.clone(),
        },
        (Shape::Day, Some(Value::String(day))) => day.parse().map_or_else(|_| day.clone(), |date| format::short_date(language.tag(), date)),
        (_, Some(Value::Array(items))) => joined(items, ", ", ToOwned::to_owned),
        (_, Some(Value::String(text))) => text.clone(),
        (_, Some(other)) => other.to_string(),
        (_, None) => String::new(),
    };
    if text.is_empty() { words.none.to_owned() } else { text }
}

fn word_of(language: Language, choices: &[(&'static str, &'static str, &'static str)], word: &str) -> String {
    let found = choices.iter().find(|(value, _, _)| *value == word);
    found.map_or(word, |(_, german, english)| if language == Language::German { german } else { english }).to_owned()
}

fn joined(items: &[Value], between: &str, word: impl Fn(&str) -> String) -> String {
    items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), &word)).collect::<Vec<_>>().join(between)
}
