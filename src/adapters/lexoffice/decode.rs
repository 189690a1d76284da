//! From JSON to values, and where in it something is wrong. Unknown keys are passed over.

use super::error::Fault;
use super::settings::ApiKey;
use serde::de::DeserializeOwned;

/// Reads an answer.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8], key: &ApiKey) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| malformed(body, &error, key))
}

fn malformed(body: &[u8], error: &serde_json::Error, key: &ApiKey) -> Fault {
    let reason = key.clean(&without_values(&reason(error)));
    Fault::Malformed { path: key.clean(&path(body, error)), reason }
}

/// What serde says, without the place, for which there is the path.
fn reason(error: &serde_json::Error) -> String {
    let told = error.to_string();
    told.rsplit_once(" at line ").map_or(told.clone(), |(reason, _)| reason.to_owned())
}

/// Values may be people's: `string "Anna Beispiel"` becomes `string "…"`.
fn without_values(told: &str) -> String {
    match (told.find('"'), told.rfind('"')) {
        (Some(from), Some(to)) if from < to => format!("{}…{}", &told[..=from], &told[to..]),
        _ => told.to_owned(),
    }
}

/// Where an error is: `content[3].openAmount`.
fn path(body: &[u8], error: &serde_json::Error) -> String {
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1)) {
        at += line.len();
    }
    let read = &body[..(at + error.column()).min(body.len())];
    let mut walk = Walk::default();
    walk.through(read);
    // An error of a value that is its object's last comes when the object was closed; one of the object itself, too.
    let of_the_object = error.to_string().starts_with("missing field");
    match walk.closed {
        Some(inner) if error.is_data() && !of_the_object => inner,
        _ => walk.path(),
    }
}

enum Level {
    Object(Option<String>),
    Array(usize),
}

/// Keeps the place while it goes through JSON.
#[derive(Default)]
struct Walk {
    levels: Vec<Level>,
    /// The place just before the last byte, if that closed an object or array.
    closed: Option<String>,
}

impl Walk {
    fn through(&mut self, read: &[u8]) {
        let mut at = 0;
        while let Some(byte) = read.get(at) {
            at += 1;
            self.closed = None;
            match byte {
                b'{' => self.levels.push(Level::Object(None)),
                b'[' => self.levels.push(Level::Array(0)),
                b'}' | b']' => {
                    self.closed = Some(self.path());
                    self.levels.pop();
                }
                b',' => self.next(),
                b'"' => {
                    let end = end_of_string(read, at);
                    self.string(&read[at..end]);
                    at = (end + 1).min(read.len());
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) {
        match self.levels.last_mut() {
            Some(Level::Object(key)) => *key = None,
            Some(Level::Array(index)) => *index += 1,
            None => {}
        }
    }

    /// The first string after a comma or brace is a key.
    fn string(&mut self, text: &[u8]) {
        if let Some(Level::Object(key @ None)) = self.levels.last_mut() {
            *key = Some(String::from_utf8_lossy(text).into_owned());
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for level in &self.levels {
            match level {
                Level::Object(Some(key)) if path.is_empty() => path.push_str(key),
                Level::Object(Some(key)) => path = format!("{path}.{key}"),
                Level::Object(None) => {}
                Level::Array(index) => path = format!("{path}[{index}]"),
            }
        }
        path
    }
}

fn end_of_string(read: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = read.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    read.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::lexoffice::values::{Amount, Day, ResourceId};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what goes wrong counts")]
    struct Row {
        id: ResourceId,
        amount: Option<Amount>,
        day: Option<Day>,
        names: Option<Vec<String>>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what goes wrong counts")]
    struct Page {
        content: Vec<Row>,
    }

    fn told(body: &str) -> String {
        let key = ApiKey::new("key-1234".to_owned()).unwrap();
        match decode::<Page>(body.as_bytes(), &key).unwrap_err() {
            Fault::Malformed { path, reason } => format!("{path} | {reason}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_field_is_named() {
        let amount = "this is no amount: it should be a decimal number of at most 28 digits";
        for (body, expected) in [
            (r#"{"content":[{"id":"a"},{"amount":1}]}"#, "content[1] | missing field `id`"),
            (r#"{"content":[{"id":"a","x":[{"y":"}\""}]},{"id":"b","amount":"x,y"}]}"#, &format!("content[1].amount | {amount}")),
            (r#"{"content":[{"id":"a","amount":true,"day":null}]}"#, &format!("content[0].amount | {amount}")),
            ("{\n \"content\": [\n  {\"id\": \"a/b\"}]}", "content[0].id | this is not an id of letters, digits and hyphens"),
            (r#"{"content":[{"id":"a","names":["x","y",{"z":1}]}]}"#, "content[0].names[2] | invalid type: map, expected a string"),
            (r#"{"content":[{"id":7}]}"#, "content[0].id | invalid type: integer `7`, expected an id of letters, digits and hyphens"),
            (
                r#"{"content":[{"id":"a","names":"Anna \"B\" key-1234"}]}"#,
                "content[0].names | invalid type: string \"…\", expected a sequence",
            ),
            (r#"{"content":[{"id":"a"}"#, "content[0] | EOF while parsing a list"),
            ("<html>", " | expected value"),
            ("", " | EOF while parsing a value"),
        ] {
            assert_eq!(told(body), expected, "{body}");
        }
    }
}
