//! What goes in and out, as tables: one table checks what comes in, with a pointer to each fault, and describes it in the OpenAPI document.
//! So neither can say something else than the other.

use super::problem::Fault;
use crate::domain::format::presentable;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

/// The largest amount, in minor units: beyond it a sum of many could not be told any more.
pub(super) const LARGEST_MINOR: i64 = 999_999_999_999;

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// One line of at most so many characters, not blank.
    Line(usize),
    /// Text of the ledger, whatever it is.
    Text,
    Email,
    /// ISO 3166: two capital letters.
    Country,
    /// ISO 639: two or three small letters.
    Language,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Three capital letters.
    Currency,
    /// `2026-01-31`.
    Date,
    /// RFC 3339, with the tenant's offset.
    Moment,
    /// Minor units (cents), above zero.
    Minor,
    /// Minor units, not zero.
    Signed,
    /// Any whole number.
    Number,
    /// An id of the ledger: a whole number above zero.
    Id,
    Flag,
    /// SHA-256, 64 lower-case hex digits.
    Hash,
    Part(&'static Shape),
    List(&'static Shape, usize),
    /// Lines, at most so many.
    Lines(usize),
    /// An object whose members hang on what it is about.
    Free,
}

/// Whether a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Required,
    /// Left out, or null.
    Optional,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) presence: Presence,
    pub(super) text: &'static str,
}

/// An object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) fields: &'static [Field],
}

pub(super) const fn required(name: &'static str, kind: Kind, text: &'static str) -> Field {
    Field { name, kind, presence: Presence::Required, text }
}

pub(super) const fn optional(name: &'static str, kind: Kind, text: &'static str) -> Field {
    Field { name, kind, presence: Presence::Optional, text }
}

impl Shape {
    /// What is wrong with a value that should have this shape; `deep`: with the members of its lists too.
    pub(super) fn faults(&self, value: &Value, pointer: &str, deep: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.check(value, pointer, deep, &mut faults);
        faults
    }

    fn check(&self, value: &Value, pointer: &str, deep: bool, faults: &mut Vec<Fault>) {
        let Some(object) = value.as_object() else {
            faults.push(Fault::at(pointer, format!("must be an object, a {}", self.name)));
            return;
        };
        for name in object.keys().filter(|name| !self.fields.iter().any(|field| field.name == *name)) {
            let known: Vec<_> = self.fields.iter().map(|field| field.name).collect();
            faults.push(Fault::at(&below(pointer, name), format!("is unknown; a {} has {}", self.name, known.join(", "))));
        }
        for field in self.fields {
            let pointer = below(pointer, field.name);
            match (object.get(field.name), field.presence) {
                (None | Some(Value::Null), Presence::Optional) => {}
                (None, Presence::Required) => faults.push(Fault::at(&pointer, "is missing".to_owned())),
                (Some(value), _) => field.kind.check(value, &pointer, deep, faults),
            }
        }
    }

    /// As JSON Schema.
    pub(super) fn schema(&self) -> Value {
        let mut properties = Map::new();
        for field in self.fields {
            let mut schema = field.kind.schema();
            if field.presence == Presence::Optional {
                schema = or_null(schema);
            }
            schema["description"] = field.text.into();
            properties.insert(field.name.to_owned(), schema);
        }
        let required: Vec<_> = self.fields.iter().filter(|field| field.presence == Presence::Required).map(|field| field.name).collect();
        json!({"type": "object", "description": self.text, "properties": properties, "required": required, "additionalProperties": false})
    }

