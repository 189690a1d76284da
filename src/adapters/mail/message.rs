//! Makes a `Mail` into the bytes that are stored as evidence and handed to the server.
//!
//! The same `Mail` always gives the same bytes: no clock, no randomness; boundaries come from a hash of id and text.
//! Whatever stands in the head is checked or put on one line here, so no value can add a header of its own.

use super::address::{address, mailbox, one_line};
use super::error::MailError;
use super::quoted::quoted_printable;
use crate::domain::chain::hex;
use crate::engine::ports::{Attachment, Envelope, Mail};
use base64::Engine as _;
use lettre::Message;
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

/// The first millisecond of the year 10000: from there on a date has no RFC 5322 form.
const DATE_MS_END: i64 = 253_402_300_800_000;
/// Longer words are encoded even when they are ASCII, because a line can only be folded between words.
const WORD_BYTES_MAX: usize = 70;
/// What one encoded word may carry: 45 bytes are 60 in base64, and with `=?utf-8?b?…?=` stay under RFC 2047's 75.
const ENCODED_WORD_BYTES: usize = 45;

/// Composes the message: text and HTML as alternatives, attachments beside them, BCC only in the envelope.
///
/// The envelope's first recipient is `to`; an address that occurs several times is kept once.
///
/// # Errors
/// A [`MailError`] that names the field. Names and the subject never fail: control characters become spaces.
pub fn compose(mail: &Mail) -> Result<(Envelope, Vec<u8>), MailError> {
    let from = mailbox("from", &mail.from_name, &mail.from)?;
    let to = mailbox("to", &mail.to_name, &mail.to)?;
    let cc = plain_mailboxes("cc", &mail.cc)?;
    let bcc = plain_mailboxes("bcc", &mail.bcc)?;

    let mut seen = BTreeSet::new();
    let recipients = std::iter::once(&to)
        .chain(&cc)
        .chain(&bcc)
        .map(|mailbox| mailbox.email.to_string())
        .filter(|recipient| seen.insert(recipient.clone()))
        .collect();
    let envelope = Envelope { from: from.email.to_string(), recipients };

    // Ours, which lettre would read out of the head again; what it says is asked of nobody.
    let own = lettre::address::Envelope::new(Some(from.email.clone()), vec![to.email.clone()])?;
    let builder = head(mail, from, to, &cc)?.envelope(own);
    let text = text(mail)?;
    let message = if mail.attachments.is_empty() {
        match text {
            Text::One(part) => builder.singlepart(part)?,
            Text::Both(parts) => builder.multipart(parts)?,
        }
    } else {
        let mixed = MultiPart::mixed().boundary(boundary(mail, "mixed"));
        let mut parts = match text {
            Text::One(part) => mixed.singlepart(part),
            Text::Both(alternative) => mixed.multipart(alternative),
        };
        for (index, attachment) in mail.attachments.iter().enumerate() {
            parts = parts.singlepart(attachment_part(index, attachment)?);
        }
        builder.multipart(parts)?
    };
    Ok((envelope, message.formatted()))
}

fn plain_mailboxes(field: &str, addresses: &[String]) -> Result<Vec<Mailbox>, MailError> {
    addresses.iter().enumerate().map(|(index, value)| Ok(address(&format!("{field}[{index}]"), value)?.into())).collect()
}

fn head(mail: &Mail, from: Mailbox, to: Mailbox, cc: &[Mailbox]) -> Result<MessageBuilder, MailError> {
    let date_ms = u64::try_from(mail.date_ms).ok().filter(|_| mail.date_ms < DATE_MS_END).ok_or(MailError::Date { value: mail.date_ms })?;
    let mut builder = Message::builder()
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(date_ms))
        .from(from)
        .to(to)
        .message_id(Some(format!("<{}>", message_id(&mail.message_id)?)));
    if !cc.is_empty() {
        // lettre puts a list of addresses on one line, however long.
        let list = cc.iter().map(|mailbox| mailbox.email.as_ref()).collect::<Vec<&str>>();
        let name = HeaderName::new_from_ascii_str("Cc");
        builder = builder.raw_header(HeaderValue::dangerous_new_pre_encoded(name, list.join(", "), list.join(",\r\n ")));
    }
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(address("reply_to", reply_to)?.into());
    }
    let language = language(&mail.language)?;
    Ok(builder
        .raw_header(subject(&mail.subject))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Content-Language"), language.to_owned()))
        // RFC 3834: out-of-office answers keep away from mail that no person wrote.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())))
}

