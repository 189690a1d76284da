//! A request as the sandbox looks at it: read whole, path and query taken apart.

use axum::http::{HeaderMap, Method};
use serde_json::Value;

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    /// As it came, for answers that repeat it.
    pub(super) path: String,
    /// Below `/v1` or `/_control`; without the empty ones that a trailing slash makes.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn new(method: Method, path: &str, query: Option<&str>, headers: HeaderMap, body: Vec<u8>) -> Self {
        let segments = path.split('/').filter(|segment| !segment.is_empty()).skip(1).map(str::to_owned).collect();
        // The URL type decodes: `%2C`, `+` and UTF-8.
        let query = reqwest::Url::parse(&format!("http://sandbox/?{}", query.unwrap_or_default()))
            .map(|url| url.query_pairs().map(|(key, value)| (plain_key(&key), value.into_owned())).collect())
            .unwrap_or_default();
        Self { method, path: path.to_owned(), segments, query, headers, body }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A list: with commas, with spaces behind them, or as a repeated parameter; public clients send all three.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let values = self.query.iter().filter(|(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|word| !word.is_empty()).collect()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type of the body, without its parameters.
    pub(super) fn media_type(&self) -> Option<&str> {
        self.header("content-type").map(|value| value.split(';').next().unwrap_or_default().trim())
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// `voucherType[]` means `voucherType`.
fn plain_key(key: &str) -> String {
    key.split('[').next().unwrap_or_default().to_owned()
}
