//! A received message as the pages and the interface show it: decoded, never trusted.

use crate::adapters::sandbox::smtp::Received;
use crate::web::mails::{AttachedFile, Mail};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

/// A line of the list.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) number: u64,
    pub(super) received_ms: i64,
    pub(super) from: String,
    /// To and CC as the head names them; the envelope's recipients if it names none.
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) bytes: usize,
    pub(super) message_id: Option<String>,
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
    pub(super) connection: u64,
    pub(super) encrypted: bool,
    pub(super) login: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Content {
    pub(super) summary: Summary,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) attachments: Vec<AttachedFile>,
}

pub(super) fn summary(received: &Received) -> Summary {
    summarise(received, &Mail::read_head(&received.bytes))
}

fn summarise(received: &Received, mail: &Mail) -> Summary {
    let or = |named: &[String], envelope: String| if named.is_empty() { envelope } else { named.join(", ") };
    Summary {
        number: received.number,
        received_ms: received.received_ms,
        from: or(&mail.from, received.sender.clone()),
        to: or(&mail.to, received.recipients.join(", ")),
        subject: mail.subject.clone(),
        bytes: received.bytes.len(),
        message_id: received.message_id.clone(),
        sender: received.sender.clone(),
        recipients: received.recipients.clone(),
        connection: received.connection,
        encrypted: received.encrypted,
        login: received.login.clone(),
    }
}

pub(super) fn content(received: &Received) -> Content {
    let mail = Mail::read(&received.bytes);
    Content { summary: summarise(received, &mail), text: mail.text, html: mail.html, attachments: mail.attachments }
}

/// Whether the message answers a search: every word occurs in addresses, subject or Message-ID, whatever the case.
pub(super) fn matches(summary: &Summary, query: &str) -> bool {
    let id = summary.message_id.as_deref().unwrap_or_default();
    let text = [&summary.from, &summary.to, &summary.subject, id, &summary.sender, &summary.recipients.join(" ")].join(" ").to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// A point in time as a person reads it.
pub(super) fn shown_time(ms: i64, zone: Tz) -> String {
    let time = DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default();
    time.with_timezone(&zone).format("%d.%m.%Y %H:%M").to_string()
}

/// Bytes as a person reads them.
pub(super) fn shown_size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
