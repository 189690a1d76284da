//! Documents and files: an invoice's PDF or XML, a dunning's PDF, the scan of a bookkeeping voucher.

use super::super::client::LexofficeClient;
use super::super::error::ApiError;
use super::super::request::{Answer, Request};
use super::super::values::ResourceId;
use serde::Deserialize;

/// What a document belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    Invoice,
    DownPaymentInvoice,
    CreditNote,
    Dunning,
}

/// What a document is wanted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// What counts: XML for an XRechnung, else a PDF.
    Any,
    /// For an XRechnung only a preview.
    Pdf,
    /// `NotFound` unless it is an XRechnung.
    Xml,
}

/// A file as it was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub bytes: Vec<u8>,
    /// Without parameters: `application/pdf`.
    pub content_type: Option<String>,
    /// As the vendor calls it; may hold anything, so it is no path.
    pub name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rendered {
    document_file_id: ResourceId,
}

impl DocumentKind {
    fn path(self) -> &'static str {
        match self {
            Self::Invoice => "invoices",
            Self::DownPaymentInvoice => "down-payment-invoices",
            Self::CreditNote => "credit-notes",
            Self::Dunning => "dunnings",
        }
    }
}

impl FileFormat {
    fn accept(self) -> &'static str {
        match self {
            Self::Any => "*/*",
            Self::Pdf => "application/pdf",
            Self::Xml => "application/xml",
        }
    }
}

impl LexofficeClient {
    /// The document of a sales voucher or dunning.
    ///
    /// # Errors
    /// An [`ApiError`]; `Conflict` for a draft.
    pub async fn document(&self, kind: DocumentKind, id: &ResourceId, format: FileFormat) -> Result<File, ApiError> {
        let request = Request::get(&[kind.path(), id.as_str(), "file"]).accepting(format.accept());
        self.ask(&request).await.map(File::from)
    }

    /// The id under which [`Self::file`] has the document: the older way, still served.
    ///
    /// # Errors
    /// An [`ApiError`]; a draft is refused with 406.
    pub async fn document_file_id(&self, kind: DocumentKind, id: &ResourceId) -> Result<ResourceId, ApiError> {
        let rendered: Rendered = self.read(&Request::get(&[kind.path(), id.as_str(), "document"])).await?;
        Ok(rendered.document_file_id)
    }

    /// A file by its id, such as those of a bookkeeping voucher.
    ///
    /// # Errors
    /// An [`ApiError`].
    pub async fn file(&self, id: &ResourceId) -> Result<File, ApiError> {
        let request = Request::get(&["files", id.as_str()]).accepting(FileFormat::Any.accept());
        self.ask(&request).await.map(File::from)
    }
}

impl From<Answer> for File {
    fn from(answer: Answer) -> Self {
        let media_type = |value: &str| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Self {
            bytes: answer.body,
            content_type: answer.content_type.as_deref().map(media_type).filter(|name| !name.is_empty()),
            name: answer.content_disposition.as_deref().and_then(file_name),
        }
    }
}

/// `inline; filename=Rechnung_RE0009.pdf;`
fn file_name(disposition: &str) -> Option<String> {
    let mut parameters = disposition.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, name) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("filename"))?;
    Some(name.trim().trim_matches('"').to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_what_the_vendor_calls_it() {
        for (disposition, name) in [
            ("inline; filename=Rechnung_RE0009.pdf;", Some("Rechnung_RE0009.pdf")),
            ("attachment; filename=\"RE 9.pdf\"", Some("RE 9.pdf")),
            ("attachment; FileName=a.pdf; size=3", Some("a.pdf")),
            ("attachment", None),
            ("attachment; filename=\"\"", None),
        ] {
            assert_eq!(file_name(disposition).as_deref(), name, "{disposition}");
        }
    }
}