/// `unique@domain`, as RFC 5322 allows it and every system compares it: printable ASCII without brackets.
fn message_id(value: &str) -> Result<&str, MailError> {
    let fits = value.len() <= 250 && value.bytes().all(|b| b.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&b));
    match value.split_once('@') {
        Some((left, right)) if fits && !left.is_empty() && !right.is_empty() && !right.contains('@') => Ok(value),
        _ => Err(MailError::MessageId { value: value.escape_debug().take(250).collect() }),
    }
}

fn language(value: &str) -> Result<&str, MailError> {
    let is_tag = (2..=35).contains(&value.len()) && value.split('-').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    if is_tag { Ok(value) } else { Err(MailError::Language { value: value.escape_debug().take(60).collect() }) }
}

/// The subject on one line. What looks like an encoded word is itself encoded: it is data, not our encoding; so are
/// words too long to fold.
fn subject(value: &str) -> HeaderValue {
    let value = one_line(value);
    let name = HeaderName::new_from_ascii_str("Subject");
    if !value.contains("=?") && value.split(' ').all(|word| word.len() <= WORD_BYTES_MAX) {
        return HeaderValue::new(name, value);
    }
    let encoded = encoded_words(&value);
    HeaderValue::dangerous_new_pre_encoded(name, value, encoded)
}

/// RFC 2047 in base64, one encoded word a line, never splitting a character.
fn encoded_words(value: &str) -> String {
    let mut words = vec![String::new()];
    for c in value.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > ENCODED_WORD_BYTES) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let encode = |word: &String| format!("=?utf-8?b?{}?=", base64::engine::general_purpose::STANDARD.encode(word));
    words.iter().map(encode).collect::<Vec<_>>().join("\r\n ")
}

enum Text {
    One(SinglePart),
    Both(MultiPart),
}

fn text(mail: &Mail) -> Result<Text, MailError> {
    let plain = || text_part(ContentType::TEXT_PLAIN, &mail.plain);
    let html = || text_part(ContentType::TEXT_HTML, &mail.html);
    match (mail.plain.is_empty(), mail.html.is_empty()) {
        (true, true) => Err(MailError::Empty),
        (false, true) => Ok(Text::One(plain())),
        (true, false) => Ok(Text::One(html())),
        (false, false) => {
            let boundary = boundary(mail, "alternative");
            Ok(Text::Both(MultiPart::alternative().boundary(boundary).singlepart(plain()).singlepart(html())))
        }
    }
}

fn text_part(content_type: ContentType, text: &str) -> SinglePart {
    let body = Body::dangerous_pre_encoded(quoted_printable(text), ContentTransferEncoding::QuotedPrintable);
    SinglePart::builder().header(content_type).body(body)
}

/// Deterministic, and not to be guessed by whoever's words are in the text: they would have to contain a hash of themselves.
fn boundary(mail: &Mail, role: &str) -> String {
    let mut hash = Sha256::new();
    for part in [role, &mail.message_id, &mail.plain, &mail.html] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    format!("mahnwerk-{}", hex(&hash.finalize()[..16]))
}

fn attachment_part(index: usize, attachment: &Attachment) -> Result<SinglePart, MailError> {
    let field = || format!("attachments[{index}].content_type");
    if let Some(position) = attachment.content_type.bytes().position(|b| b.is_ascii_control()) {
        return Err(MailError::ControlCharacter { field: field(), position });
    }
    let refuse = || MailError::ContentType { field: field(), value: attachment.content_type.clone() };
    if !attachment.content_type.is_ascii() || attachment.content_type.starts_with("multipart/") {
        return Err(refuse());
    }
    let content_type = ContentType::parse(&attachment.content_type).map_err(|_| refuse())?;
    // A name is where programs save the file: no path in it, and never empty.
    let name = one_line(&attachment.name).replace(['/', '\\', '"'], "_");
    let name = if name.is_empty() { format!("attachment-{}", index + 1) } else { name };
    Ok(SinglePart::builder()
        .header(content_type)
        .header(ContentDisposition::attachment(&name))
        // Left to itself lettre sends ASCII bytes as they are, and their line ends would change on the way.
        .header(ContentTransferEncoding::Base64)
        .body(attachment.bytes.clone()))
}
