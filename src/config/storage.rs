//! `[ledger]` and `[queue]`: where the truth is kept, and what wakes workers.

use super::ServiceUrl;
use crate::domain::toml_reader::{Table, value};
use serde::Serialize;
use std::path::PathBuf;
use toml::de::DeValue;

/// `[ledger]`: the database that holds everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ledger {
    /// `sqlite:FILE` for one machine, `postgres://…` for several.
    pub url: ServiceUrl,
    /// For reading; writing has one of its own.
    pub connections: u32,
    /// How long a statement waits for a connection or a lock.
    pub timeout_seconds: u32,
    /// Where it is kept how far the ledger was; empty: beside an embedded one, else `data/ledger.mark`.
    pub mark_file: PathBuf,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { url: ServiceUrl::new("sqlite:data/ledger.db"), connections: 8, timeout_seconds: 30, mark_file: PathBuf::new() }
    }
}

impl Ledger {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        let ledger = Self {
            url: table.value("url", |value| read_url(value, &["sqlite:", "postgres://", "postgresql://"])).unwrap_or(default.url),
            connections: table.value("connections", value::whole(1..=1000)).unwrap_or(default.connections),
            timeout_seconds: table.value("timeout_seconds", value::whole(1..=3600)).unwrap_or(default.timeout_seconds),
            mark_file: table.value("mark_file", value::text).map_or(default.mark_file, PathBuf::from),
        };
        table.finish();
        ledger
    }
}

/// `[queue]`: the bell. Nothing is lost with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Queue {
    /// `sqlite:FILE` for one machine, `redis://…` for several.
    pub url: ServiceUrl,
    /// The queues' names start with it, so that installations can share a server.
    pub namespace: String,
    /// Steps that one message points at, at most.
    pub chunk: u32,
    /// How often an idle worker looks, though nobody rang.
    pub poll_ms: u32,
    /// How often a worker says that it lives. Whole seconds: the queue's own clock has no finer ones.
    pub heartbeat_seconds: u32,
    /// After so many of them without a sign a worker's messages go to others.
    pub missed_heartbeats: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            url: ServiceUrl::new("sqlite:data/queue.db"),
            namespace: "mahnwerk".to_owned(),
            chunk: 256,
            poll_ms: 500,
            heartbeat_seconds: 5,
            missed_heartbeats: 3,
        }
    }
}

impl Queue {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        let queue = Self {
            url: table.value("url", |value| read_url(value, &["sqlite:", "redis://"])).unwrap_or(default.url),
            namespace: table.value("namespace", value::name).unwrap_or(default.namespace),
            chunk: table.value("chunk", value::whole(1..=1000)).unwrap_or(default.chunk),
            poll_ms: table.value("poll_ms", value::whole(10..=60_000)).unwrap_or(default.poll_ms),
            heartbeat_seconds: table.value("heartbeat_seconds", value::whole(1..=300)).unwrap_or(default.heartbeat_seconds),
            missed_heartbeats: table.value("missed_heartbeats", value::whole(2..=100)).unwrap_or(default.missed_heartbeats),
        };
        table.finish();
        queue
    }
}

/// A URL that starts with one of `starts`. The message never repeats it, because it may hold a password.
fn read_url(value: &DeValue<'_>, starts: &[&str]) -> Result<ServiceUrl, String> {
    let url = value::text(value)?;
    let rest = starts.iter().find_map(|start| url.strip_prefix(start));
    if rest.is_some_and(|rest| !rest.trim_matches('/').is_empty()) && !url.contains(char::is_whitespace) {
        return Ok(ServiceUrl::new(url));
    }
    let network = if starts.contains(&"redis://") { "redis://127.0.0.1:6379/0" } else { "postgres://user:password@127.0.0.1/mahnwerk" };
    Err(format!("must be \"sqlite:\" and a file, such as \"sqlite:data/mahnwerk.db\", or a URL such as \"{network}\""))
}

/// The queue's file may be deleted at any time; the ledger's must never be.
pub(super) fn are_two_places(root: &Table<'_>, ledger: &Ledger, queue: &Queue) {
    if ledger.url == queue.url {
        root.table("queue").error("url", "must not be the ledger's file: write another one, such as \"sqlite:data/queue.db\"".to_owned());
    }
}
