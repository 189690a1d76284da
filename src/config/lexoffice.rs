//! `[tenants.NAME.lexoffice]`: the accounting system that a tenant's invoices come from.

use super::url::read_web_url;
use super::{ReadSecret, Secret};
use crate::domain::toml_reader::{Table, value};
use chrono::NaiveDate;
use serde::Serialize;
use std::path::{Path, PathBuf};
use toml::de::DeValue;

/// Where the vendor serves its API.
const BASE_URL: &str = "https://api.lexware.io/v1";

/// `[tenants.NAME.lexoffice]`: a lexoffice (Lexware Office) account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lexoffice {
    pub api_key: Secret,
    /// Where `api_key` came from, if from a file.
    pub api_key_file: PathBuf,
    pub base_url: String,
    /// Without it nothing is asked, and what is known grows too old to be dunned on.
    pub sync: bool,
    pub revenue_vouchers: bool,
    /// Claims that are dated before it are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_from: Option<NaiveDate>,
    /// Ids of payment terms, or words in their text.
    pub excluded_terms: Vec<String>,
    pub max_data_age_hours: u32,
    /// A workflow file, or a name such as `standard`.
    pub workflow: String,
    /// Whether lexoffice is asked to call when something changes, where `[server] public_url` says how it reaches us.
    pub webhooks: bool,
    /// The public key that its calls are checked with; the vendor's if none is named.
    pub webhook_key_file: PathBuf,
}

impl Lexoffice {
    pub(super) fn read(table: &Table<'_>, read_secret: ReadSecret<'_>) -> Self {
        let lexoffice = Self {
            api_key: table.value("api_key", value::text).map(Secret::new).unwrap_or_default(),
            api_key_file: table.value("api_key_file", value::text).map(PathBuf::from).unwrap_or_default(),
            base_url: table.value("base_url", |value| read_web_url(value, BASE_URL)).unwrap_or_else(|| BASE_URL.to_owned()),
            sync: table.value("sync", value::flag).unwrap_or(true),
            revenue_vouchers: table.value("revenue_vouchers", value::flag).unwrap_or(false),
            sync_from: table.value("sync_from", read_day).unwrap_or_default(),
            excluded_terms: table.value("excluded_terms", read_terms).unwrap_or_default(),
            max_data_age_hours: table.value("max_data_age_hours", value::whole(1..=168)).unwrap_or(24),
            workflow: table.value("workflow", value::text).unwrap_or_else(|| "standard".to_owned()),
            webhooks: table.value("webhooks", value::flag).unwrap_or(true),
            webhook_key_file: table.value("webhook_key_file", value::text).map(PathBuf::from).unwrap_or_default(),
        };
        table.finish();
        lexoffice.with_key_from_file(table, read_secret)
    }

    fn with_key_from_file(mut self, table: &Table<'_>, read_secret: ReadSecret<'_>) -> Self {
        if self.api_key_file == Path::new("") {
            if self.api_key.is_empty() {
                table.missing("api_key_file", "is missing: write the file that holds the API key, or `api_key`");
            }
            return self;
        }
        if !self.api_key.is_empty() {
            table.error("api_key_file", "stands beside `api_key`: keep one of the two".to_owned());
            return self;
        }
        match read_secret(&self.api_key_file) {
            Ok(secret) => self.api_key = Secret::new(secret),
            Err(message) => table.error("api_key_file", message),
        }
        self
    }

    /// A key from a file is shown as that file, so that what is shown can be read again.
    pub(super) fn show_key_once(&mut self) {
        if self.api_key_file != Path::new("") {
            self.api_key = Secret::default();
        }
    }
}

/// A day; empty: none.
fn read_day(value: &DeValue<'_>) -> Result<Option<NaiveDate>, String> {
    let text = value::text(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| format!("`{text}` is no date: write year, month and day, such as \"2026-01-01\"");
    NaiveDate::parse_from_str(&text, "%Y-%m-%d").map(Some).map_err(wrong)
}

/// An empty text would be found in every term.
fn read_terms(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let terms = value::texts(value)?;
    if terms.iter().any(|term| term.trim().is_empty()) {
        return Err("has an empty entry: write the id of a payment term, or words that stand in it".to_owned());
    }
    Ok(terms)
}
