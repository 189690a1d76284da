//! A mail's bytes, decoded: its head, its texts, what is attached.

use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};
use serde::Serialize;

/// The source is shown up to here; the whole of it is a download.
const SOURCE_BYTES_SHOWN: usize = 200_000;

/// What a mail says.
#[derive(Debug, Default)]
pub(in crate::web) struct Mail {
    pub(in crate::web) from: Vec<String>,
    /// To and CC, as the head names them.
    pub(in crate::web) to: Vec<String>,
    pub(in crate::web) subject: String,
    pub(in crate::web) text: Option<String>,
    pub(in crate::web) html: Option<String>,
    pub(in crate::web) attachments: Vec<AttachedFile>,
}

#[derive(Debug, Serialize)]
pub(in crate::web) struct AttachedFile {
    pub(in crate::web) index: u32,
    pub(in crate::web) name: String,
    pub(in crate::web) content_type: String,
    pub(in crate::web) bytes: usize,
}

impl Mail {
    /// Of these bytes; what can't be read is missing.
    pub(in crate::web) fn read(bytes: &[u8]) -> Self {
        MessageParser::default().parse(bytes).map_or_else(Self::default, |message| Self {
            text: text(&message),
            html: html(&message),
            attachments: attached_files(&message),
            ..Self::head_of(&message)
        })
    }

    /// Its head alone.
    pub(in crate::web) fn read_head(bytes: &[u8]) -> Self {
        MessageParser::default().parse_headers(bytes).map_or_else(Self::default, |message| Self::head_of(&message))
    }

    fn head_of(message: &Message<'_>) -> Self {
        let to = [names(message.to()), names(message.cc())].concat();
        let subject = message.subject().unwrap_or_default().to_owned();
        Self { from: names(message.from()), to, subject, ..Self::default() }
    }
}

fn text(message: &Message<'_>) -> Option<String> {
    match &message.text_part(0)?.body {
        PartType::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}

fn html(message: &Message<'_>) -> Option<String> {
    message.html_bodies().find_map(|part| match &part.body {
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
pub(in crate::web) fn attachment(bytes: &[u8], index: u32) -> Option<(String, Vec<u8>)> {
    let message = MessageParser::default().parse(bytes)?;
    let part = message.attachment(index)?;
    Some((part.attachment_name().map_or_else(|| format!("{}", index + 1), str::to_owned), part.contents().to_vec()))
}

/// The source as text, and whether it was cut.
pub(in crate::web) fn source(bytes: &[u8]) -> (String, bool) {
    let shown = &bytes[..bytes.len().min(SOURCE_BYTES_SHOWN)];
    (String::from_utf8_lossy(shown).into_owned(), shown.len() < bytes.len())
}

fn names(list: Option<&Address<'_>>) -> Vec<String> {
    let show = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    list.map(|list| list.iter().map(show).filter(|shown| !shown.is_empty()).collect()).unwrap_or_default()
}
