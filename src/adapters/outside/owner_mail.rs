//! The last-stage notice: what is said to the creditor of invoices whose last stage was sent, and its way out.

use super::Outside;
use super::mail::{self, domain};
use crate::domain::format::{money, presentable};
use crate::domain::ids::TenantId;
use crate::engine::ports::{Envelope, Mail, Outcome, OwnerMail, OwnerPost};
use crate::store::documents::Document;
use futures::future::BoxFuture;
use std::fmt::Write as _;

struct Words {
    language: &'static str,
    one: &'static str,
    /// `{}` stands for how many.
    many: &'static str,
    lead: &'static str,
    open: &'static str,
    last_stage: &'static str,
    next: &'static str,
}

const GERMAN: Words = Words {
    language: "de",
    one: "Letzte Mahnstufe versendet: 1 Rechnung",
    many: "Letzte Mahnstufe versendet: {} Rechnungen",
    lead: "Für die folgenden Rechnungen wurde die letzte Stufe des Mahnverfahrens versendet:",
    open: "offen",
    last_stage: "letzte Stufe",
    next: "Mahnwerk mahnt sie nicht weiter. Bitte entscheiden Sie, wie es weitergeht, zum Beispiel mit einem gerichtlichen Mahnverfahren\noder einem Inkassodienst.",
};

const ENGLISH: Words = Words {
    language: "en",
    one: "Last stage sent: 1 invoice",
    many: "Last stage sent: {} invoices",
    lead: "The last stage of the workflow was sent for these invoices:",
    open: "open",
    last_stage: "last stage",
    next: "Mahnwerk will not dun them any further. Please decide how to go on, for instance in court or with a collection agency.",
};

impl Words {
    /// As the tenant's language wants it: German or English.
    fn of(language: &str) -> &'static Self {
        if language == "de" { &GERMAN } else { &ENGLISH }
    }

    fn subject(&self, count: usize) -> String {
        if count == 1 { self.one.to_owned() } else { self.many.replace("{}", &count.to_string()) }
    }

    fn body(&self, mail: &OwnerMail<'_>) -> String {
        let mut body = format!("{}\n", self.lead);
        for (invoice, link) in &mail.invoices {
            let (number, customer) = (presentable(&invoice.number), presentable(&invoice.customer));
            let open = money(self.language, invoice.open_minor, invoice.currency);
            let stage = presentable(&invoice.stage);
            let _ = write!(body, "\n* {number}, {customer}: {open} {}, {}: {stage}\n", self.open, self.last_stage);
            if let Some(link) = link {
                let _ = writeln!(body, "  {link}");
            }
        }
        format!("{body}\n{}\n", self.next)
    }
}

impl OwnerPost for Outside {
    fn compose(&self, mail: &OwnerMail<'_>) -> Result<Document, String> {
        let (words, identity) = (Words::of(mail.language), mail.identity);
        let mail = Mail {
            message_id: format!("{}@{}", mail.message_id, domain(&identity.from)),
            date_ms: mail.at.0,
            from_name: identity.from_name.clone(),
            from: identity.from.clone(),
            reply_to: None,
            to_name: String::new(),
            to: mail.recipient.to_owned(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: words.subject(mail.invoices.len()),
            language: words.language.to_owned(),
            plain: words.body(mail),
            html: String::new(),
            attachments: Vec::new(),
        };
        let (_, document) = mail::message(&mail).map_err(|error| error.to_string())?;
        Ok(document)
    }

    fn send<'a>(&'a self, tenant: TenantId, name: &'a str, envelope: &'a Envelope, message: &'a [u8]) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match self.ways(tenant) {
                Ok(ways) => ways.mailer.send(name, envelope, message).await,
                Err(outcome) => outcome,
            }
        })
    }
}
