//! Why a mail can't be composed or a mailer can't be set up. Each says which field and what to write instead.

use crate::adapters::tls::TlsError;

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("{field}: \"{value}\" is no e-mail address ({reason}); write one address such as name@example.com")]
    Address { field: String, value: String, reason: String },
    #[error("{field}: contains a control character at byte {position}; it stands in the head of the mail, so write it without")]
    ControlCharacter { field: String, position: usize },
    #[error("message_id: \"{value}\" is no message id; write it as unique-part@domain, ASCII, at most 250 bytes, without angle brackets")]
    MessageId { value: String },
    #[error("date_ms: {value} is outside the years 1970 to 9999")]
    Date { value: i64 },
    #[error("language: \"{value}\" is no language tag; write for instance de or en-GB")]
    Language { value: String },
    #[error("{field}: \"{value}\" is no content type for an attachment; write for instance application/pdf")]
    ContentType { field: String, value: String },
    #[error("plain and html are both empty: a mail needs a text")]
    Empty,
    #[error("the message can't be built: {0}")]
    Build(#[from] lettre::error::Error),
    #[error("host: \"{value}\" is no server name or address")]
    Host { value: String },
    #[error("{field}: {reason}")]
    Setting { field: &'static str, reason: String },
    #[error(transparent)]
    Tls(#[from] TlsError),
}
