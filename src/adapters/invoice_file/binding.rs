//! A map meets a header: every column that the map names gets its place, or is reported once, before the first row.

use super::fields::Field;
use super::map::{Map, MapProblem, Source};
use super::records::Record;
use super::standard::{folded, names};
use super::template::{Part, Plan, Template, Templates};
use super::values::shortened;
use crate::domain::toml_reader::{Severity, nearest};
use handlebars::Context;
use serde_json::Value;
use std::borrow::Cow;

/// How many of the file's columns a message lists.
const LISTED: usize = 20;

/// The map's fields with the places of their columns.
#[derive(Debug)]
pub(super) struct Binding {
    fields: Vec<Option<Bound>>,
    templates: Templates,
    /// The columns that rendered templates read, refilled for each row.
    row: Context,
    row_columns: Vec<(String, usize)>,
}

#[derive(Debug)]
struct Bound {
    plan: BoundPlan,
    /// The columns that feed it, as a report names them.
    columns: Option<String>,
}

#[derive(Debug)]
enum BoundPlan {
    Constant(String),
    Column(usize),
    Parts(Vec<BoundPart>),
    Rendered,
}

#[derive(Debug)]
enum BoundPart {
    Text(String),
    Column(usize),
}

impl Binding {
    /// # Errors
    /// Every column that the map names and the header lacks, with its line in the map and the column that may be meant.
    pub(super) fn new(map: &Map, header: &Record) -> Result<Self, Vec<MapProblem>> {
        let header = Header { columns: header.fields().map(|name| name.trim().to_owned()).collect() };
        match &map.source {
            Source::Names => header.bind_names(),
            Source::Templates { fields, compiled } => header.bind_templates(fields, compiled),
        }
    }

    /// Takes over the columns of the next row that templates read.
    pub(super) fn load(&mut self, record: &Record) {
        let Value::Object(row) = self.row.data_mut() else { return };
        for (name, place) in &self.row_columns {
            if let Some(Value::String(value)) = row.get_mut(name) {
                value.clear();
                value.push_str(record.field(*place));
            }
        }
    }

    /// The text of a field in the row that was loaded; empty if the map does not have the field.
    ///
    /// # Errors
    /// What the template engine says about this row.
    pub(super) fn text<'r>(&'r self, field: Field, record: &'r Record) -> Result<Cow<'r, str>, String> {
        Ok(match self.fields[field.index()].as_ref().map(|bound| &bound.plan) {
            None => Cow::Borrowed(""),
            Some(BoundPlan::Constant(text)) => Cow::Borrowed(text),
            Some(BoundPlan::Column(place)) => Cow::Borrowed(record.field(*place)),
            Some(BoundPlan::Parts(parts)) => Cow::Owned(joined(parts, record)),
            Some(BoundPlan::Rendered) => Cow::Owned(self.templates.render(field, &self.row)?),
        })
    }

    /// The columns that feed a field.
    pub(super) fn columns(&self, field: Field) -> Option<&str> {
        self.fields[field.index()].as_ref()?.columns.as_deref()
    }
}

fn joined(parts: &[BoundPart], record: &Record) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(match part {
            BoundPart::Text(part) => part,
            BoundPart::Column(place) => record.field(*place),
        });
    }
    text
}

#[derive(Debug)]
struct Header {
    columns: Vec<String>,
}

impl Header {
    fn bind_templates(&self, fields: &[Option<Template>], compiled: &Templates) -> Result<Binding, Vec<MapProblem>> {
        let mut problems = Vec::new();
        let mut bound = Vec::new();
        let mut row_columns: Vec<(String, usize)> = Vec::new();
        for (field, template) in Field::ALL.into_iter().zip(fields) {
            let Some(template) = template else {
                bound.push(None);
                continue;
            };
            let problem = |message| problem(field, template.position, message);
            let missing = problems.len();
            problems.extend(template.columns.iter().filter_map(|column| self.place(column).err()).map(problem));
            if problems.len() == missing {
                bound.push(Some(self.bind(template)));
                if template.plan == Plan::Rendered {
                    row_columns.extend(template.columns.iter().filter_map(|column| Some((column.clone(), self.place(column).ok()?))));
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let empty = row_columns.iter().map(|(name, _)| (name.clone(), Value::String(String::new()))).collect();
        let row = Context::from(Value::Object(empty));
        Ok(Binding { fields: bound, templates: compiled.clone(), row, row_columns })
    }

    fn bind(&self, template: &Template) -> Bound {
        let columns = Some(template.columns.join(", ")).filter(|columns| !columns.is_empty());
        let place = |name: &str| self.columns.iter().position(|column| column == name).unwrap_or(usize::MAX);
        let plan = match &template.plan {
            Plan::Rendered => BoundPlan::Rendered,
            Plan::Parts(parts) => match parts.as_slice() {
                [] => BoundPlan::Constant(String::new()),
                [Part::Text(text)] => BoundPlan::Constant(text.clone()),
                [Part::Column(name)] => BoundPlan::Column(place(name)),
                parts => BoundPlan::Parts(
                    parts
                        .iter()
                        .map(|part| match part {
                            Part::Text(text) => BoundPart::Text(text.clone()),
                            Part::Column(name) => BoundPart::Column(place(name)),
                        })
                        .collect(),
                ),
            },
        };
        Bound { plan, columns }
    }

    /// Fields by the names of their columns; the first spelling that the header has counts.
    fn bind_names(&self) -> Result<Binding, Vec<MapProblem>> {
        let spelled: Vec<String> = self.columns.iter().map(|column| folded(column)).collect();
        let mut problems = Vec::new();
        let mut fields = Vec::new();
        for field in Field::ALL {
            let place = names(field).iter().find_map(|name| spelled.iter().position(|column| *column == folded(name)));
            if place.is_none() && field.required() {
                let message = format!("has no column in the file: name one `{}`, or give a map ({})", names(field)[0], self.listed());
                problems.push(problem(field, (0, 0), message));
            }
            fields.push(place.map(|place| Bound { plan: BoundPlan::Column(place), columns: Some(self.columns[place].clone()) }));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Binding { fields, templates: Templates::default(), row: Context::null(), row_columns: Vec::new() })
    }

    fn place(&self, name: &str) -> Result<usize, String> {
        let mut places = self.columns.iter().enumerate().filter(|(_, column)| *column == name);
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("names the column {name:?}, which the file has more than once: rename one of them")),
            (None, _) => Err(match nearest(name, self.columns.iter().map(String::as_str)) {
                Some(meant) => format!("names the column {name:?}, which the file does not have: write {}", reference(meant)),
                None => format!("names the column {name:?}, which the file does not have ({})", self.listed()),
            }),
        }
    }

    fn listed(&self) -> String {
        let names: Vec<String> = self.columns.iter().take(LISTED).map(|name| shortened(name)).collect();
        let more = if self.columns.len() > LISTED { ", …" } else { "" };
        format!("it has {}{more}", names.join(", "))
    }
}

fn problem(field: Field, (line, column): (usize, usize), message: String) -> MapProblem {
    let (table, key) = field.key();
    MapProblem { severity: Severity::Error, line, column, field: format!("{table}.{key}"), message }
}

/// A column as a template names it.
fn reference(column: &str) -> String {
    let plain = !column.is_empty() && column.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if plain { format!("{{{{{column}}}}}") } else { format!("{{{{[{column}]}}}}") }
}
