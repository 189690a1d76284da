//! The history in words: what happened, who did it, what was known.

use super::states::{channel, pick};
use super::{day, money, state};
use crate::domain::chain::Transition;
use crate::domain::instance::{BELOW_MINIMUM, Lost, Refusal};
use crate::engine::unit::OWN;
use crate::web::language::Language;
use serde_json::Value;

/// The engine, as people read who did something.
const OURSELVES: &str = "Mahnwerk";

/// What may have happened: the ledger's word, German, English. The last ones are about the tenant itself or about a customer.
const CAUSES: &[(&str, &str, &str)] = &[
    ("enrolled", "aufgenommen", "taken in"),
    ("entered", "an der Reihe", "takes a place"),
    ("queued", "wartet auf einen Platz", "queues for a place"),
    ("issued", "Schreiben erstellt", "notice issued"),
    ("proposed", "Schreiben vorgeschlagen", "notice proposed"),
    ("released", "freigegeben", "released"),
    ("redated", "Termin geändert", "date changed"),
    ("delivered", "versendet", "sent"),
    ("failed", "Versand fehlgeschlagen", "sending failed"),
    ("recalled", "zurückgenommen", "recalled"),
    ("retried", "erneut fällig gestellt", "sent again"),
    ("skipped", "Stufe übersprungen", "stage skipped"),
    ("jumped", "auf höhere Stufe gesetzt", "moved up"),
    ("rerouted", "Versandart gewählt", "way chosen"),
    ("migrated", "anderes Mahnverfahren", "another workflow"),
    ("withdrawn", "zurückgezogen", "withdrawn"),
    ("handed_over", "übergeben", "handed over"),
    ("cancelled", "storniert", "cancelled"),
    ("paid", "bezahlt", "paid"),
    ("blocked", "Mahnsperre", "paused"),
    ("resumed", "Mahnsperre beendet", "resumed"),
    ("reopened", "wieder offen", "open again"),
    ("published", "veröffentlicht", "published"),
    ("taken_back", "Veröffentlichung zurückgenommen", "publication taken back"),
    ("sending", "Versand", "sending"),
    ("backlog", "Altbestand", "backlog"),
    ("address", "E-Mail-Adresse", "e-mail address"),
    ("language", "Sprache", "language"),
    ("channel", "Versandart", "way"),
    ("workflow", "Mahnverfahren", "workflow"),
    ("last_stage_notice", "Mail an Sie über letzte Stufen", "mail to you about last stages"),
];

/// What happened; an unknown word stays as it is.
pub(in crate::web::site) fn cause(language: Language, word: &str) -> &str {
    CAUSES.iter().find(|(known, ..)| *known == word).map_or(word, |(_, german, english)| pick(language, german, english))
}

/// Every cause with its words, for a choice.
pub(in crate::web::site) fn causes(language: Language) -> Vec<(&'static str, &'static str)> {
    CAUSES.iter().map(|(word, german, english)| (*word, pick(language, german, english))).collect()
}

/// What became of it: an instance's state, or what was switched or decided.
pub(in crate::web::site) fn became(language: Language, entry: &Transition) -> &str {
    if entry.instance != OWN {
        return state(language, &entry.to);
    }
    match entry.to.as_str() {
        "on" => pick(language, "eingeschaltet", "on"),
        "off" => pick(language, "ausgeschaltet", "off"),
        "asked" => pick(language, "gefragt", "asked"),
        "all" => pick(language, "alle von vorn", "all from the start"),
        "by_age" => pick(language, "nach Alter", "by age"),
        "from" => pick(language, "ab einem Tag", "from a day on"),
        "given" => pick(language, "eingetragen", "entered"),
        "blocked" => pick(language, "gesperrt", "blocked"),
        "unblocked" => pick(language, "wieder benutzt", "used again"),
        "by_hand" => pick(language, "von Hand festgelegt", "decided by hand"),
        "as_imported" => pick(language, "wie importiert", "as imported"),
        "started" => pick(language, "begonnen", "begun"),
        "sent" => pick(language, "versendet", "sent"),
        "failed" => pick(language, "fehlgeschlagen", "failed"),
        "unknown" => pick(language, "unbekannt", "unknown"),
        "settings" => pick(language, "Einstellungen", "settings"),
        "workflow" => pick(language, "Mahnverfahren", "workflow"),
        "text" => pick(language, "Text", "text"),
        other => other,
    }
}

