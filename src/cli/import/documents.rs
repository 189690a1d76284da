//! The documents that an invoice file names: PDF files in its folder or below.

use crate::adapters::invoice_file::{InvoiceRow, RowProblem};
use crate::store::documents::Document;
use std::path::{Path, PathBuf};

/// More is no invoice, and no mail server would take it.
const MAX_BYTES: u64 = 20 << 20;

/// The folder that documents may come from.
#[derive(Debug)]
pub(super) struct Documents {
    folder: PathBuf,
    /// As it really is: a link must not lead out of it.
    real: Option<PathBuf>,
}

impl Documents {
    pub(super) fn below(folder: &Path) -> Self {
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
        Self { real: folder.canonicalize().ok(), folder }
    }

    /// The document that a row names, if it names one.
    ///
    /// # Errors
    /// The row is refused: an invoice must not go out later without the document that it should have.
    pub(super) fn of(&self, row: &InvoiceRow) -> Result<Option<Document>, RowProblem> {
        let Some(named) = &row.document else { return Ok(None) };
        self.read(named).map(Some).map_err(|message| RowProblem {
            line: row.line,
            column: None,
            field: "document",
            value: named.display().to_string(),
            message,
            ends_file: false,
        })
    }

    fn read(&self, named: &Path) -> Result<Document, String> {
        let path = self.folder.join(named);
        let shown = path.display();
        let real = path.canonicalize().map_err(|error| {
            format!("is not there ({error}): put the file at {shown}, or leave the field empty to send without the document")
        })?;
        if self.real.as_ref().is_none_or(|folder| !real.starts_with(folder)) {
            return Err("leads out of the folder of the invoice file: copy the document there".to_owned());
        }
        let size = std::fs::metadata(&real).map_err(|error| format!("can't be read: {error}"))?;
        if !size.is_file() {
            return Err("is no file: name the PDF file itself".to_owned());
        }
        if size.len() > MAX_BYTES {
            return Err(format!("has {} bytes, and at most {MAX_BYTES} can be attached: write a smaller PDF", size.len()));
        }
        let bytes = std::fs::read(&real).map_err(|error| format!("can't be read: {error}"))?;
        if !bytes.starts_with(b"%PDF-") {
            return Err("is no PDF: export the invoice as PDF".to_owned());
        }
        Ok(Document { media_type: "application/pdf".to_owned(), bytes })
    }
}