    /// The shapes that its fields name, itself first.
    pub(super) fn all(&'static self) -> Vec<&'static Self> {
        let parts = self.fields.iter().filter_map(|field| match field.kind {
            Kind::Part(shape) | Kind::List(shape, _) => Some(shape),
            _ => None,
        });
        std::iter::once(self).chain(parts.flat_map(Self::all)).collect()
    }
}

/// Alternatives for a reference, another type for everything else.
fn or_null(mut schema: Value) -> Value {
    if schema.get("$ref").is_some() {
        return json!({"anyOf": [schema, {"type": "null"}]});
    }
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    if let Some(kind) = schema.get("type").cloned() {
        schema["type"] = json!([kind, "null"]);
    }
    schema
}

/// A JSON pointer (RFC 6901) to a member.
pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl Kind {
    fn check(self, value: &Value, pointer: &str, deep: bool, faults: &mut Vec<Fault>) {
        match self {
            Self::Part(shape) => shape.check(value, pointer, deep, faults),
            Self::List(shape, most) => match value.as_array() {
                Some(items) if items.len() <= most => {
                    for (place, item) in items.iter().enumerate().filter(|_| deep) {
                        shape.check(item, &below(pointer, &place.to_string()), deep, faults);
                    }
                }
                _ => faults.push(Fault::at(pointer, format!("must be a list of at most {most} objects"))),
            },
            Self::Lines(most) => match value.as_array() {
                Some(items) if items.len() <= most => {
                    for (place, item) in items.iter().enumerate() {
                        Self::Line(100).check(item, &below(pointer, &place.to_string()), deep, faults);
                    }
                }
                _ => faults.push(Fault::at(pointer, format!("must be a list of at most {most} texts"))),
            },
            _ => faults.extend(self.plain(value).err().map(|wanted| Fault::at(pointer, wanted))),
        }
    }

    /// A value without parts.
    pub(super) fn plain(self, value: &Value) -> Result<(), String> {
        let (text, number) = (value.as_str(), value.as_i64());
        let is = |holds: bool, wanted: &str| if holds { Ok(()) } else { Err(wanted.to_owned()) };
        match self {
            Self::Line(most) => {
                let fits = |text: &str| {
                    text.chars().count() <= most && !presentable(text).trim().is_empty() && !text.chars().any(char::is_control)
                };
                is(text.is_some_and(fits), &format!("must be a text of one line, 1 to {most} characters"))
            }
            Self::Text => is(text.is_some(), "must be a text"),
            Self::Email => {
                is(text.is_some_and(|text| text.len() <= 254 && text.parse::<lettre::Address>().is_ok()), "must be one e-mail address")
            }
            Self::Country => is(
                text.is_some_and(|text| letters(text, 2..=2, u8::is_ascii_uppercase)),
                "must be two capital letters such as DE (ISO 3166)",
            ),
            Self::Language => {
                is(text.is_some_and(|text| letters(text, 2..=3, u8::is_ascii_lowercase)), "must be a code such as de or en (ISO 639)")
            }
            Self::Word(words) => is(text.is_some_and(|text| words.contains(&text)), &format!("must be one of {}", words.join(", "))),
            Self::Currency => {
                is(text.is_some_and(|text| letters(text, 3..=3, u8::is_ascii_uppercase)), "must be three capital letters such as EUR")
            }
            Self::Date => is(text.and_then(date).is_some(), "must be a date such as 2026-01-31, between 1900 and 2199"),
            Self::Moment => is(text.is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()), "must be an instant"),
            Self::Minor => is(
                number.is_some_and(|amount| (1..=LARGEST_MINOR).contains(&amount)),
                "must be a whole number of minor units (cents) above 0",
            ),
            Self::Signed => is(
                number.is_some_and(|amount| amount != 0 && amount.unsigned_abs() <= LARGEST_MINOR.unsigned_abs()),
                "must be a whole number of minor units (cents) that is not 0",
            ),
            Self::Number => is(number.is_some(), "must be a whole number"),
            Self::Id => is(number.is_some_and(|id| id > 0), "must be an id: a whole number above 0"),
            Self::Flag => is(value.is_boolean(), "must be true or false"),
            Self::Hash => is(text.is_some_and(is_hash), "must be 64 hex digits"),
            Self::Free => is(value.is_object(), "must be an object"),
            Self::Part(_) | Self::List(..) | Self::Lines(_) => Ok(()),
        }
    }

