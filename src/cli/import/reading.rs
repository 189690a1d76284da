//! Reads an invoice file ahead of the ledger, batch by batch, with the same memory however long it is.

use super::documents::Documents;
use crate::adapters::invoice_file::{InvoiceFile, RowProblem, RowWarning};
use crate::cli::rehearse::rows;
use crate::engine::intake::Incoming;
use anyhow::Context;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc::Sender;

/// Rows of one transaction.
const ROWS: usize = 500;
/// A batch ends earlier when its documents come to so much.
const DOCUMENT_BYTES: usize = 32 << 20;

/// Some rows of the file in their order, and what those that are sound bring in.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub incoming: Vec<Incoming>,
    pub rows: Vec<Row>,
}

#[derive(Debug)]
pub(super) enum Row {
    /// Stands in `incoming`, in the same order.
    Sound {
        line: u64,
        warnings: Vec<RowWarning>,
    },
    Refused(RowProblem),
}

impl Row {
    pub(super) fn line(&self) -> u64 {
        match self {
            Self::Sound { line, .. } => *line,
            Self::Refused(problem) => problem.line,
        }
    }
}

/// How much of the file was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Bytes(Arc<AtomicU64>);

impl Bytes {
    pub(super) fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A file that tells how much of it was read.
#[derive(Debug)]
pub(super) struct CountedFile {
    file: File,
    read: Bytes,
    length: u64,
}

impl CountedFile {
    /// # Errors
    /// When it can't be opened.
    pub(super) fn open(path: &Path) -> anyhow::Result<(Self, Bytes)> {
        let file = File::open(path).with_context(|| format!("{} can't be opened", path.display()))?;
        let about = file.metadata().with_context(|| format!("{} can't be read", path.display()))?;
        anyhow::ensure!(!about.is_dir(), "{} is a folder: name the invoice file in it", path.display());
        let read = Bytes::default();
        Ok((Self { file, read: read.clone(), length: about.len() }, read))
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

impl Read for CountedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Reads to the end of the file, or until nobody takes batches any more.
pub(super) fn read(file: InvoiceFile, folder: &Path, batches: &Sender<Batch>) {
    let documents = Documents::below(folder);
    let (mut batch, mut bytes) = (Batch::default(), 0);
    for row in file {
        let row = row.and_then(|row| {
            let document = documents.of(&row)?;
            let mut incoming = rows::incoming(&row)?;
            incoming.invoice.document = document.as_ref().map(crate::store::documents::Document::hash);
            incoming.document = document;
            Ok((row, incoming))
        });
        match row {
            Ok((row, incoming)) => {
                bytes += incoming.document.as_ref().map_or(0, |document| document.bytes.len());
                batch.incoming.push(incoming);
                batch.rows.push(Row::Sound { line: row.line, warnings: row.warnings });
            }
            Err(problem) => batch.rows.push(Row::Refused(problem)),
        }
        if batch.rows.len() >= ROWS || bytes >= DOCUMENT_BYTES {
            bytes = 0;
            if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return;
            }
        }
    }
    if !batch.rows.is_empty() {
        let _ = batches.blocking_send(batch);
    }
}
