//! An entry of the history as people read it.

use crate::store::history::StoredTransition;
use crate::web::language::Language;
use crate::web::site::shown;
use chrono_tz::Tz;
use serde_json::Value;

/// One entry.
pub(super) struct Line {
    pub(super) seq: i64,
    pub(super) when: String,
    pub(super) invoice: Option<String>,
    /// The instance that it is about; 0: the tenant itself.
    pub(super) instance: i64,
    pub(super) actor: String,
    pub(super) cause: String,
    pub(super) to: String,
    pub(super) tone: &'static str,
    pub(super) stage: String,
    pub(super) why: String,
}

impl Line {
    pub(super) fn of(entry: &StoredTransition, language: Language, zone: Tz) -> Self {
        let row = &entry.transition;
        Self {
            seq: row.seq,
            when: shown::moment(language, row.recorded_at, zone),
            invoice: entry.number.clone(),
            instance: row.instance.0,
            actor: row.actor.clone(),
            cause: row.cause.clone(),
            to: shown::state(language, &row.to).to_owned(),
            tone: shown::tone(&row.to),
            stage: row.stage.clone(),
            why: told(&row.detail),
        }
    }
}

/// What the entry kept, the person's own words first.
fn told(detail: &str) -> String {
    let Ok(Value::Object(detail)) = serde_json::from_str::<Value>(detail) else { return String::new() };
    let text = |key: &str| detail.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let words = ["why", "reason"].into_iter().filter_map(text);
    let facts = ["until", "stage_date", "channel", "notice"].into_iter().filter_map(|key| Some(format!("{key} {}", text(key)?)));
    words.chain(facts).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_words_come_first() {
        assert_eq!(told(r#"{"until":"2026-12-01","why":"Kunde hat angerufen"}"#), "Kunde hat angerufen, until 2026-12-01");
        assert_eq!(told("no JSON"), "");
    }
}
