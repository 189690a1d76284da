//! What is wrong with a setting, in the reader's language. The configuration's own words are English.

use super::fields::{Field, Shape};
use crate::config::Problem;
use crate::web::language::Language;

/// What to say beside the field.
pub(super) fn told(language: Language, problem: &Problem) -> String {
    if language == Language::English {
        return sentence(&problem.message);
    }
    let message = problem.message.as_str();
    let by_path = match problem.field.as_str() {
        "creditor.iban" | "creditor.second_account.iban" if message.contains("is missing") => "Die IBAN dieses Kontos fehlt.",
        "creditor.iban" | "creditor.second_account.iban" => "Die Prüfziffern dieser IBAN stimmen nicht: bitte vom Kontoauszug abschreiben.",
        "creditor.second_account" => "Ein zweites Konto braucht ein erstes: bitte die IBAN oben eintragen.",
        "creditor.country" => "Bitte zwei große Buchstaben, zum Beispiel DE.",
        "creditor.name" if message.starts_with("is missing") => "Fehlt: ohne Namen kann nichts an Fremde gesendet werden.",
        "mail.from" if message.starts_with("is missing") => "Fehlt: ohne Absenderadresse kann nichts an Fremde gesendet werden.",
        "creditor.email" | "mail.from" | "mail.reply_to" | "mail.cc" | "mail.bcc" => {
            "Das ist keine E-Mail-Adresse: bitte nur die Adresse, zum Beispiel rechnung@example.com."
        }
        "mail.address_rule" if message.contains("twice") => "Dieselbe Art steht zweimal da.",
        "mail.address_rule" => "Bitte mindestens eine Art von Adressen wählen.",
        "smtp.host" if message.starts_with("must be") => "Bitte nur den Namen des Servers, ohne Port und Anmeldung.",
        "smtp.user" => "Fehlt neben dem Passwort: bitte den Namen, mit dem man sich anmeldet.",
        "smtp.password_secret" if message.starts_with("is missing") => "Fehlt neben dem Benutzer: bitte das Passwort eingeben.",
        "smtp.tls" if message.starts_with("would send") => "So ginge das Passwort lesbar durchs Netz: bitte eine Verschlüsselung wählen.",
        "lexoffice.api_key_secret" if message.starts_with("is missing") => "Fehlt: bitte den API-Schlüssel des Kontos eingeben.",
        "lexoffice.sync_from" | "holidays_added" | "holidays_removed" => "Das ist kein Datum: bitte JJJJ-MM-TT, zum Beispiel 2027-08-08.",
        "lexoffice.workflow" => "Dieses Mahnverfahren gibt es nicht, oder es ist fehlerhaft.",
        "zone" => "Diese Zeitzone gibt es nicht: bitte einen Namen wie Europe/Berlin.",
        "holidays" => "Für dieses Land oder diesen Teil sind keine Feiertage bekannt: bitte zum Beispiel DE, DE-BY, AT oder none.",
        "currency" => "Diese Währung ist nicht bekannt.",
        "layout.text" if message.contains("too pale") => "Diese Farbe ist auf Papier zu blass: bitte eine dunklere.",
        _ => "",
    };
    if !by_path.is_empty() {
        return by_path.to_owned();
    }
    match Field::of(&problem.field).map(|field| field.shape) {
        Some(Shape::Number) => match range(message) {
            Some((least, most)) => format!("Bitte eine ganze Zahl von {least} bis {most}."),
            None => "Bitte eine ganze Zahl.".to_owned(),
        },
        Some(Shape::Colour) => "Das ist keine Farbe: bitte Rot, Grün und Blau als #rrggbb, zum Beispiel #1f4e79.".to_owned(),
        Some(Shape::Columns) => "Das passt nicht: höchstens 4 Spalten mit 7 Zeilen zu 60 Zeichen.".to_owned(),
        _ => sentence(message),
    }
}

/// The same away from its field: the field's name stands before it.
pub(super) fn told_with_field(language: Language, problem: &Problem) -> String {
    let label = Field::of(&problem.field).map_or("", |field| field.label(language));
    if label.is_empty() { told(language, problem) } else { format!("{label}: {}", told(language, problem)) }
}

/// "… from 5 to 30 …"
fn range(message: &str) -> Option<(&str, &str)> {
    let (least, rest) = message.split_once("from ")?.1.split_once(" to ")?;
    Some((least, rest.split([',', ' ']).next()?))
}

/// A message begins small, since a key stands before it.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect::<String>() + ".").unwrap_or_default()
}
