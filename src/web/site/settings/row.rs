//! A field as its page shows it.

use super::differences::shown;
use super::fields::{Field, Section, Shape};
use super::known::Known;
use super::standing::Standing;
use super::words::SettingsWords;
use super::wrong;
use crate::config::{document_of, value_at};
use crate::web::language::Language;
use crate::web::site::seat::Seat;
use crate::web::site::shown::{actor, moment};
use std::path::Path;
use toml::Value;

/// A value to choose, its word, whether it is chosen.
pub(super) type Chosen = (String, String, bool);

/// What `section.html` makes an input of.
#[derive(Default)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) is_on: bool,
    pub(super) options: Vec<Chosen>,
    /// The same words once for each place of an order.
    pub(super) places: Vec<Vec<Chosen>>,
    /// How a secret or picture stands.
    pub(super) state: String,
    /// Of something that is not the file's: it can be taken away.
    pub(super) can_remove: bool,
    /// Where a picture can be looked at.
    pub(super) href: Option<String>,
    pub(super) problem: String,
    pub(super) warning: &'static str,
}

impl Row {
    /// Whether it is several inputs.
    pub(super) fn is_group(&self) -> bool {
        matches!(self.kind, "order" | "terms")
    }

    /// The ids of what describes the input.
    pub(super) fn described_by(&self) -> String {
        format!("h-{} w-{}", self.id, self.id)
    }
}

/// The fields of a page. Pictures come by forms of their own.
pub(super) fn rows(seat: &Seat, section: Section, standing: &Standing, known: &Known, pictures: bool) -> Vec<Row> {
    let fields = section.fields().filter(|field| (field.shape == Shape::Picture) == pictures);
    fields.map(|field| row(seat, field, standing, known)).collect()
}

fn row(seat: &Seat, field: &'static Field, standing: &Standing, known: &Known) -> Row {
    let language = seat.language();
    let value = value_at(&standing.drafted, field.path);
    let row = Row {
        id: field.id(),
        path: field.path,
        label: field.label(language),
        hint: field.hint(language),
        problem: standing.problem(field.path).map(|problem| wrong::told(language, problem)).unwrap_or_default(),
        warning: warning(language, field, standing),
        ..Row::default()
    };
    let text = value.map(plain).unwrap_or_default();
    match field.shape {
        Shape::Line | Shape::Colour => Row { kind: "line", value: text, ..row },
        Shape::Number => Row { kind: "number", value: text, ..row },
        Shape::Day => Row { kind: "day", value: text, ..row },
        Shape::Lines | Shape::Columns => Row { kind: "lines", value: text, ..row },
        Shape::Flag => Row { kind: "flag", is_on: value.and_then(Value::as_bool).unwrap_or(false), ..row },
        Shape::Choice(choices) => Row { kind: "choice", options: options(language, choices, &text), ..row },
        Shape::Workflow => Row { kind: "choice", options: known.workflows(&text), ..row },
        Shape::Terms => {
            let set: Vec<_> = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let (options, others) = known.terms(&set);
            Row { kind: "terms", options, value: others.join("\n"), ..row }
        }
        Shape::Order(choices) => Row { kind: "order", places: places(language, choices, value), ..row },
        Shape::Secret => secret(seat, field, standing, row),
        Shape::Picture => picture(seat, field, standing, row),
    }
}

/// As it is written into a field: a list with an entry in each line, columns with an empty line between them.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let between = if items.iter().any(Value::is_array) { "\n\n" } else { "\n" };
            items.iter().map(plain).collect::<Vec<_>>().join(between)
        }
        other => other.to_string(),
    }
}

fn options(language: Language, choices: &[(&'static str, &'static str, &'static str)], current: &str) -> Vec<Chosen> {
    let word = |german: &str, english: &str| if language == Language::German { german.to_owned() } else { english.to_owned() };
    let mut options: Vec<_> =
        choices.iter().map(|(value, german, english)| ((*value).to_owned(), word(german, english), *value == current)).collect();
    // What a file says and no list has.
    if !current.is_empty() && options.iter().all(|(_, _, chosen)| !chosen) {
        options.push((current.to_owned(), current.to_owned(), true));
    }
    options
}

fn places(language: Language, choices: &[(&'static str, &'static str, &'static str)], value: Option<&Value>) -> Vec<Vec<Chosen>> {
    let chosen: Vec<_> = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let place = |index: usize| {
        let current = chosen.get(index).copied().unwrap_or_default();
        let mut options = options(language, choices, current);
        options.insert(0, (String::new(), "—".to_owned(), current.is_empty()));
        options
    };
    (0..choices.len()).map(place).collect()
}

fn secret(seat: &Seat, field: &Field, standing: &Standing, row: Row) -> Row {
    let (language, words) = (seat.language(), SettingsWords::of(seat.language()));
    let own = value_at(&standing.drafted, field.path).and_then(Value::as_integer);
    let kept = own.and_then(|id| standing.secret(id));
    let of_file = field
        .path
        .strip_suffix("_secret")
        .and_then(|path| value_at(&standing.drafted, path))
        .is_some_and(|value| value.as_str() != Some(""));
    let state = match kept {
        Some(secret) => format!(
            "{} {} {} {}.",
            words.is_set,
            moment(language, secret.set_at, seat.tenant.settings.zone),
            words.by,
            actor(language, &secret.set_by)
        ),
        None if of_file && own.is_none() => words.set_in_file.to_owned(),
        None => words.is_not_set.to_owned(),
    };
    Row { kind: "secret", state, can_remove: own.is_some(), ..row }
}

fn picture(seat: &Seat, field: &'static Field, standing: &Standing, row: Row) -> Row {
    let (language, words) = (seat.language(), SettingsWords::of(seat.language()));
    let value = value_at(&standing.drafted, field.path);
    let name = value.and_then(Value::as_str).unwrap_or_default();
    let hash = document_of(Path::new(name));
    let state = match (name, hash) {
        ("", _) => words.no_picture.to_owned(),
        (_, Some(_)) => format!("{} {}", words.uploaded, shown(language, field, value)),
        (_, None) => format!("{} {name}", words.picture_of_file),
    };
    let href = hash.map(|hash| seat.href(&format!("/settings/picture/{hash}")));
    Row { kind: "picture", state, can_remove: !name.is_empty(), href, ..row }
}

/// What is allowed and yet probably not meant.
fn warning(language: Language, field: &Field, standing: &Standing) -> &'static str {
    const USUAL_SECONDS: i64 = 60;
    let at = |path: &str| value_at(&standing.drafted, path);
    let host = at("smtp.host").and_then(Value::as_str).unwrap_or_default();
    let fast = field.path == "mail.every_seconds" && at(field.path).and_then(Value::as_integer).is_some_and(|every| every < USUAL_SECONDS);
    if fast && !host.is_empty() && !crate::assembly::is_loopback(host) { SettingsWords::of(language).too_fast } else { "" }
}
