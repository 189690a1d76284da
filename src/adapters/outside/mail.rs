//! A job becomes a mail: text, attachments, addresses.

use super::enclosed::enclosed;
use crate::adapters::mail::{MailError, compose};
use crate::adapters::texts::{TextSets, html, plain};
use crate::domain::document::NoticeText;
use crate::domain::notice::Notice;
use crate::domain::tenant::MailIdentity;
use crate::engine::ports::{Envelope, Job, Mail, Material, Outcome};
use crate::store::documents::Document;

/// Makes the job's mail, with the letter if it takes one along; it can't be made from what can't be sent.
pub(super) fn prepare(texts: &TextSets, job: &Job, letter: Option<Document>) -> Result<Material, Outcome> {
    let failed = |reason: String| Outcome::Failed { reason };
    let notice = &job.notice;
    let text = texts.render(notice).map_err(|error| failed(error.to_string()))?;
    let attachments = enclosed(job, letter.as_ref()).attachments;
    let mail = Mail { attachments, ..mail_of(notice, &text, &job.identity, job.at.0) };
    Ok(Material {
        mail: Some(message(&mail).map_err(|error| failed(error.to_string()))?),
        letter,
        recipient: Some(notice.recipient.email.clone()),
        recipient_rule: Some(notice.recipient.email_rule.clone()).filter(|rule| !rule.is_empty()),
        ..Material::default()
    })
}

/// A mail as it is kept, and whom it goes to.
pub(super) fn message(mail: &Mail) -> Result<(Envelope, Document), MailError> {
    let (envelope, bytes) = compose(mail)?;
    Ok((envelope, Document { media_type: "message/rfc822".to_owned(), bytes }))
}

/// A notice as a mail, without attachments.
pub(super) fn mail_of(notice: &Notice, text: &NoticeText, identity: &MailIdentity, date_ms: i64) -> Mail {
    Mail {
        message_id: format!("{}@{}", notice.id, domain(&identity.from)),
        date_ms,
        from_name: identity.from_name.clone(),
        from: identity.from.clone(),
        reply_to: identity.reply_to.clone(),
        to_name: notice.recipient.name.clone(),
        to: notice.recipient.email.clone(),
        cc: identity.cc.clone(),
        bcc: identity.bcc.clone(),
        subject: text.subject.clone(),
        language: notice.language.clone(),
        plain: plain(notice, text),
        html: html(notice, text),
        attachments: Vec::new(),
    }
}

/// The right-hand side of Message-IDs: the sender's own domain.
pub(super) fn domain(from: &str) -> &str {
    from.rsplit_once('@').map_or("mahnwerk.invalid", |(_, domain)| domain)
}

/// What the history keeps of a mail that left: the server's reply, and which invoices had no document to attach.
pub(super) fn remark(job: &Job, letter: Option<&Document>, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Done { reply } => {
            let lacking = enclosed(job, letter).lacking;
            let reply = if lacking.is_empty() { reply } else { format!("{reply}; without the documents of {}", lacking.join(", ")) };
            Outcome::Done { reply }
        }
        other => other,
    }
}
