//! `[server]` and `[log]`: the page's address, and what is told while running.

use crate::domain::toml_reader::{Table, value};
use serde::Serialize;
use std::net::SocketAddr;

/// `[server]`: web page and HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Server {
    pub listen: SocketAddr,
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8750)) }
    }
}

impl Server {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let listen = table.value("listen", |value| {
            let text = value::text(value)?;
            text.parse::<SocketAddr>().map_err(|_| {
                format!("`{text}` is no address: write one with its port, such as \"127.0.0.1:8750\", or \"0.0.0.0:8750\" for all networks")
            })
        });
        table.finish();
        listen.map_or_else(Self::default, |listen| Self { listen })
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
