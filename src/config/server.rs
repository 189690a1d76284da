//! `[server]` and `[log]`: the page's address, and what is told while running.

use super::url::read_web_url;
use crate::domain::toml_reader::{Table, value};
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// `[server]`: web page and HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Server {
    pub listen: SocketAddr,
    /// Where a process that only works tells how it does; nowhere if none.
    #[serde(serialize_with = "or_empty")]
    pub work_listen: Option<SocketAddr>,
    /// Where the board for operations listens; nowhere if none.
    #[serde(serialize_with = "or_empty")]
    pub board_listen: Option<SocketAddr>,
    /// Where this installation is reached from outside, without a slash at its end; empty: nowhere.
    pub public_url: String,
    /// The key that seals secrets in the ledger; made at the first start.
    pub key_file: PathBuf,
    /// Webhooks may lead to this machine, for receivers that run beside this program.
    pub webhooks_to_loopback: bool,
}

/// "Not set" is written as an empty text.
fn or_empty<S: serde::Serializer>(address: &Option<SocketAddr>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&address.map(|address| address.to_string()).unwrap_or_default())
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8750)),
            work_listen: None,
            board_listen: None,
            public_url: String::new(),
            key_file: PathBuf::from("data/mahnwerk.key"),
            webhooks_to_loopback: false,
        }
    }
}

impl Server {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let listen = table.value("listen", |value| address(&value::text(value)?)).unwrap_or(Self::default().listen);
        let elsewhere = |key| {
            let read = table.value(key, |value| {
                let text = value::text(value)?;
                if text.is_empty() { Ok(None) } else { address(&text).map(Some) }
            });
            read.flatten()
        };
        let (work_listen, board_listen) = (elsewhere("work_listen"), elsewhere("board_listen"));
        let public_url = table.value("public_url", |value| {
            let is_empty = value::text(value)?.is_empty();
            if is_empty { Ok(String::new()) } else { read_web_url(value, "https://dunning.example.com") }
        });
        let key_file = table.value("key_file", value::text).filter(|text| !text.is_empty()).map_or(Self::default().key_file, PathBuf::from);
        let webhooks_to_loopback = table.value("webhooks_to_loopback", value::flag).unwrap_or_default();
        table.finish();
        Self { listen, work_listen, board_listen, public_url: public_url.unwrap_or_default(), key_file, webhooks_to_loopback }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse::<SocketAddr>().map_err(|_| {
        format!("`{text}` is no address: write one with its port, such as \"127.0.0.1:8750\", or \"0.0.0.0:8750\" for all networks")
    })
}

/// `[telemetry]`: traces for those who follow a notice through several processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Telemetry {
    /// The collector, as `http://HOST:PORT`; empty: none.
    pub otlp: String,
}

impl Telemetry {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let otlp = table.value("otlp", |value| {
            let text = value::text(value)?;
            let usable =
                text.is_empty() || text.strip_prefix("http://").is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace));
            let wanted = "must be \"http://\" and a collector's host and port, such as \"http://127.0.0.1:4318\"; TLS is not built in: \
                          let a collector on this machine pass traces on";
            if usable { Ok(text) } else { Err(wanted.to_owned()) }
        });
        table.finish();
        Self { otlp: otlp.unwrap_or_default() }
    }
}

/// `[log]`: to standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Log {
    pub level: LogLevel,
    pub format: LogFormat,
}

/// The least important messages that are still written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        LEVELS.iter().find(|(_, level)| *level == self).map_or("info", |(word, _)| word)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    /// One object a line.
    Json,
}

const LEVELS: &[(&str, LogLevel)] = &[
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

impl Log {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let formats = value::one_of(&[("text", LogFormat::Text), ("json", LogFormat::Json)]);
        let log = Self {
            level: table.value("level", value::one_of(LEVELS)).unwrap_or_default(),
            format: table.value("format", formats).unwrap_or_default(),
        };
        table.finish();
        log
    }
}
