//! A claim's own document: what lexoffice rendered of an invoice, what was scanned of a bookkeeping voucher.

use super::super::calls::documents::{DocumentKind, File, FileFormat};
use super::super::client::LexofficeClient;
use super::super::error::{ApiError, Fault};
use super::super::values::ResourceId;
use super::errors::{SourceAnswer, id, malformed};
use crate::engine::source::ports::{ClaimKey, ClaimKind, SourceError};
use crate::store::documents::Document;

const PDF: &str = "application/pdf";
const JPEG: &str = "image/jpeg";
const PNG: &str = "image/png";

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
    let said = file.content_type.unwrap_or_default();
    let found = by_its_start(&file.bytes);
    let media_type = match said.as_str() {
        PDF | JPEG | PNG => found.filter(|found| *found == said),
        // What was uploaded under a loose name is told by its content.
        "image/jpg" | "image/pjpeg" | "application/octet-stream" | "application/x-pdf" | "" => found,
        "application/xml" | "text/xml" => is_markup(&file.bytes).then_some("application/xml"),
        _ => None,
    };
    if let Some(media_type) = media_type {
        return Ok(Document { media_type: media_type.to_owned(), bytes: file.bytes });
    }
    let what = format!("its {} bytes are no `{}` that can be passed on", file.bytes.len(), said.escape_default());
    Err(malformed(&format!("document {id}"), "", what))
}

fn by_its_start(bytes: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &str); 3] = [(b"%PDF-", PDF), (&[0xFF, 0xD8], JPEG), (b"\x89PNG", PNG)];
    starts.into_iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, media_type)| media_type)
}

fn is_markup(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    text.starts_with(b"<") && !text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<html"))
}
