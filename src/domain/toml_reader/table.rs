//! One table being read: each key is asked for once, and what is left over is unknown.

use super::document::{Document, Place};
use super::{Severity, alternatives, nearest};
use std::cell::RefCell;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table, there or not: a table that is absent has no keys.
#[derive(Debug)]
#[must_use = "call `finish` so that unknown keys are reported"]
pub struct Table<'d> {
    document: &'d Document<'d>,
    path: String,
    entries: Option<&'d DeTable<'d>>,
    place: Place,
    asked: RefCell<Vec<String>>,
}

impl<'d> Table<'d> {
    pub(super) fn new(document: &'d Document<'d>, path: String, entries: Option<&'d DeTable<'d>>, place: Place) -> Self {
        Self { document, path, entries, place, asked: RefCell::default() }
    }

    /// The value of `key` as `read` understands it; `None` if it is absent or wrong, and then a problem tells.
    pub fn value<T>(&self, key: &str, read: impl Fn(&DeValue<'_>) -> Result<T, String>) -> Option<T> {
        self.ask(key);
        if let Some(above) = self.document.overrides().take(&self.path_of(key)) {
            let read = read_text(&above.text, &read);
            return read.map_err(|message| self.error(key, message)).ok();
        }
        let value = self.entry(key)?;
        read(value.get_ref()).map_err(|message| self.error(key, message)).ok()
    }

    /// The same for a key that must be there; `instead` is what to write: `name = "standard"`.
    pub fn required<T>(&self, key: &str, instead: &str, read: impl Fn(&DeValue<'_>) -> Result<T, String>) -> Option<T> {
        let value = self.value(key, read);
        if value.is_none() && !self.has(key) {
            self.missing(key, &format!("is missing: write {instead}"));
        }
        value
    }

    /// Whether `key` stands in the file or above it.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some() || self.document.overrides().touches(&self.path_of(key))
    }

    /// The names of all keys in the text, for tables whose keys are names. Asking for them is up to the caller.
    #[must_use]
    pub fn keys(&self) -> Vec<&'d str> {
        self.entries.map(|entries| entries.keys().map(|key| key.get_ref().as_ref()).collect()).unwrap_or_default()
    }

    /// The table at `key`; one without keys if there is none.
    pub fn table(&self, key: &str) -> Table<'d> {
        self.ask(key);
        let entry = self.entry(key);
        let entries = entry.and_then(|value| value.get_ref().as_table());
        if entry.is_some() && entries.is_none() {
            self.error(key, format!("must be a table: write [{}] and its keys below it", self.path_of(key)));
        }
        let place = entry.map_or_else(|| self.place.clone(), |value| Place::Text(value.span()));
        Table::new(self.document, self.path_of(key), entries, place)
    }

    /// The tables of the list at `key`, counted from 1; none if it is absent, `None` if it is something else.
    pub fn tables(&self, key: &str) -> Option<Vec<Table<'d>>> {
        self.ask(key);
        let Some(value) = self.entry(key) else { return Some(Vec::new()) };
        let instead = format!("must be a list of tables: write [[{}]] above the keys of each", self.path_of(key));
        let Some(list) = value.get_ref().as_array() else {
            self.error(key, instead);
            return None;
        };
        let mut tables = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let path = format!("{}[{}]", self.path_of(key), index + 1);
            let place = Place::Text(item.span());
            match item.get_ref().as_table() {
                Some(entries) => tables.push(Table::new(self.document, path, Some(entries), place)),
                None => self.document.report(Severity::Error, place, &path, instead.clone()),
            }
        }
        Some(tables)
    }

    /// Whether the table stands in the file, if only empty.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.entries.is_some()
    }

    /// Refuses every key that nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for key in self.entries.into_iter().flat_map(DeTable::keys) {
            let name = key.get_ref().as_ref();
            if asked.iter().any(|known| known == name) {
                continue;
            }
            let instead = match nearest(name, asked.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let known: Vec<&str> = asked.iter().map(String::as_str).collect();
                    format!("write one of {}", alternatives(&known))
                }
            };
            self.document.report(Severity::Error, Place::Text(key.span()), &self.path_of(name), format!("is no key here; {instead}"));
        }
    }

    /// Something is wrong with the value of `key`, or with the table if it is absent.
    pub fn error(&self, key: &str, message: String) {
        self.report(Severity::Error, key, message);
    }

    /// Something about the value of `key` is probably not what was meant.
    pub fn warning(&self, key: &str, message: String) {
        self.report(Severity::Warning, key, message);
    }

    /// Something is not there. Silent where parts of the text could not be read: it may stand in those.
    pub fn missing(&self, key: &str, message: &str) {
        if !self.document.is_broken() {
            self.report(Severity::Error, key, message.to_owned());
        }
    }

    /// Where `key` stands in the file, as problems name it: `stages[2].after_days`.
    #[must_use]
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Line and column of the value of `key`, from 1; 0 and 0 if it does not stand in the text. For problems that show later.
    #[must_use]
    pub fn position_of(&self, key: &str) -> (usize, usize) {
        self.entry(key).map_or((0, 0), |value| self.document.position(value.span().start))
    }

    fn report(&self, severity: Severity, key: &str, message: String) {
        let path = self.path_of(key);
        let place = match self.document.overrides().take(&path) {
            Some(above) => Place::Outside(above.origin.clone()),
            None => self.entry(key).map_or_else(|| self.place.clone(), |value| Place::Text(value.span())),
        };
        self.document.report(severity, place, &path, message);
    }

    fn entry(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.entries?.get(key)
    }

    fn ask(&self, key: &str) {
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|known| known == key) {
            asked.push(key.to_owned());
        }
    }
}

/// Reads a text from outside the file: as it stands, as a TOML value, or as a list with commas, whatever `read` wants.
fn read_text<T>(text: &str, read: &impl Fn(&DeValue<'_>) -> Result<T, String>) -> Result<T, String> {
    let as_text = read(&DeValue::String(text.into()));
    if as_text.is_ok() {
        return as_text;
    }
    if let Ok(value) = DeValue::parse(text) {
        let as_value = read(value.get_ref());
        if as_value.is_ok() || !value.get_ref().is_str() {
            return as_value;
        }
    }
    let quoted: Vec<String> = text.split(',').map(|item| toml::Value::String(item.trim().to_owned()).to_string()).collect();
    match DeValue::parse(&format!("[{}]", quoted.join(","))) {
        Ok(list) => read(list.get_ref()).or(as_text),
        Err(_) => as_text,
    }
}
