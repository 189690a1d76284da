//! `[mail]`: who mails come from and who gets copies.

use crate::domain::toml_reader::{Table, value};
use serde::Serialize;
use std::path::PathBuf;
use toml::de::DeValue;

/// `[mail]`: the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// Mails become files here while no SMTP server is configured.
    pub folder: PathBuf,
    pub from: String,
    pub from_name: String,
    pub reply_to: String,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    /// At most one mail in so many seconds, across all processes; 0: no throttle.
    pub every_seconds: u32,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("data/outbox"),
            from: String::new(),
            from_name: String::new(),
            reply_to: String::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            every_seconds: 0,
        }
    }
}

impl Mail {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        let mail = Self {
            folder: table.value("folder", super::folders::read_folder).unwrap_or(default.folder),
            from: table.value("from", read_address).unwrap_or_default(),
            from_name: table.value("from_name", read_line).unwrap_or_default(),
            reply_to: table.value("reply_to", read_address).unwrap_or_default(),
            cc: table.value("cc", read_addresses).unwrap_or_default(),
            bcc: table.value("bcc", read_addresses).unwrap_or_default(),
            every_seconds: table.value("every_seconds", value::whole(0..=86_400)).unwrap_or(default.every_seconds),
        };
        table.finish();
        mail
    }
}

/// A text of one line: anything else could add headers to a mail.
pub(super) fn read_line(value: &DeValue<'_>) -> Result<String, String> {
    let line = value::text(value)?;
    if line.contains(char::is_control) { Err("must be one line of text".to_owned()) } else { Ok(line) }
}

/// A plain address, or nothing. Whether it exists only a mail to it can tell.
pub(super) fn read_address(value: &DeValue<'_>) -> Result<String, String> {
    let address = read_line(value)?;
    if address.is_empty() { Ok(address) } else { check_address(address) }
}

fn read_addresses(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    value::texts(value)?.into_iter().map(check_address).collect()
}

fn check_address(address: String) -> Result<String, String> {
    let strange = |letter: char| letter.is_whitespace() || letter.is_control() || "<>,;:\"()[]\\".contains(letter);
    let fits = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    if fits && !address.contains(strange) {
        return Ok(address);
    }
    Err(format!("`{address}` is no mail address: write it alone, such as \"billing@example.com\""))
}
