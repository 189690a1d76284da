//! Values that stand above a file: each names a key's path and where it comes from.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Values by path. A path is compared in lower case with `-` as `_`, because environment variables can't say more.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    values: BTreeMap<String, Override>,
    used: RefCell<BTreeSet<String>>,
    asked: RefCell<BTreeSet<String>>,
}

#[derive(Clone)]
pub(super) struct Override {
    /// Who says so: the variable's name, which problems are reported with.
    pub(super) origin: String,
    pub(super) text: String,
}

/// Without the text: it may be a secret.
impl std::fmt::Debug for Override {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Override").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Overrides {
    /// Puts `text` above the key at `path` (dotted: `smtp.port`).
    pub fn insert(&mut self, path: &str, origin: String, text: String) {
        self.values.insert(normal(path), Override { origin, text });
    }

    /// The value above `path`, which from now on counts as used, and `path` as a key that exists.
    pub(super) fn take(&self, path: &str) -> Option<&Override> {
        let path = normal(path);
        self.asked.borrow_mut().insert(path.clone());
        let found = self.values.get(&path);
        if found.is_some() {
            self.used.borrow_mut().insert(path);
        }
        found
    }

    /// Whether anything stands above `path` or one of the keys below it.
    pub(super) fn touches(&self, path: &str) -> bool {
        let path = normal(path);
        let below = format!("{path}.");
        self.values.keys().any(|key| *key == path || key.starts_with(&below))
    }

    /// Origins whose path is no key, with the nearest path that is one.
    pub(super) fn unused(&self) -> Vec<(String, Option<String>)> {
        let (used, asked) = (self.used.borrow(), self.asked.borrow());
        self.values
            .iter()
            .filter(|(path, _)| !used.contains(*path))
            .map(|(path, value)| {
                let near = super::nearest(path, asked.iter().map(String::as_str));
                (value.origin.clone(), near.map(str::to_owned))
            })
            .collect()
    }
}

fn normal(path: &str) -> String {
    path.to_lowercase().replace('-', "_")
}
