//! A job becomes a mail: text, attachments, addresses.

use super::dunning;
use crate::adapters::mail::compose;
use crate::adapters::texts::{TextSets, html, plain};
use crate::domain::chain::Hash;
use crate::domain::format::presentable;
use crate::engine::ports::{Attachment, Job, Mail, Material, Outcome};
use crate::store::documents::Document;

/// Makes the job's mail; it can't be made from what can't be sent.
pub(super) fn prepare(texts: &TextSets, job: &Job) -> Result<Material, Outcome> {
    let failed = |reason: String| Outcome::Failed { reason };
    let notice = &job.notice;
    let text = texts.render(notice).map_err(|error| failed(error.to_string()))?;
    let mail = Mail {
        message_id: format!("{}@{}", notice.id, domain(&job.identity.from)),
        date_ms: job.at.0,
        from_name: job.identity.from_name.clone(),
        from: job.identity.from.clone(),
        reply_to: job.identity.reply_to.clone(),
        to_name: notice.recipient.name.clone(),
        to: notice.recipient.email.clone(),
        cc: job.identity.cc.clone(),
        bcc: job.identity.bcc.clone(),
        subject: text.subject.clone(),
        language: notice.language.clone(),
        plain: plain(notice, &text),
        html: html(notice, &text),
        attachments: [dunning::attachments(job), attachments(job)].concat(),
    };
    let (envelope, bytes) = compose(&mail).map_err(|error| failed(error.to_string()))?;
    let message = Document { media_type: "message/rfc822".to_owned(), bytes };
    Ok(Material {
        mail: Some((envelope, message)),
        letter: None,
        recipient: Some(notice.recipient.email.clone()),
        recipient_rule: Some(notice.recipient.email_rule.clone()).filter(|rule| !rule.is_empty()),
    })
}

/// The right-hand side of Message-IDs: the sender's own domain.
fn domain(from: &str) -> &str {
    from.rsplit_once('@').map_or("mahnwerk.invalid", |(_, domain)| domain)
}

/// The invoices' documents, of those that the ledger has one of; texts never speak of an attachment.
fn attachments(job: &Job) -> Vec<Attachment> {
    let word = if job.notice.language == "de" { "Rechnung" } else { "Invoice" };
    let attach = |(number, hash): &(String, Option<Hash>)| {
        let (_, document) = job.documents.iter().find(|(known, _)| Some(*known) == *hash)?;
        let name = file_name(number);
        Some(Attachment { name: format!("{word}-{name}.pdf"), content_type: document.media_type.clone(), bytes: document.bytes.clone() })
    };
    job.attach.iter().filter_map(attach).collect()
}

/// An invoice's number as part of a file's name.
pub(super) fn file_name(number: &str) -> String {
    presentable(number).replace(|c: char| !c.is_alphanumeric() && !"-_.".contains(c), "-")
}

/// What the history keeps of a mail that left: the server's reply, and which invoices had no document to attach.
pub(super) fn remark(job: &Job, outcome: Outcome) -> Outcome {
    let missing: Vec<_> = job.attach.iter().filter(|(_, hash)| hash.is_none()).map(|(number, _)| presentable(number)).collect();
    match outcome {
        Outcome::Done { reply } if !missing.is_empty() => {
            Outcome::Done { reply: format!("{reply}; without the documents of {}, which the ledger does not have", missing.join(", ")) }
        }
        other => other,
    }
}