/// Who did it.
pub(in crate::web::site) fn actor(language: Language, word: &str) -> String {
    match word.split_once(':') {
        Some(("user", name)) => name.to_owned(),
        Some(("source", name)) => format!("{} {name}", pick(language, "Quelle", "source")),
        Some(("token", name)) => format!("{} {name}", pick(language, "Schlüssel", "token")),
        _ if word == "system" => OURSELVES.to_owned(),
        _ => word.to_owned(),
    }
}

/// The ledger's word for an actor whom somebody names as [`actor`] does; the ledger's own words are taken, too.
pub(in crate::web::site) fn actor_word(language: Language, shown: &str) -> String {
    let shown = shown.trim();
    let named = |word: &'static str, kind: &str| {
        shown.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')).map(|name| format!("{kind}:{name}"))
    };
    if shown.is_empty() || shown == "system" || shown.contains(':') {
        return shown.to_owned();
    }
    if shown == OURSELVES {
        return "system".to_owned();
    }
    let source = named(pick(language, "Quelle", "source"), "source");
    source.or_else(|| named(pick(language, "Schlüssel", "token"), "token")).unwrap_or_else(|| format!("user:{shown}"))
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
pub(in crate::web::site) fn known(language: Language, entry: &Transition, currency: Option<&str>) -> Vec<String> {
    let Ok(Value::Object(detail)) = serde_json::from_str::<Value>(&entry.detail) else { return Vec::new() };
    let text = |key: &str| detail.get(key).and_then(Value::as_str);
    let named = |words: &str, value: String| format!("{words}{value}");
    let rests = text("reason").filter(|_| text("why").is_none_or(|why| text("reason") != Some(why)));
    let open = detail.get("open_minor").and_then(Value::as_i64).zip(currency);
    let version = detail.get("version").and_then(Value::as_i64);
    let moved = version.zip(text("workflow")).map(|(version, name)| {
        let before = detail.get("from_version").and_then(Value::as_i64).map_or_else(String::new, |id| format!("{id} → "));
        format!("{name}, {} {before}{version}", pick(language, "Fassung", "version"))
    });
    [
        moved,
        rests.map(|words| reason(language, words).to_owned()),
        text("until").map(|date| named(pick(language, "bis ", "until "), day(language, date))),
        text("owner").map(|name| named(pick(language, "betreut von ", "looked after by "), name.to_owned())),
        text("stage_date").map(|date| named(pick(language, "nächste Stufe am ", "next stage on "), day(language, date))),
        text("channel").map(|word| named(pick(language, "per ", "by "), way(language, word).to_owned())),
        text("value").map(|word| way(language, word).to_owned()),
        open.map(|(minor, currency)| named(pick(language, "offen ", "open "), money(language, minor, currency))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A way as the history keeps it; other words stay as they are.
fn way(language: Language, word: &str) -> &str {
    if word == "usual" { pick(language, "wie sonst", "as usual") } else { channel(language, word) }
}

/// The customer that an entry about a customer concerns.
pub(in crate::web::site) fn customer(entry: &Transition) -> Option<i64> {
    let detail: Value = serde_json::from_str(&entry.detail).ok()?;
    detail.get("customer")?.as_i64()
}

/// The person's own words in a transition.
pub(in crate::web::site) fn own_words(entry: &Transition) -> Option<String> {
    let detail: Value = serde_json::from_str(&entry.detail).ok()?;
    detail.get("why")?.as_str().map(ToOwned::to_owned)
}

/// Why an instance can't just go over to another workflow.
pub(in crate::web::site) fn lost(language: Language, lost: &Lost) -> String {
    let stage = &lost.stage;
    match language {
        Language::German => format!(
            "Das neue Mahnverfahren hat die Stufe „{stage}“ nicht: Wählen Sie, bis zu welcher seiner Stufen der Mahnfall als gemahnt gilt."
        ),
        Language::English => {
            format!("The new workflow has no stage “{stage}”: choose up to which of its stages the invoice counts as dunned.")
        }
    }
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
        Some("it is on this version already") => "er steht schon auf dieser Fassung",
        Some("it has ended") => "er ist beendet",
        Some("only upwards, to a stage that is switched on") => "nur auf eine höhere Stufe, die eingeschaltet ist",
        Some(other) => other,
        None => "das ist in diesem Zustand nicht möglich",
    };
    format!("Der Mahnfall ist im Zustand „{}“: {why}.", state(language, refusal.state))
}
