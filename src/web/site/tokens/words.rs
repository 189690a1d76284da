//! The words of the page about programs.

use crate::domain::scope::Scope;
use crate::web::language::{Language, words};

words! {
    pub(super) struct TokenWords {
        title: "API", "API";
        lead: "Schlüssel für Programme, die Rechnungen und Zahlungen bringen oder Mahnungen abfragen.", "Tokens for programs that bring invoices and payments or ask about notices.";
        reference: "Referenz der Schnittstelle (englisch)", "Reference of the interface";
        tokens: "Schlüssel", "Tokens";
        none: "Es gibt noch keinen Schlüssel.", "There is no token yet.";
        name: "Name", "Name";
        name_hint: "Der Verlauf nennt ihn so: token:NAME. Buchstaben, Ziffern, - _ .", "The history names it so: token:NAME. Letters, digits, - _ .";
        scopes: "Berechtigungen", "Scopes";
        made: "Erstellt", "Made";
        used: "Zuletzt benutzt", "Last used";
        never: "nie", "never";
        state: "Stand", "State";
        holds: "gilt", "holds";
        until: "gilt bis", "holds until";
        expired: "abgelaufen", "expired";
        revoked: "widerrufen", "revoked";
        revoke: "Widerrufen", "Revoke";
        make: "Schlüssel erstellen", "Make a token";
        days: "Gültig", "Valid for";
        days_30: "30 Tage", "30 days";
        days_365: "ein Jahr", "a year";
        days_none: "bis zum Widerruf", "until it is revoked";
        secret: "Der neue Schlüssel", "The new token";
        secret_hint: "Er wird nur jetzt gezeigt. Bewahren Sie ihn auf wie ein Passwort.", "It is shown only now. Keep it like a password.";
        webhooks: "Webhooks", "Webhooks";
        no_webhooks: "Es gibt keinen. Programme richten sie über die Schnittstelle ein.", "There is none. Programs set them up through the interface.";
        address: "Adresse", "Address";
        causes: "Anlässe", "Causes";
        all: "alle", "all";
        told: "Zuletzt beliefert", "Last told";
        active: "läuft", "active";
        failing: "wird wiederholt", "failing, tried again";
        stopped: "angehalten", "stopped";
        restart: "Erneut versuchen", "Try again";
        remove: "Entfernen", "Remove";
    }
}

/// What a scope allows.
pub(super) fn scope_word(language: Language, scope: Scope) -> &'static str {
    match (language, scope) {
        (Language::German, Scope::Read) => "lesen",
        (Language::German, Scope::Facts) => "Rechnungen und Zahlungen bringen",
        (Language::German, Scope::Operate) => "pausieren, überspringen, freigeben",
        (Language::German, Scope::Administer) => "Webhooks einrichten",
        (Language::English, Scope::Read) => "read",
        (Language::English, Scope::Facts) => "bring invoices and payments",
        (Language::English, Scope::Operate) => "pause, skip, release",
        (Language::English, Scope::Administer) => "set webhooks up",
    }
}
