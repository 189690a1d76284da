//! Documents: content-addressed, immutable bytes. Mails as sent, letters, invoice files.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::TenantTx;
use crate::domain::chain::{Hash, digest};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static INSERT: Statement = Statement::new(
    "document insert",
    "INSERT INTO document (tenant_id, hash, media_type, bytes, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, hash) DO NOTHING",
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
    /// Keeps a document; the same content is kept once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_document(&mut self, document: &Document, now: Timestamp) -> Result<Hash, StoreError> {
        let hash = document.hash();
        let values = [
            Value::Int(self.tenant.0),
            Value::Blob(&hash),
            Value::Text(&document.media_type),
            Value::Blob(&document.bytes),
            Value::Int(now.0),
        ];
        self.tx.run(&INSERT, &values).await?;
        Ok(hash)
    }
}
