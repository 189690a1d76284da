//! The words for states and channels, and how urgent they look.

use crate::web::language::Language;

pub(super) fn pick(language: Language, german: &'static str, english: &'static str) -> &'static str {
    if language == Language::German { german } else { english }
}

/// A state of an instance; an unknown word stays as it is.
pub(in crate::web::site) fn state(language: Language, word: &str) -> &str {
    match word {
        "waiting" => pick(language, "wartet", "waiting"),
        "queued_by_quota" => pick(language, "wartet auf einen Platz", "waits for a place"),
        "proposed" => pick(language, "vorgeschlagen", "proposed"),
        "issued" => pick(language, "wird versendet", "being sent"),
        "failed" => pick(language, "fehlgeschlagen", "failed"),
        "blocked" => pick(language, "ruht", "paused"),
        "settled" => pick(language, "bezahlt", "settled"),
        "withdrawn" => pick(language, "zurückgezogen", "withdrawn"),
        "handed_over" => pick(language, "übergeben", "handed over"),
        "exhausted" => pick(language, "alle Stufen durchlaufen", "all stages done"),
        "settings" => pick(language, "Einstellungen", "settings"),
        "workflow" => pick(language, "Mahnverfahren", "workflow"),
        "text" => pick(language, "Text", "text"),
        "on" => pick(language, "ein", "on"),
        "off" => pick(language, "aus", "off"),
        other => other,
    }
}

/// A state of a notice.
pub(in crate::web::site) fn notice_state(language: Language, word: &str) -> &str {
    match word {
        "proposed" => pick(language, "Vorschlag", "proposal"),
        "released" => pick(language, "für Versand freigegeben", "released for sending"),
        "paper" => pick(language, "Papier", "paper"),
        "sent" => pick(language, "versendet", "sent"),
        "failed" => pick(language, "Versand fehlgeschlagen", "sending failed"),
        "unknown" => pick(language, "Ausgang unbekannt", "outcome unknown"),
        "recalled" => pick(language, "zurückgenommen", "recalled"),
        other => other,
    }
}

/// A way that notices go.
pub(in crate::web::site) fn channel(language: Language, word: &str) -> &str {
    match word {
        "email" => pick(language, "E-Mail", "e-mail"),
        "post" => pick(language, "Brief", "letter"),
        "paper" => pick(language, "Papier", "paper"),
        other => other,
    }
}

/// What a step does.
pub(in crate::web::site) fn step_pool(language: Language, word: &str) -> &str {
    match word {
        "print" => pick(language, "Drucken", "Print"),
        "send" => pick(language, "Senden", "Send"),
        "post" => pick(language, "Zur Post", "Post"),
        other => other,
    }
}

/// A state of a step.
pub(in crate::web::site) fn step_state(language: Language, word: &str) -> &str {
    match word {
        "ready" => pick(language, "folgt", "follows"),
        "queued" | "claimed" => pick(language, "eingereiht", "queued"),
        "started" => pick(language, "begonnen", "started"),
        "done" => pick(language, "erledigt", "done"),
        "retry" => pick(language, "wird wiederholt", "tried again"),
        "gave_up" => pick(language, "aufgegeben", "gave up"),
        "unknown" => pick(language, "Ausgang unbekannt", "outcome unknown"),
        "cancelled" => pick(language, "entfallen", "cancelled"),
        other => other,
    }
}

/// The class of a badge: what needs a person, what went well, what rests, what is under way.
pub(in crate::web::site) fn tone(word: &str) -> &'static str {
    match word {
        "failed" | "unknown" => "bad",
        "paper" | "proposed" | "exhausted" | "queued_by_quota" => "warn",
        "settled" | "sent" => "good",
        "blocked" | "withdrawn" | "recalled" | "handed_over" => "rest",
        _ => "plain",
    }
}
