//! E-mail out against a real server: what is composed, how it is handed over, what is said about it.

mod connections;
mod encrypted;
mod files;
mod message;
mod outcomes;
mod page;

use mahnwerk::adapters::mail::{Security, SmtpMailer, SmtpSettings, Timeouts, compose};
use mahnwerk::adapters::sandbox::smtp::{SandboxSettings, SmtpSandbox};
use mahnwerk::engine::ports::{Envelope, Mail, Mailer, Outcome};
use std::sync::Arc;
use std::time::Duration;

/// Longer than anything on loopback takes, short enough for a test that fails.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) fn sandbox_settings() -> SandboxSettings {
    SandboxSettings::new(Arc::new(|| 1_767_225_600_000))
}

pub(crate) async fn sandbox() -> SmtpSandbox {
    SmtpSandbox::start(sandbox_settings()).await.unwrap()
}

pub(crate) fn smtp_settings(sandbox: &SmtpSandbox) -> SmtpSettings {
    let mut settings = SmtpSettings::new("127.0.0.1", sandbox.addr().port(), Security::None);
    settings.timeouts = Timeouts { connect: Duration::from_secs(5), reply: Duration::from_secs(5), delivery: Duration::from_secs(5) };
    settings
}

pub(crate) fn mailer(sandbox: &SmtpSandbox) -> SmtpMailer {
    SmtpMailer::new(smtp_settings(sandbox)).unwrap()
}

/// A reminder as the engine hands it over; `id` is the local part of its Message-ID.
pub(crate) fn mail(id: &str) -> Mail {
    Mail {
        message_id: format!("{id}@bau.example"),
        date_ms: 1_767_225_600_000,
        from_name: "Müller Bau".to_owned(),
        from: "rechnung@bau.example".to_owned(),
        reply_to: Some("buero@bau.example".to_owned()),
        to_name: "Ärzte „am Markt“".to_owned(),
        to: "praxis@markt.example".to_owned(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Zahlungserinnerung zu Rechnung RE-2026-17 über 1.190,00 €".to_owned(),
        language: "de".to_owned(),
        plain: "Guten Tag,\n\nvielleicht ist es Ihnen entgangen: …\n.\n.. Punkte\n".to_owned(),
        html: "<p>Guten Tag,</p><p>vielleicht ist es Ihnen entgangen: …</p>".to_owned(),
        attachments: Vec::new(),
    }
}

pub(crate) async fn send(mailer: &SmtpMailer, mail: &Mail) -> Outcome {
    let (envelope, bytes) = compose(mail).unwrap();
    mailer.send("unused", &envelope, &bytes).await
}

pub(crate) fn envelope(recipients: &[&str]) -> Envelope {
    Envelope { from: "rechnung@bau.example".to_owned(), recipients: recipients.iter().map(|r| (*r).to_owned()).collect() }
}

pub(crate) fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. })
}
