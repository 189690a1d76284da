//! From a form's fields to the text of a draft. What is as the file says is left out, so that the file's word goes on holding there.

use super::fields::{Field, Section, Shape};
use crate::config::value_at;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// What was sent: names and values, in their order.
pub(super) type Sent = Vec<(String, String)>;

/// Of a secret: what to do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SecretWish {
    Keep,
    Remove,
    Set(String),
}

/// What was sent of a secret's field. Its box and its words are both optional.
pub(super) fn secret_wish(field: &Field, sent: &Sent) -> SecretWish {
    let removed = sent.iter().any(|(name, value)| name.strip_prefix("remove:") == Some(field.path) && value == "1");
    match one(field.path, sent) {
        Some(secret) if !secret.is_empty() => SecretWish::Set(secret.to_owned()),
        _ if removed => SecretWish::Remove,
        _ => SecretWish::Keep,
    }
}

fn one<'s>(name: &str, sent: &'s Sent) -> Option<&'s str> {
    sent.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The draft with what was entered in a section. `base` is what the file says; the ids of new secrets are put in afterwards.
pub(super) fn with_section(draft: &Table, base: &Table, section: Section, sent: &Sent) -> Table {
    let mut draft = draft.clone();
    let tables: BTreeSet<_> = section.fields().filter_map(Field::table).collect();
    for table in tables {
        set_table(&mut draft, base, section, table, sent);
    }
    for field in section.fields().filter(|field| field.table().is_none() && is_entered(field)) {
        match entered(field, sent) {
            Some(value) if base.get(field.path) != Some(&value) => draft.insert(field.path.to_owned(), value),
            _ => draft.remove(field.path),
        };
    }
    draft
}

/// Pictures and secrets come by ways of their own.
fn is_entered(field: &Field) -> bool {
    !matches!(field.shape, Shape::Picture | Shape::Secret)
}

fn set_table(draft: &mut Table, base: &Table, section: Section, table: &'static str, sent: &Sent) {
    let own = || section.fields().filter(move |field| field.table() == Some(table));
    let mut made = Table::new();
    for field in own() {
        let kept = || value_at(draft, field.path).cloned();
        if let Some(value) = if is_entered(field) { entered(field, sent) } else { kept() } {
            put(&mut made, inner(field.path), value);
        }
    }
    let normal = |value: Option<&Value>| value.filter(|value| !is_nothing(value)).cloned();
    let as_base = own().all(|field| {
        let value = value_at(&made, inner(field.path));
        if is_entered(field) { normal(value) == normal(value_at(base, field.path)) } else { value.is_none() }
    });
    if as_base {
        draft.remove(table);
    } else {
        draft.insert(table.to_owned(), Value::Table(made));
    }
}

fn inner(path: &str) -> &str {
    path.split_once('.').map_or(path, |(_, inner)| inner)
}

/// Puts a value at a dotted path.
pub(super) fn put(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((name, rest)) => {
            if let Value::Table(inner) = table.entry(name).or_insert_with(|| Value::Table(Table::new())) {
                put(inner, rest, value);
            }
        }
    }
}

