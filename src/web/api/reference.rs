//! `/api/v1/docs`: the reference, rendered here from the same tables as the OpenAPI document, without a script.

use super::openapi;
use super::problem::{KINDS, ProblemKind};
use super::routes::{Content, Operation, operations};
use super::shape::{Field, Kind, Presence, Shape};
use crate::domain::scope::Scope;
use crate::web::site::{headers, style_version};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

pub(super) const PATH: &str = "/api/v1/docs";

#[derive(Template)]
#[template(path = "reference.html")]
struct Reference {
    version: &'static str,
    groups: Vec<(&'static str, Vec<Shown>)>,
    shapes: Vec<ShownShape>,
    kinds: &'static [&'static ProblemKind],
    scopes: [Scope; 4],
    document: &'static str,
}

struct Shown {
    operation: &'static Operation,
    body: Option<&'static str>,
    answer: Option<&'static str>,
    is_page: bool,
}

struct ShownShape {
    name: &'static str,
    text: &'static str,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    kind: String,
    /// The shape that it consists of.
    part: Option<&'static str>,
    is_required: bool,
    text: &'static str,
}

pub(super) async fn page() -> Response {
    let answer = match rendered() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the reference could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    headers::dressed(answer, false)
}

fn rendered() -> Result<String, askama::Error> {
    let groups =
        openapi::tags().into_iter().map(|tag| (tag, operations().into_iter().filter(|found| found.tag == tag).map(shown).collect()));
    let reference = Reference {
        version: style_version(),
        groups: groups.collect(),
        shapes: shapes(),
        kinds: KINDS,
        scopes: Scope::ALL,
        document: openapi::PATH,
    };
    reference.render()
}

fn shown(operation: &'static Operation) -> Shown {
    let (answer, is_page) = match operation.content {
        Content::One(shape) => (Some(shape.name), false),
        Content::Page(shape) => (Some(shape.name), true),
        Content::Bytes => (None, false),
    };
    Shown { operation, body: operation.body.map(|shape| shape.name), answer, is_page }
}

fn shapes() -> Vec<ShownShape> {
    let mut shapes: Vec<&'static Shape> = Vec::new();
    for operation in operations() {
        let answer = match operation.content {
            Content::One(shape) | Content::Page(shape) => Some(shape),
            Content::Bytes => None,
        };
        for shape in operation.body.into_iter().chain(answer).flat_map(Shape::all) {
            if !shapes.iter().any(|known| known.name == shape.name) {
                shapes.push(shape);
            }
        }
    }
    let rows = |shape: &'static Shape| shape.fields.iter().map(row).collect();
    shapes.into_iter().map(|shape| ShownShape { name: shape.name, text: shape.text, rows: rows(shape) }).collect()
}

fn row(field: &Field) -> Row {
    let (kind, part) = match field.kind {
        Kind::Line(most) => (format!("text, one line, at most {most}"), None),
        Kind::Text => ("text".to_owned(), None),
        Kind::Email => ("e-mail address".to_owned(), None),
        Kind::Country => ("country, ISO 3166".to_owned(), None),
        Kind::Language => ("language, ISO 639".to_owned(), None),
        Kind::Word(words) => (words.join(" | "), None),
        Kind::Currency => ("currency, ISO 4217".to_owned(), None),
        Kind::Date => ("date".to_owned(), None),
        Kind::Moment => ("instant".to_owned(), None),
        Kind::Minor => ("minor units, above 0".to_owned(), None),
        Kind::Signed => ("minor units, not 0".to_owned(), None),
        Kind::Number => ("whole number".to_owned(), None),
        Kind::Id => ("id".to_owned(), None),
        Kind::Flag => ("true | false".to_owned(), None),
        Kind::Hash => ("SHA-256, hex".to_owned(), None),
        Kind::Part(shape) => (String::new(), Some(shape.name)),
        Kind::List(shape, most) => (format!("list, at most {most}, of "), Some(shape.name)),
        Kind::Lines(most) => (format!("list of texts, at most {most}"), None),
        Kind::Free => ("object".to_owned(), None),
    };
    Row { name: field.name, kind, part, is_required: field.presence == Presence::Required, text: field.text }
}
