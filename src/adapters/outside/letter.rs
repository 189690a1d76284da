//! A job becomes a letter, and the letter is handed over.

use super::dunning;
use crate::adapters::texts::TextSets;
use crate::domain::notice::Recipient;
use crate::engine::ports::{Job, Letter, LetterEngine, LetterError, LetterPost, Material, Outcome, PostItem};
use crate::store::documents::Document;
use std::sync::Arc;

const RULE: &str = "the customer's postal address";

/// The job's letter: the dunning of the accounting system where it is about one invoice and has one, else ours, made on a blocking thread.
pub(super) async fn render(texts: Arc<TextSets>, engine: Arc<dyn LetterEngine>, job: &Job) -> Result<Material, Outcome> {
    if let Some(letter) = dunning::letter(job) {
        return Ok(Material { letter: Some(letter), ..address(job) });
    }
    let notice = job.notice.clone();
    let rendered = tokio::task::spawn_blocking(move || {
        let text = texts.render(&notice).map_err(|error| LetterError::Content(error.to_string()))?;
        engine.render(&Letter { notice: &notice, text: &text })
    });
    match rendered.await {
        Ok(Ok(pdf)) => {
            let letter = Document { media_type: "application/pdf".to_owned(), bytes: pdf.bytes };
            Ok(Material { letter: Some(letter), ..address(job) })
        }
        Ok(Err(LetterError::Content(reason))) => Err(Outcome::Failed { reason }),
        Ok(Err(LetterError::Engine(reason))) => Err(Outcome::Retry { reason, after: None }),
        Err(_) => Err(Outcome::Failed { reason: "the letter engine broke down over this letter".to_owned() }),
    }
}

/// The letter that a mail takes along: the one that an earlier step of the notice made, else one that says what the mail says.
pub(super) async fn enclosed(texts: Arc<TextSets>, engine: Arc<dyn LetterEngine>, job: &Job) -> Result<Document, Outcome> {
    if let Some(printed) = job.printed() {
        return Ok(printed.clone());
    }
    match render(texts, engine, job).await {
        Ok(Material { letter: Some(letter), .. }) => Ok(letter),
        Ok(_) => Err(Outcome::Failed { reason: "no letter was made".to_owned() }),
        Err(Outcome::Failed { reason }) => Err(Outcome::Failed { reason: format!("its letter can't be made: {reason}") }),
        Err(other) => Err(other),
    }
}

/// Where the letter goes, for the history.
pub(super) fn address(job: &Job) -> Material {
    let Recipient { name, street, postcode, city, country, .. } = &job.notice.recipient;
    let place = format!("{postcode} {city}");
    let parts = [name.as_str(), street.as_str(), place.trim(), country.as_str()];
    let recipient = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    Material { recipient: Some(recipient), recipient_rule: Some(RULE.to_owned()), ..Material::default() }
}

/// Hands over the letter that was printed before.
pub(super) async fn post(way: &dyn LetterPost, job: &Job) -> Outcome {
    match job.printed() {
        Some(pdf) => {
            let reason = job.paper_reason.as_deref();
            way.post(&PostItem { notice: &job.notice, reason, pdf: &pdf.bytes, enclosed: dunning::enclosed(job) }).await
        }
        None => Outcome::Failed { reason: "the printed letter is not in the ledger".to_owned() },
    }
}