/// Takes out what stands at a dotted path.
pub(super) fn take_out(table: &mut Table, path: &str) {
    match path.split_once('.') {
        None => {
            table.remove(path);
        }
        Some((name, rest)) => {
            if let Some(Value::Table(inner)) = table.get_mut(name) {
                take_out(inner, rest);
            }
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
}

/// What was entered in a field, as the settings would say it; `None`: nothing, so that the default holds. What is no number stays as it was
/// written, so that its reader says what is wrong.
fn entered(field: &Field, sent: &Sent) -> Option<Value> {
    let text = one(field.path, sent).unwrap_or_default().trim();
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect::<Vec<_>>();
    let value = match field.shape {
        Shape::Flag => Value::Boolean(text == "1"),
        Shape::Number => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::Integer),
        Shape::Lines => Value::Array(lines()),
        Shape::Columns => Value::Array(columns(text)),
        Shape::Terms => Value::Array(terms(field.path, sent)),
        Shape::Order(_) => {
            let chosen = sent.iter().filter(|(name, value)| name == field.path && !value.is_empty());
            Value::Array(chosen.map(|(_, value)| Value::from(value.as_str())).collect())
        }
        _ if field.path.ends_with("iban") => Value::from(text.split_whitespace().collect::<String>()),
        _ => Value::from(text),
    };
    // An empty order says that nobody is ever written to: its reader must hear of it.
    Some(value).filter(|value| matches!(field.shape, Shape::Order(_)) || !is_nothing(value))
}

/// What is ticked, and a term in each line of the others.
fn terms(path: &str, sent: &Sent) -> Vec<Value> {
    let ticked = sent.iter().filter(|(name, _)| name == path).map(|(_, value)| value.replace("\r\n", "\n").trim().to_owned());
    let others = sent.iter().filter(|(name, _)| name.strip_prefix("others:") == Some(path));
    let others = others.flat_map(|(_, value)| value.lines().map(|line| line.trim().to_owned()));
    let mut terms: Vec<String> = Vec::new();
    for term in ticked.chain(others).filter(|term| !term.is_empty()) {
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    terms.into_iter().map(Value::from).collect()
}

/// An empty line begins the next column.
fn columns(text: &str) -> Vec<Value> {
    let text = text.replace("\r\n", "\n");
    let column = |part: &str| part.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect::<Vec<_>>();
    text.split("\n\n").map(column).filter(|lines| !lines.is_empty()).map(Value::Array).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Sent {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn base() -> Table {
        "zone = \"Europe/Berlin\"\nholidays = \"DE\"\nlanguage = \"de\"\ncurrency = \"EUR\"\n[layout]\nlogo = \"a.svg\"\nlogo_position = \"right\"\nlogo_height_mm = 18\naccent = \"#282828\"\ntext = \"#000000\"\nfooter = []\n[smtp]\nhost = \"\"\nport = 465\ntls = \"implicit\"\nuser = \"\"\npassword = \"\"\n"
            .parse()
            .unwrap()
    }

    #[test]
    fn what_is_as_the_file_says_is_left_out_and_the_rest_stands_whole_in_its_table() {
        let same =
            sent(&[("zone", "Europe/Berlin"), ("holidays", "DE"), ("language", "de"), ("currency", "EUR"), ("holidays_added", " \r\n")]);
        assert_eq!(with_section(&Table::new(), &base(), Section::Calendar, &same), Table::new());
        let other = sent(&[
            ("zone", "Europe/Vienna"),
            ("holidays", "DE"),
            ("language", "de"),
            ("currency", "EUR"),
            ("holidays_added", "2027-12-24\r\n2027-12-31"),
        ]);
        let draft = with_section(&Table::new(), &base(), Section::Calendar, &other);
        assert_eq!(draft, "zone = \"Europe/Vienna\"\nholidays_added = [\"2027-12-24\", \"2027-12-31\"]\n".parse().unwrap());

        let letters = sent(&[
            ("layout.logo_position", "left"),
            ("layout.logo_height_mm", "x"),
            ("layout.accent", "#282828"),
            ("layout.text", "#000000"),
            ("layout.footer", "A\r\nB\r\n\r\nC"),
        ]);
        let standing = "letterhead = \"document:x.svg\"\n[layout]\nlogo = \"document:y.png\"\n".parse().unwrap();
        let draft = with_section(&standing, &base(), Section::Letters, &letters);
        let expected = "letterhead = \"document:x.svg\"\n[layout]\nlogo = \"document:y.png\"\nlogo_position = \"left\"\nlogo_height_mm = \"x\"\naccent = \"#282828\"\ntext = \"#000000\"\nfooter = [[\"A\", \"B\"], [\"C\"]]\n";
        assert_eq!(draft, expected.parse().unwrap());
    }

    #[test]
    fn terms_are_what_is_ticked_and_what_is_written_beside() {
        let path = "lexoffice.excluded_terms";
        let others = format!("others:{path}");
        let sent = sent(&[(path, "SEPA"), (path, "eins\r\nzwei"), (&others, " Lastschrift \r\n\r\nSEPA")]);
        assert_eq!(terms(path, &sent), ["SEPA", "eins\nzwei", "Lastschrift"].map(Value::from));
    }

    #[test]
    fn a_secret_is_kept_unless_a_word_or_the_box_says_otherwise_and_never_stands_in_the_draft() {
        let field = Field::of("smtp.password_secret").unwrap();
        assert_eq!(secret_wish(field, &sent(&[("smtp.password_secret", "")])), SecretWish::Keep);
        assert_eq!(secret_wish(field, &sent(&[("remove:smtp.password_secret", "1")])), SecretWish::Remove);
        assert_eq!(secret_wish(field, &sent(&[("smtp.password_secret", "geheim")])), SecretWish::Set("geheim".to_owned()));
        let standing = "[smtp]\npassword_secret = 17\n".parse().unwrap();
        let draft = with_section(
            &standing,
            &base(),
            Section::Senders,
            &sent(&[("smtp.host", "a"), ("smtp.port", "25"), ("smtp.password_secret", "geheim")]),
        );
        assert_eq!(value_at(&draft, "smtp.password_secret"), Some(&Value::Integer(17)));
        assert!(!draft.to_string().contains("geheim"));
    }
}
