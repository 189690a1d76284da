//! The history in words: what happened, who did it, what was known.

use super::states::pick;
use super::{day, money, state};
use crate::domain::chain::Transition;
use crate::domain::instance::{BELOW_MINIMUM, Refusal};
use crate::web::language::Language;
use serde_json::Value;

/// What happened; an unknown word stays as it is.
pub(in crate::web::site) fn cause(language: Language, word: &str) -> &str {
    match word {
        "enrolled" => pick(language, "aufgenommen", "taken in"),
        "entered" => pick(language, "an der Reihe", "takes a place"),
        "queued" => pick(language, "wartet auf einen Platz", "queues for a place"),
        "issued" => pick(language, "Schreiben erstellt", "notice issued"),
        "proposed" => pick(language, "Schreiben vorgeschlagen", "notice proposed"),
        "released" => pick(language, "freigegeben", "released"),
        "redated" => pick(language, "Termin geändert", "date changed"),
        "delivered" => pick(language, "versendet", "sent"),
        "failed" => pick(language, "Versand fehlgeschlagen", "sending failed"),
        "recalled" => pick(language, "zurückgenommen", "recalled"),
        "retried" => pick(language, "erneut fällig gestellt", "sent again"),
        "skipped" => pick(language, "Stufe übersprungen", "stage skipped"),
        "jumped" => pick(language, "auf höhere Stufe gesetzt", "moved up"),
        "withdrawn" => pick(language, "zurückgezogen", "withdrawn"),
        "handed_over" => pick(language, "übergeben", "handed over"),
        "cancelled" => pick(language, "storniert", "cancelled"),
        "paid" => pick(language, "bezahlt", "paid"),
        "blocked" => pick(language, "Mahnsperre", "paused"),
        "resumed" => pick(language, "Mahnsperre beendet", "resumed"),
        "published" => pick(language, "veröffentlicht", "published"),
        "taken_back" => pick(language, "Veröffentlichung zurückgenommen", "publication taken back"),
        "sending" => pick(language, "Versand geschaltet", "sending switched"),
        "reopened" => pick(language, "wieder offen", "open again"),
        other => other,
    }
}

/// Who did it.
pub(in crate::web::site) fn actor(language: Language, word: &str) -> String {
    match word.split_once(':') {
        Some(("user", name)) => name.to_owned(),
        Some(("source", name)) => format!("{} {name}", pick(language, "Quelle", "source")),
        _ if word == "system" => pick(language, "Mahnwerk", "Mahnwerk").to_owned(),
        _ => word.to_owned(),
    }
}

/// Why an instance rests: a rule's word, or a person's words.
pub(in crate::web::site) fn reason(language: Language, words: &str) -> &str {
    match words {
        BELOW_MINIMUM => pick(language, "unter dem Mindestbetrag", "below the minimum amount"),
        "no_address" => pick(language, "keine Adresse", "no address"),
        "address_blocked" => pick(language, "Adresse gesperrt", "address blocked"),
        other => other,
    }
}

/// What was known, the person's own words first.
pub(in crate::web::site) fn known(language: Language, entry: &Transition, currency: &str) -> Vec<String> {
    let Ok(Value::Object(detail)) = serde_json::from_str::<Value>(&entry.detail) else { return Vec::new() };
    let text = |key: &str| detail.get(key).and_then(Value::as_str);
    let named = |words: &str, value: String| format!("{words}{value}");
    let rests = text("reason").filter(|_| text("why").is_none_or(|why| text("reason") != Some(why)));
    let open = detail.get("open_minor").and_then(Value::as_i64);
    [
        rests.map(|words| reason(language, words).to_owned()),
        text("until").map(|date| named(pick(language, "bis ", "until "), day(language, date))),
        text("stage_date").map(|date| named(pick(language, "nächste Stufe am ", "next stage on "), day(language, date))),
        open.map(|minor| named(pick(language, "offen ", "open "), money(language, minor, currency))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The person's own words in a transition.
pub(in crate::web::site) fn own_words(entry: &Transition) -> Option<String> {
    let detail: Value = serde_json::from_str(&entry.detail).ok()?;
    detail.get("why")?.as_str().map(ToOwned::to_owned)
}

/// Why something can't be done with an instance.
pub(in crate::web::site) fn refusal(language: Language, refusal: &Refusal) -> String {
    if language == Language::English {
        let text = refusal.to_string();
        return format!("{}{}.", text.get(..1).unwrap_or_default().to_uppercase(), text.get(1..).unwrap_or_default());
    }
    let why = match refusal.why {
        Some("only what waits takes a place") => "nur was wartet, bekommt einen Platz",
        Some("only what waits without a place queues for one") => "nur was wartet, reiht sich ein",
        Some("only a proposal can be released") => "nur ein Vorschlag kann freigegeben werden",
        Some("only a failed notice can be sent again") => "nur ein fehlgeschlagenes Schreiben kann wiederholt werden",
        Some("a notice is under way; recall it first") => "ein Schreiben ist unterwegs",
        Some("no stage is left to skip") => "es ist keine Stufe mehr übrig",
        Some("only upwards, to a stage that is switched on") => "nur auf eine höhere Stufe, die eingeschaltet ist",
        Some(other) => other,
        None => "das ist in diesem Zustand nicht möglich",
    };
    format!("Der Mahnfall ist im Zustand „{}“: {why}.", state(language, refusal.state))
}
