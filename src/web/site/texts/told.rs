//! What is wrong with a text and what a placeholder is, in the visitor's language.

use crate::adapters::texts::TextProblem;
use crate::web::language::Language;

/// A mistake, with the line that it is in.
pub(super) struct Mistake {
    pub(super) line: Option<usize>,
    /// What the line says.
    pub(super) shown: String,
    pub(super) name: String,
    pub(super) message: String,
}

pub(super) fn mistakes(language: Language, problems: &[&TextProblem], text: &str) -> Vec<Mistake> {
    let of_line = |line: Option<usize>| line.and_then(|line| text.lines().nth(line.checked_sub(1)?)).unwrap_or_default().trim().to_owned();
    let mistake = |problem: &&TextProblem| Mistake {
        line: problem.line,
        shown: of_line(problem.line),
        name: problem.name.clone(),
        message: if language == Language::German { german(&problem.message) } else { problem.message.clone() },
    };
    problems.iter().map(mistake).collect()
}

/// How the checks begin their sentences, and how that reads in German. What follows is template language, alike in both.
const GERMAN: &[(&str, &str)] = &[
    ("is not a known placeholder: did you mean ", "ist kein bekannter Platzhalter. Meinten Sie "),
    ("has no value for some notices: write ", "hat nicht bei jedem Schreiben einen Wert. Schreiben Sie "),
    ("is not known inside {{#each invoices}}: write ", "ist innerhalb von {{#each invoices}} nicht bekannt. Schreiben Sie "),
    ("has parts: write one of ", "hat Teile. Schreiben Sie einen von "),
    ("is a yes or no: ask it, ", "ist ein Ja oder Nein. Fragen Sie danach: "),
    ("is a list: write ", "ist eine Liste. Schreiben Sie "),
    ("is no list: write ", "ist keine Liste. Schreiben Sie "),
    ("lacks its #: write ", "fehlt das #. Schreiben Sie "),
    ("is always there: ask ", "ist immer da. Fragen Sie "),
    ("stands in three braces or after &: write ", "steht in drei Klammern oder hinter &. Schreiben Sie "),
    ("is no block: ", "ist kein Block: "),
    ("is a whole table", "ist eine ganze Tabelle und steht allein in einer Zeile des Textes, außerhalb von {{#each}}."),
    ("comparisons can't be printed", "Vergleiche können nicht ausgegeben werden. Fragen Sie sie in {{#if (…)}}."),
    ("takes nothing behind its name", "nimmt nichts hinter seinem Namen: ein Platzhalter zwischen den Klammern."),
    ("partials", "Teilvorlagen ({{> …}}) und {{* …}} gibt es nicht: Schreiben Sie den Text selbst."),
    ("is opened with {{ and never closed", "wird mit {{ geöffnet und nie geschlossen. Schreiben Sie }} dahinter."),
    ("is never closed: write ", "wird nie geschlossen. Schreiben Sie dort, wo es endet, "),
    ("closes what was never opened", "schließt, was nie geöffnet wurde. Nehmen Sie es heraus."),
    (
        "can't be read here",
        "Hier kann der Text nicht gelesen werden: Zu jedem {{ gehört ein }}, zu jedem {{#if …}} ein {{/if}}, und Vergleiche sehen so aus: (gt level 1).",
    ),
    (
        "is no allowed link",
        "ist kein erlaubter Verweis. Schreiben Sie https:// mit dem ganzen Namen des Rechners oder mailto:, und Platzhalter erst danach.",
    ),
    (
        "is no readable character",
        "ist kein lesbares Zeichen (ein Aufzählungspunkt aus einer Textverarbeitung?). Schreiben Sie „- “ für eine Liste.",
    ),
    ("is larger than", "Der Text ist zu groß: Eine Stufe sagt eine oder zwei Seiten."),
    ("is empty for", "ist leer."),
    (
        "compares",
        "Hier passt der Vergleich nicht: gt, gte, lt, lte vergleichen Zahlen, eq und ne zwei Werte derselben Art. Beträge und Daten sind Text.",
    ),
    ("asks for exactly one thing", "fragt nach genau einer Sache; Vergleiche stehen in Klammern: {{#if (gt level 1)}}."),
    ("has no German set", "hat keine deutsche Fassung, die alle Kunden ohne eigene bekommen. Legen Sie sie zuerst an."),
];

fn german(message: &str) -> String {
    let Some((start, german)) = GERMAN.iter().find(|(start, _)| message.starts_with(start)) else { return message.to_owned() };
    if !start.ends_with(' ') {
        return (*german).to_owned();
    }
    let rest = message[start.len()..].replace(" where it ends", "");
    format!("{german}{}", rest.trim_end_matches(['.', '?'])) + if german.starts_with("ist kein bekannter") { "?" } else { "." }
}

