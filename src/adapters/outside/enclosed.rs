//! What a mail takes along: the notice as a letter, and the invoices' own documents, as far as there is room.

use super::dunning;
use crate::domain::format::presentable;
use crate::domain::notice::{Kind, Notice};
use crate::engine::ports::{Attachment, Enclosure, Job};
use crate::store::documents::Document;

/// The attachments, and of which invoices there is none and why.
pub(super) struct Enclosed {
    pub(super) attachments: Vec<Attachment>,
    pub(super) lacking: Vec<String>,
}

/// The accounting system's dunnings and the letter come first and always; then the invoices in the notice's order, each that still fits.
pub(super) fn enclosed(job: &Job, letter: Option<&Document>) -> Enclosed {
    let mut attachments = dunning::attachments(job);
    attachments.extend(letter.map(|letter| attachment(letter_name(&job.notice), letter)));
    let mut taken: usize = attachments.iter().map(|attachment| attachment.bytes.len()).sum();
    let mut lacking = Vec::new();
    let room = job.identity.attachments_max;
    for enclosure in &job.attach {
        let Some(document) = enclosure.hash.and_then(|hash| job.document(hash)) else {
            lacking.push(lacks(enclosure, enclosure.lacks.as_deref().unwrap_or("the ledger has none")));
            continue;
        };
        match room.filter(|room| taken + document.bytes.len() > *room) {
            Some(room) => lacking.push(lacks(enclosure, &format!("with it the attachments come to more than {} MB", room >> 20))),
            None => {
                taken += document.bytes.len();
                attachments.push(attachment(invoice_name(&job.notice, &enclosure.number), document));
            }
        }
    }
    Enclosed { attachments, lacking }
}

fn lacks(enclosure: &Enclosure, why: &str) -> String {
    format!("{} ({why})", presentable(&enclosure.number))
}

fn attachment(name: String, document: &Document) -> Attachment {
    let name = format!("{name}.{}", ending(&document.media_type));
    Attachment { name, content_type: document.media_type.clone(), bytes: document.bytes.clone() }
}

/// By which programs tell the kind.
fn ending(media_type: &str) -> &'static str {
    match media_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "application/xml" | "text/xml" => "xml",
        _ => "pdf",
    }
}

fn invoice_name(notice: &Notice, number: &str) -> String {
    named(if notice.language == "de" { "Rechnung" } else { "Invoice" }, number)
}

fn letter_name(notice: &Notice) -> String {
    let word = match (notice.language.as_str(), notice.kind) {
        ("de", Kind::Reminder) => "Zahlungserinnerung",
        ("de", Kind::Dunning) => "Mahnung",
        (_, Kind::Reminder) => "Payment-reminder",
        (_, Kind::Dunning) => "Dunning-notice",
    };
    match notice.lines.as_slice() {
        [one] => named(word, &one.invoice),
        _ => word.to_owned(),
    }
}

/// A number as a file's name may have it, on every system and in a mail's head.
pub(super) fn named(word: &str, number: &str) -> String {
    let safe: String =
        presentable(number).chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).take(80).collect();
    format!("{word}-{safe}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_say_their_kind() {
        assert_eq!(named("Rechnung", "RE/2026 4:7\r\n..\\x"), "Rechnung-RE-2026-4-7--..-x");
        assert_eq!(named("Rechnung", &"9".repeat(300)).len(), 89);
        assert_eq!(["application/pdf", "image/png", "image/jpeg", "text/xml"].map(ending), ["pdf", "png", "jpg", "xml"]);
    }
}
