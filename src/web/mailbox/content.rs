//! A received message as the pages and the interface show it: decoded, never trusted.

use crate::adapters::sandbox::smtp::Received;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};
use serde::Serialize;

/// The source is shown up to here; the whole of it is a download.
const SOURCE_BYTES_SHOWN: usize = 200_000;

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

#[derive(Debug, Serialize)]
pub(super) struct AttachedFile {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) bytes: usize,
}

pub(super) fn summary(received: &Received) -> Summary {
    let parsed = MessageParser::default().parse_headers(&received.bytes);
    summarise(received, parsed.as_ref())
}

fn summarise(received: &Received, parsed: Option<&Message<'_>>) -> Summary {
    let to = parsed.map(|message| [names(message.to()), names(message.cc())].concat()).filter(|to| !to.is_empty());
    let from = parsed.map(|message| names(message.from())).filter(|from| !from.is_empty());
    Summary {
        number: received.number,
        received_ms: received.received_ms,
        from: from.map_or_else(|| received.sender.clone(), |from| from.join(", ")),
        to: to.unwrap_or_else(|| received.recipients.clone()).join(", "),
        subject: parsed.and_then(Message::subject).unwrap_or_default().to_owned(),
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
    let parsed = MessageParser::default().parse(&received.bytes);
    let parsed = parsed.as_ref();
    Content {
        summary: summarise(received, parsed),
        text: parsed.and_then(|message| message.text_part(0)).and_then(|part| match &part.body {
            PartType::Text(text) => Some(text.clone().into_owned()),
            _ => None,
        }),
        html: html(parsed),
        attachments: parsed.map(attached_files).unwrap_or_default(),
    }
}

/// The HTML part alone.
pub(super) fn html_of(received: &Received) -> Option<String> {
    html(MessageParser::default().parse(&received.bytes).as_ref())
}

fn html(parsed: Option<&Message<'_>>) -> Option<String> {
    parsed?.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.clone().into_owned()),
        _ => None,
    })
}

fn attached_files(message: &Message<'_>) -> Vec<AttachedFile> {
    (0u32..)
        .zip(message.attachments())
        .map(|(index, part)| AttachedFile {
            index,
            name: part.attachment_name().map_or_else(|| format!("{}", index + 1), str::to_owned),
            content_type: part.content_type().map_or_else(
                || "application/octet-stream".to_owned(),
                |kind| kind.subtype().map_or_else(|| kind.ctype().to_owned(), |subtype| format!("{}/{subtype}", kind.ctype())),
            ),
            bytes: part.contents().len(),
        })
        .collect()
}

/// An attachment's name and bytes.
pub(super) fn attachment(received: &Received, index: u32) -> Option<(String, Vec<u8>)> {
    let message = MessageParser::default().parse(&received.bytes)?;
    let part = message.attachment(index)?;
    Some((part.attachment_name().map_or_else(|| format!("{}", index + 1), str::to_owned), part.contents().to_vec()))
}

/// The source as text, and whether it was cut.
pub(super) fn source(received: &Received) -> (String, bool) {
    let shown = &received.bytes[..received.bytes.len().min(SOURCE_BYTES_SHOWN)];
    (String::from_utf8_lossy(shown).into_owned(), shown.len() < received.bytes.len())
}

/// Whether the message answers a search: every word occurs in addresses, subject or Message-ID, whatever the case.
pub(super) fn matches(summary: &Summary, query: &str) -> bool {
    let id = summary.message_id.as_deref().unwrap_or_default();
    let text = [&summary.from, &summary.to, &summary.subject, id, &summary.sender, &summary.recipients.join(" ")].join(" ").to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn names(list: Option<&Address<'_>>) -> Vec<String> {
    let show = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    list.map(|list| list.iter().map(show).filter(|shown| !shown.is_empty()).collect()).unwrap_or_default()
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