/// What a placeholder stands for, and an example of it.
pub(super) fn placeholder(language: Language, name: &str) -> (&'static str, &'static str) {
    let (german, english, example) = match name {
        "customer.name" => ("Name des Kunden", "the customer's name", "Holzbau Seidl OHG"),
        "customer.number" => ("Kundennummer", "the customer's number", "10042"),
        "creditor.name" => ("Ihr Name", "your name", "Lechtal Werkzeugbau GmbH"),
        "creditor.contact" => ("Ihr Ansprechpartner", "your contact person", "Maria Huber"),
        "creditor.phone" => ("Ihr Telefon", "your phone", "0821 555 01 20"),
        "creditor.email" => ("Ihre E-Mail-Adresse", "your e-mail address", "buchhaltung@lechtal.example"),
        "creditor.iban" => ("Ihre IBAN", "your IBAN", "DE02 1203 0000 0000 2020 51"),
        "creditor.bic" => ("Ihre BIC", "your BIC", "BYLADEM1001"),
        "creditor.bank" => ("Ihre Bank", "your bank", "Deutsche Kreditbank"),
        "pay_by" => ("neue Frist", "the new deadline", "03.12.2026"),
        "payment_days" => ("Tage bis zur neuen Frist", "days until the new deadline", "10"),
        "fee" => ("Mahnkosten", "the dunning fee", "2,50 €"),
        "has_fee" => ("ob Mahnkosten berechnet werden", "whether a fee is charged", ""),
        "total" => ("offen und Mahnkosten zusammen", "open and fee together", "1.192,50 €"),
        "currency" => ("Währung", "currency", "EUR"),
        "several" => ("ob es mehrere Rechnungen sind", "whether it is about several invoices", ""),
        "invoice" | "number" => ("Rechnungsnummer", "the invoice's number", "RE-2026-0815"),
        "invoice_date" => ("Rechnungsdatum", "the invoice's date", "23.10.2026"),
        "due_date" => ("fällig am", "due on", "06.11.2026"),
        "invoices" => ("alle Rechnungen, eine nach der anderen", "all invoices, one after the other", ""),
        "invoice_count" => ("Zahl der Rechnungen", "how many invoices", "3"),
        "invoice_table" => {
            ("Tabelle der Rechnungen, in Mails mit Bankverbindung", "the table of invoices, in mails with payment details", "")
        }
        "oldest_due_date" => ("früheste Fälligkeit", "the earliest due date", "06.10.2026"),
        "level" => ("Nummer der Stufe", "the stage's number", "2"),
        "reference" => ("Verwendungszweck", "what to write into the transfer", "RE-2026-0815"),
        "date" => ("Datum", "date", "23.11.2026"),
        "open" => ("offener Betrag", "what is open", "1.190,00 €"),
        "amount" => ("Rechnungsbetrag", "the invoice's amount", "1.190,00 €"),
        "days_overdue" => ("Tage überfällig", "days overdue", "17"),
        "@first" => ("ob es die erste ist", "whether it is the first", ""),
        "@last" => ("ob es die letzte ist", "whether it is the last", ""),
        "@index" => ("laufende Nummer ab 0", "its number, from 0", "0"),
        _ => ("", "", ""),
    };
    (if language == Language::German { german } else { english }, example)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::texts::{OwnText, TextSets, offered};

    #[test]
    fn every_placeholder_is_explained() {
        for offer in offered() {
            assert!(!placeholder(Language::German, offer.name).0.is_empty(), "{}", offer.name);
        }
    }

    #[test]
    fn mistakes_are_told_in_german_with_their_line() {
        let body = "Guten Tag\n\n{{totl}} {{customer.name}}\n{{has_fee}}\n{{#if several}}x";
        for (body, line, words) in [
            ("Guten Tag\n\n{{totl}}", 3, "ist kein bekannter Platzhalter. Meinten Sie total?"),
            ("{{customer.name}}", 1, "hat nicht bei jedem Schreiben einen Wert. Schreiben Sie {{#if customer.name}}"),
            ("{{has_fee}}", 1, "ist ein Ja oder Nein. Fragen Sie danach: {{#if has_fee}}"),
            (body, 5, "wird nie geschlossen. Schreiben Sie dort, wo es endet, {{/if}}."),
            ("[x](http://example.org)", 1, "ist kein erlaubter Verweis."),
        ] {
            let own = OwnText::new("de/probe", "Betreff", body).unwrap();
            let problems = TextSets::alone(&own).unwrap_err();
            let told = mistakes(Language::German, &problems.iter().collect::<Vec<_>>(), body);
            assert!(told.iter().any(|mistake| mistake.message.starts_with(words) && mistake.line == Some(line)), "{body}: {problems:?}");
        }
    }

    #[test]
    fn german_begins_as_the_checks_do() {
        let sources = concat!(
            include_str!("../../../adapters/texts/walk.rs"),
            include_str!("../../../adapters/texts/check.rs"),
            include_str!("../../../adapters/texts/sets.rs")
        );
        for (start, _) in GERMAN {
            let written = start.replace("{{", "{{{{").replace("}}", "}}}}");
            assert!(sources.contains(start) || sources.contains(&written), "nothing begins with `{start}`");
        }
    }
}
