//! A claim's own document: what lexoffice rendered of an invoice, what was scanned of a bookkeeping voucher.

use super::super::calls::documents::{DocumentKind, File, FileFormat};
use super::super::client::LexofficeClient;
use super::super::error::{ApiError, Fault};
use super::super::values::ResourceId;
use super::errors::{SourceAnswer, id, malformed};
use crate::engine::source::ports::{ClaimKey, ClaimKind, SourceError};
use crate::store::documents::Document;

const PDF: &str = "application/pdf";

pub(super) async fn document(client: &LexofficeClient, key: &ClaimKey) -> Result<Document, SourceError> {
    let voucher = id(&key.id)?;
    let kind = match key.kind {
        ClaimKind::Invoice => DocumentKind::Invoice,
        ClaimKind::DownPayment => DocumentKind::DownPaymentInvoice,
        ClaimKind::CreditNote => DocumentKind::CreditNote,
        ClaimKind::RevenueVoucher | ClaimKind::Other(_) => return scan(client, &voucher).await,
    };
    // People read it: of an XRechnung that is the preview, for what counts there is XML.
    match client.document(kind, &voucher, FileFormat::Pdf).await {
        Err(ApiError { fault: Fault::Conflict { .. }, .. }) => {
            Err(SourceError::NotFound { what: format!("document of the draft {voucher}") })
        }
        other => known(&voucher, other.answer()?),
    }
}

async fn scan(client: &LexofficeClient, voucher: &ResourceId) -> Result<Document, SourceError> {
    let booked = client.voucher(voucher).await.answer()?;
    let Some(file) = booked.files.first() else { return Err(SourceError::NotFound { what: format!("file of the voucher {voucher}") }) };
    known(file, client.file(file).await.answer()?)
}

/// It goes to customers, so it must be what it says: an error page is no invoice.
pub(super) fn known(id: &ResourceId, file: File) -> Result<Document, SourceError> {
    let media_type = file.content_type.unwrap_or_default();
    let starts: &[&[u8]] = match media_type.as_str() {
        PDF => &[b"%PDF-"],
        "image/jpeg" => &[&[0xFF, 0xD8]],
        "image/png" => &[b"\x89PNG"],
        "application/xml" | "text/xml" => &[b"<", b"\xEF\xBB\xBF<"],
        _ => &[],
    };
    if starts.iter().any(|start| file.bytes.starts_with(start)) {
        return Ok(Document { media_type, bytes: file.bytes });
    }
    let what = format!("its {} bytes are no `{}` that can be passed on", file.bytes.len(), media_type.escape_default());
    Err(malformed(&format!("document {id}"), "", what))
}
