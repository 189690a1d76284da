//! What is wrong with a workflow, in the visitor's language.

use crate::domain::workflow::{Problem, Severity};
use crate::web::language::Language;

pub(super) fn problem(language: Language, problem: &Problem) -> String {
    if language == Language::German { german(problem) } else { sentence(&problem.message) }
}

/// By the field's name and how bad it is: what a form can get wrong. The rest is told as the check says it.
fn german(problem: &Problem) -> String {
    let field = problem.field.rsplit_once("].").map_or(problem.field.as_str(), |(_, name)| name);
    let message = problem.message.as_str();
    let german = match (field, problem.severity) {
        ("key", _) if message.contains("already the key") => "Diesen Schlüssel hat schon eine frühere Stufe.",
        ("key", _) => "Ein Schlüssel hat Kleinbuchstaben, Ziffern und Bindestriche, ein Buchstabe zuerst: reminder-1.",
        ("kind", Severity::Warning) => "Eine Zahlungserinnerung nach einer Mahnung klingt wie ein Rückschritt.",
        ("enabled", _) => "Alle Stufen sind ausgeschaltet; mindestens eine muss es nicht sein.",
        ("anchor", _) => "Die erste Stufe und die erste eingeschaltete haben kein voriges Schreiben; sie zählen ab der Fälligkeit.",
        ("after_days", Severity::Warning) if message.contains("is not more than") => {
            "Das ist nicht mehr als bei einer früheren Stufe: Diese Stufe folgt nur im Mindestabstand."
        }
        ("after_days", Severity::Warning) => {
            "Das ist weniger als der Mindestabstand zum vorigen Schreiben, der das Schreiben dann noch aufhält."
        }
        ("after_days", Severity::Error) => "Bitte eine ganze Zahl von 0 bis 3650.",
        ("time_of_day", Severity::Warning) => {
            "Das liegt außerhalb der Geschäftszeiten: Das Schreiben wartet bis zu deren Beginn am nächsten Tag."
        }
        ("time_of_day" | "business_hours.start", Severity::Error) => "Bitte eine Uhrzeit wie 09:00.",
        ("business_hours.end", _) if message.contains("later than") => {
            "Das Ende muss nach dem Beginn liegen, sonst ginge nie ein Schreiben hinaus."
        }
        ("business_hours.end", _) => "Bitte eine Uhrzeit wie 15:00.",
        ("business_hours.days", _) => "Bitte mindestens einen Tag.",
        ("payment_days" | "rules.min_gap_days", _) => "Bitte eine ganze Zahl von 1 bis 365.",
        ("rules.max_data_age_hours", _) => "Bitte eine ganze Zahl von 1 bis 8760.",
        ("fee", _) => "Bitte ein Betrag mit höchstens zwei Nachkommastellen, wie 2,50.",
        ("template", _) => "Diesen Textsatz gibt es nicht.",
        ("timezone", _) => "Diese Zeitzone gibt es nicht; schreiben Sie zum Beispiel Europe/Berlin.",
        ("holidays", _) => "Diese Region gibt es nicht.",
        ("title.de" | "title.en", _) => "Ein Titel ist eine Zeile ohne Platzhalter.",
        ("stages", _) => "Es gibt noch keine Stufe.",
        (amount, _) if amount.starts_with("rules.minimum_amount") => "Bitte Währung und Betrag, wie EUR 5,00.",
        _ => return sentence(message),
    };
    german.to_owned()
}

fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect::<String>() + ".").unwrap_or_default()
}
