//! One page of a list. A row that can't be read hides neither those beside it nor itself.

use super::super::client::LexofficeClient;
use super::super::decode::decode;
use super::super::error::{ApiError, Fault};
use super::super::request::Request;
use super::super::values::{ResourceId, or_default};
use super::super::words::{VoucherStatus, VoucherType};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A page of a list, with the rows that could be read and those that could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub refused: Vec<RefusedRow>,
    /// Whether no page follows.
    pub last: bool,
    pub total_pages: Option<u64>,
    /// Ends at 10,000, however many there are.
    pub total_elements: Option<u64>,
}

/// A row that could not be read: where and why, and what of its name and standing is legible all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// `content[3].openAmount`.
    pub path: String,
    pub reason: String,
    pub legible: Legible,
}

/// What could be read of a row. Contacts have an id alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Legible {
    #[serde(deserialize_with = "if_legible")]
    pub id: Option<ResourceId>,
    #[serde(deserialize_with = "if_legible")]
    pub voucher_type: Option<VoucherType>,
    #[serde(deserialize_with = "if_legible")]
    pub voucher_status: Option<VoucherStatus>,
    #[serde(deserialize_with = "if_legible")]
    pub voucher_number: Option<String>,
    #[serde(deserialize_with = "if_legible")]
    pub contact_id: Option<ResourceId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    content: Vec<Box<RawValue>>,
    last: Option<bool>,
    total_pages: Option<u64>,
    total_elements: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    number: u64,
}

fn if_legible<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_str(Box::<RawValue>::deserialize(deserializer)?.get()).ok())
}

impl LexofficeClient {
    /// Asks for one page.
    pub(super) async fn page<T: DeserializeOwned>(&self, request: &Request) -> Result<Page<T>, ApiError> {
        let envelope: Envelope = self.read(request).await?;
        // Without a word on it the list ends with the first page that has nothing.
        let by_count = envelope.total_pages.map_or(envelope.content.is_empty(), |pages| envelope.number + 1 >= pages);
        let last = envelope.last.unwrap_or(by_count);
        let (total_pages, total_elements) = (envelope.total_pages, envelope.total_elements);
        let mut page = Page { rows: Vec::with_capacity(envelope.content.len()), refused: Vec::new(), last, total_pages, total_elements };
        for (index, raw) in envelope.content.iter().enumerate() {
            match decode(raw.get().as_bytes(), self.key()) {
                Ok(row) => page.rows.push(row),
                Err(fault) => page.refused.push(refused(index, raw, fault)),
            }
        }
        Ok(page)
    }
}

fn refused(index: usize, raw: &RawValue, fault: Fault) -> RefusedRow {
    let (inner, reason) = match fault {
        Fault::Malformed { path, reason } => (path, reason),
        other => (String::new(), other.to_string()),
    };
    let dot = if inner.is_empty() { "" } else { "." };
    RefusedRow { path: format!("content[{index}]{dot}{inner}"), reason, legible: serde_json::from_str(raw.get()).unwrap_or_default() }
}

/// Search texts are HTML before they are part of a URL.
pub(super) fn searched(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
