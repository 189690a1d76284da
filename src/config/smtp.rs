//! `[smtp]`: the account that mails leave through. Without a host they become files instead.

use super::{ReadSecret, Secret};
use crate::domain::toml_reader::{Table, value};
use serde::Serialize;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use toml::de::DeValue;

/// `[smtp]`: an SMTP account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Smtp {
    /// Empty: not configured.
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// Empty: no login.
    pub user: String,
    pub password: Secret,
    /// Where `password` came from, if from a file.
    pub password_file: PathBuf,
    /// Certificates in PEM form to trust beside the system's own.
    pub ca_file: PathBuf,
    /// What we call ourselves to the server; empty: this machine's name.
    pub helo: String,
    pub connections: u32,
    /// To connect, and for each reply before the message.
    pub timeout_seconds: u32,
    /// For the reply to the message. Cut short, it leaves mails of which nobody knows whether they were sent.
    pub delivery_timeout_seconds: u32,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte, usually port 465.
    Implicit,
    /// Starts plain and must become TLS, usually port 587.
    Starttls,
    /// Not at all: only for servers on this machine or in a network of one's own.
    None,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 465,
            tls: Tls::Implicit,
            user: String::new(),
            password: Secret::default(),
            password_file: PathBuf::new(),
            ca_file: PathBuf::new(),
            helo: String::new(),
            connections: 4,
            timeout_seconds: 60,
            delivery_timeout_seconds: 600,
        }
    }
}

impl Smtp {
    /// Whether mails leave through a server at all.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.host.is_empty()
    }

    pub(super) fn read(table: &Table<'_>, read_secret: ReadSecret<'_>) -> Self {
        let default = Self::default();
        let tls_words = value::one_of(&[("implicit", Tls::Implicit), ("starttls", Tls::Starttls), ("none", Tls::None)]);
        let smtp = Self {
            host: table.value("host", read_host).unwrap_or(default.host),
            port: table.value("port", value::whole(1..=65_535)).unwrap_or(default.port),
            tls: table.value("tls", tls_words).unwrap_or(default.tls),
            user: table.value("user", value::text).unwrap_or_default(),
            password: table.value("password", value::text).map(Secret::new).unwrap_or_default(),
            password_file: table.value("password_file", value::text).map(PathBuf::from).unwrap_or_default(),
            ca_file: table.value("ca_file", value::text).map(PathBuf::from).unwrap_or_default(),
            helo: table.value("helo", read_host).unwrap_or_default(),
            connections: table.value("connections", value::whole(1..=256)).unwrap_or(default.connections),
            timeout_seconds: table.value("timeout_seconds", value::whole(1..=3600)).unwrap_or(default.timeout_seconds),
            delivery_timeout_seconds: table
                .value("delivery_timeout_seconds", value::whole(1..=3600))
                .unwrap_or(default.delivery_timeout_seconds),
        };
        table.finish();
        let smtp = smtp.with_password_from_file(table, read_secret);
        smtp.check_login(table);
        smtp
    }

    fn with_password_from_file(mut self, table: &Table<'_>, read_secret: ReadSecret<'_>) -> Self {
        if self.password_file == Path::new("") {
            return self;
        }
        if !self.password.is_empty() {
            table.error("password_file", "stands beside `password`: keep one of the two".to_owned());
            return self;
        }
        match read_secret(&self.password_file) {
            Ok(secret) => self.password = Secret::new(secret),
            Err(message) => table.error("password_file", message),
        }
        self
    }

    fn check_login(&self, table: &Table<'_>) {
        let has_password = !self.password.is_empty() || self.password_file != Path::new("");
        if has_password && self.user.is_empty() {
            table.error("user", "is missing beside the password: write the name to log in with".to_owned());
        }
        if !self.user.is_empty() && !has_password {
            table.error("password_file", "is missing beside `user`: write the file that holds the password, or `password`".to_owned());
        }
        if has_password && self.tls == Tls::None && !is_this_machine(&self.host) {
            let message = "would send the password readable through the network: write \"implicit\" or \"starttls\"";
            table.error("tls", message.to_owned());
        }
    }

    /// A password from a file is shown as that file, so that what is shown can be read again.
    pub(super) fn show_password_once(&mut self) {
        if self.password_file != Path::new("") {
            self.password = Secret::default();
        }
    }
}

/// A name or address alone. The message does not repeat it: people put logins there.
fn read_host(value: &DeValue<'_>) -> Result<String, String> {
    let host = value::text(value)?;
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let is_address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    if is_name || is_address {
        return Ok(host);
    }
    Err("must be a name alone, such as \"mail.example.com\": without login, port or path".to_owned())
}

pub(super) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
