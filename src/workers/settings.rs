//! What the queues are told, checked before anything is connected.

use crate::domain::pool::Pool;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where the queues are and how they are kept alive.
#[derive(Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// `redis://host:port/db`, `sqlite:path/of/file` or `memory`.
    pub url: String,
    /// Prefix of the queue names, so that tests and installations on one server do not meet.
    pub namespace: String,
    /// Part of every worker's name; must differ for every start of every process, because the queue refuses the name of a
    /// worker that it believes alive. Host name and a random or counted part will do.
    pub tag: String,
    /// How often an idle worker looks, though nobody in this process rang.
    pub poll: Duration,
    /// How often a worker says that it lives. Whole seconds: the queue's own clock has no finer ones.
    pub heartbeat: Duration,
    /// After so many heartbeats without a sign a worker's messages go to others.
    pub missed_heartbeats: u32,
}

impl fmt::Debug for QueueSettings {
    /// Leaves out user and password of the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSettings")
            .field("url", &redacted(&self.url))
            .field("namespace", &self.namespace)
            .field("tag", &self.tag)
            .field("poll", &self.poll)
            .field("heartbeat", &self.heartbeat)
            .field("missed_heartbeats", &self.missed_heartbeats)
            .finish()
    }
}

/// The URL without what stands before an `@`.
fn redacted(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        _ => url.to_owned(),
    }
}

/// How many chunks of each pool this process works on at once. 0: this process does not run that pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolSizes {
    pub print: usize,
    pub send: usize,
    pub post: usize,
}

impl PoolSizes {
    #[must_use]
    pub fn of(&self, pool: Pool) -> usize {
        match pool {
            Pool::Print => self.print,
            Pool::Send => self.send,
            Pool::Post => self.post,
        }
    }
}

/// Why the queues can't be used.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("[queue] {field} = \"{given}\": {wanted}")]
    Setting { field: &'static str, given: String, wanted: &'static str },
    #[error("redis at {address}: {reason}")]
    Redis { address: String, reason: String },
    #[error("queue file {}: {reason}; it holds nothing that the ledger does not know: it may be deleted while mahnwerk is stopped", path.display())]
    Sqlite { path: PathBuf, reason: String },
}

/// Which kind of queue the URL names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Redis(String),
    Sqlite(PathBuf),
    Memory,
}

impl QueueSettings {
    /// The queue's name for one pool: the same in every process of one installation.
    pub(super) fn queue(&self, pool: Pool) -> String {
        format!("{}:{}", self.namespace, pool.as_str())
    }

    /// Reads the URL and refuses settings that would lose or double messages.
    pub(super) fn place(&self) -> Result<Place, QueueError> {
        let refuse = |field, given: String, wanted| Err(QueueError::Setting { field, given, wanted });
        let plain =
            |text: &str| !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !plain(&self.namespace) {
            return refuse("namespace", self.namespace.clone(), "write 1 to 64 of the characters a-z A-Z 0-9 - _ .");
        }
        if !plain(&self.tag) {
            return refuse("tag", self.tag.clone(), "write 1 to 64 of the characters a-z A-Z 0-9 - _ .");
        }
        if self.poll.is_zero() || self.poll > self.heartbeat {
            return refuse("poll", format!("{:?}", self.poll), "write more than nothing and at most the heartbeat");
        }
        if self.heartbeat.as_secs() == 0 || self.heartbeat.subsec_nanos() != 0 {
            return refuse("heartbeat", format!("{:?}", self.heartbeat), "write whole seconds, at least 1");
        }
        if self.missed_heartbeats < 2 {
            return refuse("missed_heartbeats", self.missed_heartbeats.to_string(), "write at least 2, or a slow worker counts as dead");
        }
        match self.url.as_str() {
            "memory" => Ok(Place::Memory),
            url if url.starts_with("redis://") => Ok(Place::Redis(url.to_owned())),
            url => match url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
                Some(path) if !path.is_empty() && !path.starts_with(':') => Ok(Place::Sqlite(PathBuf::from(path))),
                _ => refuse("url", redacted(url), "write redis://host:port, sqlite:path/of/file or memory"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> QueueSettings {
        QueueSettings {
            url: url.to_owned(),
            namespace: "mahnwerk".to_owned(),
            tag: "t".to_owned(),
            poll: Duration::from_millis(500),
            heartbeat: Duration::from_secs(5),
            missed_heartbeats: 6,
        }
    }

    #[test]
    fn the_url_names_the_kind_of_queue() {
        assert_eq!(settings("memory").place().unwrap(), Place::Memory);
        assert_eq!(settings("sqlite:a/queue.db").place().unwrap(), Place::Sqlite("a/queue.db".into()));
        assert_eq!(settings("sqlite:///var/queue.db").place().unwrap(), Place::Sqlite("/var/queue.db".into()));
        assert_eq!(settings("redis://h:1/2").place().unwrap(), Place::Redis("redis://h:1/2".to_owned()));
    }

    #[test]
    fn what_can_not_work_is_refused_by_name() {
        for url in ["", "sqlite:", "sqlite::memory:", "postgres://x", "Memory"] {
            assert!(settings(url).place().unwrap_err().to_string().contains("[queue] url"), "{url}");
        }
        let half = QueueSettings { heartbeat: Duration::from_millis(1500), ..settings("memory") };
        assert!(half.place().unwrap_err().to_string().contains("whole seconds"));
        let lazy = QueueSettings { poll: Duration::from_secs(9), ..settings("memory") };
        assert!(lazy.place().unwrap_err().to_string().contains("[queue] poll"));
        let spaced = QueueSettings { namespace: "a b".to_owned(), ..settings("memory") };
        assert!(spaced.place().unwrap_err().to_string().contains("[queue] namespace"));
        let hasty = QueueSettings { missed_heartbeats: 1, ..settings("memory") };
        assert!(hasty.place().unwrap_err().to_string().contains("at least 2"));
    }

    #[test]
    fn neither_errors_nor_debug_show_a_password() {
        let secret = settings("redis://user:geheim@host:6379");
        assert!(!format!("{secret:?}").contains("geheim"));
        assert!(!settings("http://user:geheim@host").place().unwrap_err().to_string().contains("geheim"));
    }
}
