//! The page's words in German and English, and which of the two a visitor gets.

use axum::http::{HeaderMap, header};
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    German,
    English,
}

impl Language {
    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "de" => Some(Self::German),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Chosen on the page (kept in a cookie), else the browser's first that we have, else German.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let chosen = text(header::COOKIE).split(';').find_map(|cookie| cookie.trim().strip_prefix("lang=").and_then(Self::from_tag));
        chosen.or_else(|| text(header::ACCEPT_LANGUAGE).split(',').find_map(Self::from_tag)).unwrap_or(Self::German)
    }

    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }

    pub(super) fn texts(self) -> &'static Texts {
        match self {
            Self::German => &GERMAN,
            Self::English => &ENGLISH,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Texts {
    pub(super) title: &'static str,
    pub(super) hint: &'static str,
    pub(super) search: &'static str,
    pub(super) search_button: &'static str,
    pub(super) show_all: &'static str,
    pub(super) empty: &'static str,
    pub(super) nothing_found: &'static str,
    pub(super) newer: &'static str,
    pub(super) older: &'static str,
    pub(super) no_subject: &'static str,
    pub(super) back: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) received: &'static str,
    pub(super) envelope: &'static str,
    pub(super) connection: &'static str,
    pub(super) encrypted: &'static str,
    pub(super) not_encrypted: &'static str,
    pub(super) login: &'static str,
    pub(super) details: &'static str,
    pub(super) attachments: &'static str,
    pub(super) view_html: &'static str,
    pub(super) view_text: &'static str,
    pub(super) view_source: &'static str,
    pub(super) download_source: &'static str,
    pub(super) source_cut: &'static str,
    pub(super) no_text: &'static str,
    pub(super) frame_title: &'static str,
    pub(super) faults: &'static str,
    pub(super) faults_hint: &'static str,
    pub(super) fault: &'static str,
    pub(super) matching: &'static str,
    pub(super) matching_hint: &'static str,
    pub(super) times: &'static str,
    pub(super) times_hint: &'static str,
    pub(super) switch_on: &'static str,
    pub(super) switch_off: &'static str,
    pub(super) fault_active: &'static str,
    pub(super) until_cleared: &'static str,
    pub(super) times_left: &'static str,
    pub(super) clear: &'static str,
    pub(super) missing: &'static str,
    pub(super) other_language: &'static str,
    pub(super) other_language_tag: &'static str,
    /// In the order of `pages::PRESETS`.
    pub(super) presets: [&'static str; 13],
}

static GERMAN: Texts = Texts {
    title: "Postfach der Sandbox",
    hint: "Was hier ankommt, verlässt diesen Rechner nicht.",
    search: "Suchen in Empfänger, Absender, Betreff",
    search_button: "Suchen",
    show_all: "Alle zeigen",
    empty: "Noch keine E-Mail angekommen.",
    nothing_found: "Keine E-Mail passt zu dieser Suche.",
    newer: "Neuere",
    older: "Ältere",
    no_subject: "(ohne Betreff)",
    back: "Alle E-Mails",
    from: "Von",
    to: "An",
    received: "Eingegangen",
    envelope: "Umschlag",
    connection: "Verbindung",
    encrypted: "verschlüsselt",
    not_encrypted: "nicht verschlüsselt",
    login: "angemeldet als",
    details: "Einzelheiten",
    attachments: "Anhänge",
    view_html: "Ansicht",
    view_text: "Text",
    view_source: "Quelltext",
    download_source: "Als Datei laden",
    source_cut: "Hier gekürzt; die Datei ist vollständig.",
    no_text: "Diese E-Mail hat keinen Text.",
    frame_title: "Inhalt der E-Mail",
    faults: "Störungen",
    faults_hint: "Lässt den Server sich falsch verhalten, um zu sehen, wie damit umgegangen wird.",
    fault: "Störung",
    matching: "nur für Adressen mit",
    matching_hint: "alle",
    times: "wie oft",
    times_hint: "bis aus",
    switch_on: "Einschalten",
    switch_off: "Alle Störungen ausschalten",
    fault_active: "Eingeschaltet",
    until_cleared: "bis sie ausgeschaltet wird",
    times_left: "mal",
    clear: "Postfach leeren",
    missing: "Diese E-Mail gibt es nicht (mehr).",
    other_language: "English",
    other_language_tag: "en",
    presets: [
        "Server nicht erreichbar",
        "Abweisung bei der Verbindung (421)",
        "Absender abgelehnt (550)",
        "Empfänger vorübergehend abgelehnt (450)",
        "Empfänger abgelehnt (550)",
        "Greylisting: erst der zweite Versuch gilt",
        "Text nicht angenommen, vorübergehend (451)",
        "Verbindung bricht mitten im Text ab",
        "Nach dem Text: später wieder (451)",
        "Nach dem Text: abgelehnt (554)",
        "Nach dem Text bricht die Verbindung ab; die E-Mail ist da",
        "Nach dem Text bricht die Verbindung ab; die E-Mail ist weg",
        "Antwort nach dem Text erst nach 5 Sekunden",
    ],
};

static ENGLISH: Texts = Texts {
    title: "Sandbox mailbox",
    hint: "What arrives here never leaves this machine.",
    search: "Search recipient, sender, subject",
    search_button: "Search",
    show_all: "Show all",
    empty: "No e-mail has arrived yet.",
    nothing_found: "No e-mail matches this search.",
    newer: "Newer",
    older: "Older",
    no_subject: "(no subject)",
    back: "All e-mails",
    from: "From",
    to: "To",
    received: "Received",
    envelope: "Envelope",
    connection: "Connection",
    encrypted: "encrypted",
    not_encrypted: "not encrypted",
    login: "logged in as",
    details: "Details",
    attachments: "Attachments",
    view_html: "View",
    view_text: "Text",
    view_source: "Source",
    download_source: "Download as file",
    source_cut: "Cut here; the file is complete.",
    no_text: "This e-mail has no text.",
    frame_title: "Content of the e-mail",
    faults: "Faults",
    faults_hint: "Makes the server misbehave, to see how that is dealt with.",
    fault: "Fault",
    matching: "only for addresses with",
    matching_hint: "all",
    times: "how often",
    times_hint: "until off",
    switch_on: "Switch on",
    switch_off: "Switch all faults off",
    fault_active: "Switched on",
    until_cleared: "until it is switched off",
    times_left: "times",
    clear: "Empty the mailbox",
    missing: "There is no such e-mail (any more).",
    other_language: "Deutsch",
    other_language_tag: "de",
    presets: [
        "Server can't be reached",
        "Turned away on connecting (421)",
        "Sender refused (550)",
        "Recipient refused for now (450)",
        "Recipient refused (550)",
        "Greylisting: only the second attempt counts",
        "Text not accepted for now (451)",
        "Connection breaks in the middle of the text",
        "After the text: later (451)",
        "After the text: refused (554)",
        "After the text the connection breaks; the e-mail has arrived",
        "After the text the connection breaks; the e-mail is lost",
        "Answer to the text only after 5 seconds",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_counts_then_the_browser_then_german() {
        for (cookie, accept, language) in [
            ("lang=en", "de", Language::English),
            ("a=b; lang=de", "en", Language::German),
            ("lang=xx", "fr-FR, en-GB;q=0.8, de;q=0.5", Language::English),
            ("", "fr", Language::German),
            ("", "", Language::German),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
            assert_eq!(Language::of(&headers), language, "{cookie} {accept}");
        }
    }
}
