//! Dunnings that the accounting system makes: the stage's text in its fields, and its document as attachment, letter or enclosure.

use super::enclosed::named;
use crate::adapters::texts::{TextSets, around_invoices};
use crate::domain::format::{labels, money, presentable};
use crate::domain::notice::Notice;
use crate::engine::ports::{Attachment, Job, Numbered, Outcome};
use crate::engine::source::ports::DunningText;
use crate::store::documents::Document;

/// What the dunning says: the stage's text, cut where the table of invoices stands in our own.
pub(super) fn text(texts: &TextSets, notice: &Notice, dunning: &Numbered<'_>) -> Result<DunningText, Outcome> {
    let failed = |reason: String| Outcome::Failed { reason };
    let written = texts.render(notice).map_err(|error| failed(error.to_string()))?;
    let (introduction, remark) = around_invoices(notice, &written);
    let (language, number) = (notice.language.as_str(), notice.lines.first().map(|line| presentable(&line.invoice)).unwrap_or_default());
    let (own, open) = (labels(language), money(language, notice.open_minor(), notice.currency));
    let reference = if language == "de" { "Vorgang" } else { "Reference" };
    Ok(DunningText {
        title: title(language, dunning),
        introduction,
        claim: format!("{} {number}, {}: {open}", own.invoice, own.open.to_lowercase()),
        fee: own.fee.to_owned(),
        remark: format!("{remark}\n\n{reference} {}", dunning.token),
    })
}

/// At most 25 characters, whatever the stage is called: more is refused over there.
fn title(language: &str, dunning: &Numbered<'_>) -> String {
    match (language, dunning.of) {
        ("de", 1) => "Mahnung".to_owned(),
        ("de", _) => format!("{}. Mahnung", dunning.number),
        (_, 1) => "Demand for payment".to_owned(),
        _ => format!("Demand for payment no. {}", dunning.number.min(99)),
    }
}

/// The job's dunnings with their documents.
fn documents(job: &Job) -> impl Iterator<Item = (&str, &Document)> {
    job.dunnings.iter().filter_map(|(number, hash)| {
        let (_, document) = job.documents.iter().find(|(known, _)| known == hash)?;
        Some((number.as_str(), document))
    })
}

/// What a mail takes along.
pub(super) fn attachments(job: &Job) -> Vec<Attachment> {
    let word = if job.notice.language == "de" { "Mahnung" } else { "Demand" };
    let attach = |(number, document): (&str, &Document)| Attachment {
        name: format!("{}.pdf", named(word, number)),
        content_type: document.media_type.clone(),
        bytes: document.bytes.clone(),
    };
    documents(job).map(attach).collect()
}

/// The dunning is the letter where the notice is about nothing else.
pub(super) fn letter(job: &Job) -> Option<Document> {
    if job.notice.lines.len() == 1 { documents(job).next().map(|(_, document)| document.clone()) } else { None }
}

/// What goes into the envelope beside our own letter.
pub(super) fn enclosed(job: &Job) -> Vec<(&str, &[u8])> {
    if job.notice.lines.len() == 1 {
        return Vec::new();
    }
    documents(job).map(|(number, document)| (number, document.bytes.as_slice())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_keep_to_the_vendors_limit() {
        for (language, number, of, title_of) in [
            ("de", 1, 1, "Mahnung"),
            ("de", 2, 3, "2. Mahnung"),
            ("en", 1, 1, "Demand for payment"),
            ("en", 2, 2, "Demand for payment no. 2"),
        ] {
            assert_eq!(title(language, &Numbered { number, of, token: "" }), title_of);
        }
        for language in ["de", "en", "fr"] {
            assert!(title(language, &Numbered { number: 1_000, of: 1_000, token: "" }).chars().count() <= 25);
        }
    }
}
