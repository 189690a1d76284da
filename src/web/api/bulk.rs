//! Many items in one call: each is checked and answered by itself, in its place.

use super::call::{Answer, Answered, Call};
use super::problem::{Fault, Problem};
use super::shape::{Shape, below};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a call brings: items that can be taken, and the answers of those that can't.
pub(super) struct Bulk<T> {
    list: &'static str,
    answers: Vec<Value>,
    places: Vec<usize>,
    pub(super) taken: Vec<T>,
}

impl<T> Bulk<T> {
    /// Sorts the members of the body's `list`. `contradictions`: what no single field shows; `read` makes something of what is sound.
    pub(super) fn sort(
        call: &Call,
        (whole, list, item): (&Shape, &'static str, &Shape),
        contradictions: impl Fn(&Value, &str) -> Vec<Fault>,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Self, Problem> {
        let faults = whole.faults(&call.body, "", false);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let rows = call.body[list].as_array().map_or(&[][..], Vec::as_slice);
        let mut bulk = Self { list, answers: vec![Value::Null; rows.len()], places: Vec::new(), taken: Vec::new() };
        let mut seen = BTreeSet::new();
        for (place, row) in rows.iter().enumerate() {
            let pointer = bulk.pointer(place);
            let mut faults = item.faults(row, &pointer, true);
            if faults.is_empty() {
                faults.extend(contradictions(row, &pointer));
            }
            if faults.is_empty() && !seen.insert(row["external_id"].as_str().unwrap_or_default()) {
                faults.push(Fault::at(&below(&pointer, "external_id"), "stands in this call twice".to_owned()));
            }
            match read(row).filter(|_| faults.is_empty()) {
                Some(read) => {
                    bulk.places.push(place);
                    bulk.taken.push(read);
                }
                None => bulk.answers[place] = refused(&row["external_id"], &faults),
            }
        }
        Ok(bulk)
    }

    fn pointer(&self, place: usize) -> String {
        below(&format!("/{}", self.list), &place.to_string())
    }

    /// The answer to the call, with what became of each item that was taken.
    pub(super) fn answer(mut self, external_id: impl Fn(&T) -> &str, told: impl IntoIterator<Item = Became>) -> Answered {
        for ((place, item), became) in self.places.clone().into_iter().zip(&self.taken).zip(told) {
            let external_id = external_id(item);
            self.answers[place] = match became {
                Became::Done { result, id, changed } => {
                    json!({"external_id": external_id, "result": result, "id": id, "changed": changed, "errors": null})
                }
                Became::Refused(why) => refused(&Value::from(external_id), &[Fault::at(&self.pointer(place), why)]),
            };
        }
        let count = |word: &str| self.answers.iter().filter(|item| item["result"] == word).count();
        Answer::ok(json!({
            "created": count("created"), "unchanged": count("unchanged"), "changed": count("changed"), "refused": count("refused"),
            "items": self.answers,
        }))
    }
}

/// What became of an item.
pub(super) enum Became {
    Done { result: &'static str, id: i64, changed: Option<Vec<&'static str>> },
    Refused(String),
}

fn refused(external_id: &Value, faults: &[Fault]) -> Value {
    json!({"external_id": external_id.as_str(), "result": "refused", "id": null, "changed": null,
        "errors": faults.iter().map(Fault::json).collect::<Vec<_>>()})
}