    pub(super) fn schema(self) -> Value {
        match self {
            // Unicode's line separators and what is invisible is left to the server: patterns differ about it.
            Self::Line(most) => {
                json!({"type": "string", "minLength": 1, "maxLength": most, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*\\S[^\\u0000-\\u001f\\u007f-\\u009f]*$"})
            }
            Self::Text => json!({"type": "string"}),
            Self::Email => json!({"type": "string", "format": "email", "maxLength": 254}),
            Self::Country => json!({"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["DE"]}),
            Self::Language => json!({"type": "string", "pattern": "^[a-z]{2,3}$", "examples": ["de"]}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Currency => json!({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]}),
            Self::Date => json!({"type": "string", "format": "date", "pattern": "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"}),
            Self::Moment => json!({"type": "string", "format": "date-time"}),
            Self::Minor => json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_MINOR}),
            Self::Signed => {
                json!({"type": "integer", "format": "int64", "minimum": -LARGEST_MINOR, "maximum": LARGEST_MINOR, "not": {"const": 0}})
            }
            Self::Number => json!({"type": "integer", "format": "int64"}),
            Self::Id => json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Hash => json!({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
            Self::Part(shape) => reference(shape),
            Self::List(shape, most) => json!({"type": "array", "items": reference(shape), "maxItems": most}),
            Self::Lines(most) => json!({"type": "array", "items": Self::Line(100).schema(), "maxItems": most}),
            Self::Free => json!({"type": "object", "additionalProperties": true}),
        }
    }
}

fn letters(text: &str, count: std::ops::RangeInclusive<usize>, kind: fn(&u8) -> bool) -> bool {
    count.contains(&text.len()) && text.as_bytes().iter().all(kind)
}

/// To a shape of the document.
pub(super) fn reference(shape: &Shape) -> Value {
    json!({"$ref": format!("#/components/schemas/{}", shape.name)})
}

/// A day as texts of this interface write it.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let within = |day: &NaiveDate| (1900..2200).contains(&chrono::Datelike::year(day));
    (text.len() == 10).then(|| text.parse::<NaiveDate>().ok()).flatten().filter(within)
}

pub(super) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: Shape = Shape { name: "Inner", text: "", fields: &[required("day", Kind::Date, "")] };
    const OUTER: Shape = Shape {
        name: "Outer",
        text: "",
        fields: &[
            required("amount", Kind::Signed, ""),
            optional("kind", Kind::Word(&["a", "b"]), ""),
            required("items", Kind::List(&INNER, 2), ""),
        ],
    };

    fn told(value: &Value) -> Vec<String> {
        OUTER.faults(value, "", true).into_iter().map(|fault| format!("{} {}", fault.pointer, fault.detail)).collect()
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        assert!(told(&json!({"amount": -5, "kind": null, "items": [{"day": "2026-01-31"}]})).is_empty());
        assert_eq!(
            told(&json!({"amount": 1.5, "kind": "c", "items": [{"day": "2026-02-30"}, 3], "a/b": 1})),
            [
                "/a~1b is unknown; a Outer has amount, kind, items",
                "/amount must be a whole number of minor units (cents) that is not 0",
                "/kind must be one of a, b",
                "/items/0/day must be a date such as 2026-01-31, between 1900 and 2199",
                "/items/1 must be an object, a Inner",
            ]
        );
        assert_eq!(told(&json!([])), [" must be an object, a Outer"]);
        assert_eq!(told(&json!({"amount": 1, "items": [1, 2, 3]})), ["/items must be a list of at most 2 objects"]);
    }

    #[test]
    fn lines_hold_no_control_characters_and_are_not_blank() {
        let fits = |text: &str| Kind::Line(5).plain(&json!(text)).is_ok();
        assert!(fits("a b") && fits("äöüßé") && !fits("") && !fits("  ") && !fits("a\u{0}") && !fits("a\nb") && !fits("abcdef"));
    }
}
