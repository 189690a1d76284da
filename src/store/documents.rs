//! Documents: content-addressed, immutable bytes. Mails as sent, letters, invoice files.

use super::batch::Batch;
use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::TenantTx;
use crate::domain::chain::{Hash, digest};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static INSERT: Statement = Statement::new(
    "document insert",
    "INSERT INTO document (tenant_id, hash, media_type, bytes, created_at) SELECT $2, {b0}, {t1}, {b2}, $3 FROM {batch} WHERE true
     ON CONFLICT (tenant_id, hash) DO NOTHING",
);
static GET: Statement = Statement::new("document get", "SELECT media_type, bytes FROM document WHERE tenant_id = $1 AND hash = $2");

pub(super) const STATEMENTS: &[&Statement] = &[&INSERT, &GET];

/// Bytes with their kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// `application/pdf`, `message/rfc822`.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl Document {
    /// The address of the content.
    #[must_use]
    pub fn hash(&self) -> Hash {
        digest(&self.bytes)
    }
}

impl Store {
    /// The document with this hash.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document(&self, tenant: TenantId, hash: &Hash) -> Result<Option<Document>, StoreError> {
        let rows = self.rows(&GET, &[Value::Int(tenant.0), Value::Blob(hash)]).await?;
        rows.first().map(|row| Ok(Document { media_type: row.text("media_type")?, bytes: row.blob("bytes")? })).transpose()
    }
}

impl TenantTx {
    /// Keeps documents under their hashes; the same content is kept once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_documents(&mut self, documents: &[(&Hash, &Document)], now: Timestamp) -> Result<(), StoreError> {
        let rows: Batch<'_> = documents
            .iter()
            .map(|(hash, document)| [hash.as_slice().into(), (&document.media_type).into(), document.bytes.as_slice().into()])
            .collect();
        self.tx.run_batch(&INSERT, &rows, &[Value::Int(self.tenant.0), Value::Int(now.0)]).await.map(drop)
    }

    /// Keeps a document; the same content is kept once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_document(&mut self, document: &Document, now: Timestamp) -> Result<Hash, StoreError> {
        let hash = document.hash();
        self.put_documents(&[(&hash, document)], now).await?;
        Ok(hash)
    }
}
