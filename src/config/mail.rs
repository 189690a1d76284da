//! `[mail]`: who mails come from and who gets copies.

use crate::domain::address::{AddressKind, is_plain};
use crate::domain::toml_reader::{Table, alternatives, value};
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
    /// What the attachments of one mail may come to, in mebibytes.
    pub attachments_mb: u32,
    /// Which of a customer's addresses is taken: the first usable one of the first kind that has one.
    pub address_rule: Vec<AddressKind>,
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
            attachments_mb: 15,
            address_rule: AddressKind::ALL.to_vec(),
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
            attachments_mb: table.value("attachments_mb", value::whole(1..=100)).unwrap_or(default.attachments_mb),
            address_rule: table.value("address_rule", read_rule).unwrap_or(default.address_rule),
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

/// Kinds of addresses in order, each once. An empty list would mean that nobody is ever written to.
fn read_rule(value: &DeValue<'_>) -> Result<Vec<AddressKind>, String> {
    let words = AddressKind::ALL.map(AddressKind::word);
    let mut rule = Vec::new();
    for word in value::texts(value)? {
        let kind = AddressKind::parse(&word).map_err(|why| format!("{why}: write some of {}", alternatives(&words)))?;
        if rule.contains(&kind) {
            return Err(format!("`{word}` stands in it twice"));
        }
        rule.push(kind);
    }
    if rule.is_empty() { Err(format!("must name at least one of {}", alternatives(&words))) } else { Ok(rule) }
}

fn check_address(address: String) -> Result<String, String> {
    if is_plain(&address) {
        return Ok(address);
    }
    Err(format!("`{address}` is no mail address: write it alone, such as \"billing@example.com\""))
}
