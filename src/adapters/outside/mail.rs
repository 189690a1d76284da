//! A job becomes a mail: text, attachments, addresses.

use crate::adapters::mail::compose;
use crate::adapters::texts::{TextSets, html, plain};
use crate::domain::format::presentable;
use crate::engine::ports::{Attachment, Job, Mail, Material, Outcome};
use crate::store::documents::Document;

/// Which address was taken, for the history.
const RULE: &str = "the customer's e-mail address";

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
        attachments: attachments(job).map_err(failed)?,
    };
    let (envelope, bytes) = compose(&mail).map_err(|error| failed(error.to_string()))?;
    let message = Document { media_type: "message/rfc822".to_owned(), bytes };
    Ok(Material {
        mail: Some((envelope, message)),
        letter: None,
        recipient: Some(notice.recipient.email.clone()),
        recipient_rule: Some(RULE.to_owned()),
    })
}

/// The right-hand side of Message-IDs: the sender's own domain.
fn domain(from: &str) -> &str {
    from.rsplit_once('@').map_or("mahnwerk.invalid", |(_, domain)| domain)
}

/// The invoices as the stage promises them. A text that speaks of an attachment does not leave without it.
fn attachments(job: &Job) -> Result<Vec<Attachment>, String> {
    let word = if job.notice.language == "de" { "Rechnung" } else { "Invoice" };
    let attach = |(number, hash): &(String, Option<crate::domain::chain::Hash>)| {
        let held = hash.and_then(|hash| job.documents.iter().find(|(known, _)| *known == hash));
        let (_, document) = held.ok_or_else(|| {
            format!("invoice {number} is to be attached, but the ledger has no document of it: import it with its document, then retry")
        })?;
        let name = presentable(number).replace(|c: char| !c.is_alphanumeric() && !"-_.".contains(c), "-");
        Ok(Attachment { name: format!("{word}-{name}.pdf"), content_type: document.media_type.clone(), bytes: document.bytes.clone() })
    };
    job.attach.iter().map(attach).collect()
}
