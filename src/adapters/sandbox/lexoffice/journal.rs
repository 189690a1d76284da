//! Which requests the API saw, and how it answered. Keys and bodies are not kept.

use super::asked::Asked;
use super::time::stamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// How many requests are kept one by one; all are counted.
const KEPT: usize = 20_000;

#[derive(Clone, Debug, Serialize)]
struct Entry {
    at: String,
    method: String,
    path: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query: BTreeMap<String, String>,
    /// Without one the connection was broken.
    status: Option<u16>,
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: VecDeque<Entry>,
    counts: BTreeMap<(String, String, Option<u16>), u64>,
    total: u64,
}

impl Journal {
    pub(super) fn note(&mut self, asked: &Asked, status: Option<u16>, now: i64) {
        let entry = Entry {
            at: stamp(now),
            method: asked.method.to_string(),
            path: asked.path.clone(),
            query: asked.query.iter().cloned().collect(),
            status,
        };
        let resource = asked.segments.first().cloned().unwrap_or_default();
        *self.counts.entry((entry.method.clone(), resource, status)).or_default() += 1;
        self.total += 1;
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn json(&self) -> Value {
        let counts = self
            .counts
            .iter()
            .map(|((method, resource, status), count)| json!({"method": method, "resource": resource, "status": status, "count": count}));
        json!({"total": self.total, "counts": counts.collect::<Vec<_>>(), "requests": self.entries})
    }
}
