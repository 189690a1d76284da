//! Documents: content-addressed, immutable bytes. Mails as sent, letters, invoice files. What gets smaller by it is kept packed; the hash is
//! always that of the document itself.

use super::batch::Batch;
use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::TenantTx;
use crate::domain::chain::{Hash, digest};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static INSERT: Statement = Statement::new(
    "document insert",
    "INSERT INTO document (tenant_id, hash, media_type, coding, bytes, created_at) SELECT $2, {b0}, {t1}, {t2}, {b3}, $3 FROM {batch} WHERE true
     ON CONFLICT (tenant_id, hash) DO NOTHING",
);
static GET: Statement = Statement::new("document get", "SELECT media_type, coding, bytes FROM document WHERE tenant_id = $1 AND hash = $2");

pub(super) const STATEMENTS: &[&Statement] = &[&INSERT, &GET];

/// Bytes with their kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// `application/pdf`, `message/rfc822`.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Its bytes as they are.
const IDENTITY: &str = "identity";
/// One block of LZ4 behind its unpacked length in four bytes, the lowest first.
const LZ4: &str = "lz4";
/// Four bytes can name more than any document has.
const UNPACKED_MAX: usize = 1 << 30;

/// A document as it is kept. Made where nobody waits for a transaction.
#[derive(Clone, Debug)]
pub struct Kept {
    pub hash: Hash,
    media_type: String,
    coding: &'static str,
    bytes: Vec<u8>,
}

impl Document {
    /// The address of the content.
    #[must_use]
    pub fn hash(&self) -> Hash {
        digest(&self.bytes)
    }

    /// As it is kept: packed if that saves an eighth.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let packed = lz4_flex::block::compress_prepend_size(&self.bytes);
        let (coding, bytes) = if packed.len() <= self.bytes.len() / 8 * 7 { (LZ4, packed) } else { (IDENTITY, self.bytes.clone()) };
        Kept { hash: self.hash(), media_type: self.media_type.clone(), coding, bytes }
    }
}

fn unpacked(coding: &str, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let corrupt = |why: String| StoreError::Corrupt { table: "document", column: "bytes", why };
    match coding {
        IDENTITY => Ok(bytes),
        LZ4 => {
            let (length, block) = lz4_flex::block::uncompressed_size(&bytes).map_err(|fault| corrupt(fault.to_string()))?;
            if length > UNPACKED_MAX {
                return Err(corrupt(format!("{length} bytes are said to be packed in it")));
            }
            lz4_flex::block::decompress(block, length).map_err(|fault| corrupt(fault.to_string()))
        }
        other => Err(StoreError::Corrupt { table: "document", column: "coding", why: format!("`{other}` is not known to this program") }),
    }
}

impl Store {
    /// The document with this hash.
    ///
    /// # Errors
    /// When the database fails, or what it holds can't be unpacked.
    pub async fn document(&self, tenant: TenantId, hash: &Hash) -> Result<Option<Document>, StoreError> {
        let rows = self.rows(&GET, &[Value::Int(tenant.0), Value::Blob(hash)]).await?;
        let document =
            |row: &Row| Ok(Document { media_type: row.text("media_type")?, bytes: unpacked(&row.text("coding")?, row.blob("bytes")?)? });
        rows.first().map(document).transpose()
    }
}

impl TenantTx {
    /// Keeps documents under their hashes; the same content is kept once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_documents(&mut self, documents: &[&Kept], now: Timestamp) -> Result<(), StoreError> {
        let rows: Batch<'_> = documents
            .iter()
            .map(|kept| [kept.hash.as_slice().into(), (&kept.media_type).into(), kept.coding.into(), kept.bytes.as_slice().into()])
            .collect();
        self.tx.run_batch(&INSERT, &rows, &[Value::Int(self.tenant.0), Value::Int(now.0)]).await.map(drop)
    }

    /// Keeps a document; the same content is kept once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_document(&mut self, document: &Document, now: Timestamp) -> Result<Hash, StoreError> {
        let kept = document.kept();
        self.put_documents(&[&kept], now).await?;
        Ok(kept.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(bytes: Vec<u8>) -> Document {
        Document { media_type: "message/rfc822".to_owned(), bytes }
    }

    #[test]
    fn what_gets_smaller_is_packed_and_comes_back_as_it_was() {
        let mail = document("Sehr geehrte Damen und Herren, ".repeat(200).into_bytes());
        let kept = mail.kept();
        assert_eq!((kept.coding, kept.hash), (LZ4, mail.hash()));
        assert!(kept.bytes.len() < mail.bytes.len() / 10);
        assert_eq!(unpacked(kept.coding, kept.bytes).unwrap(), mail.bytes);
    }

    #[test]
    fn what_does_not_stays_as_it_is() {
        let noise: Vec<u8> = (0_u32..4000).map(|i| digest(&i.to_be_bytes())[0]).collect();
        for bytes in [noise, Vec::new(), b"x".to_vec()] {
            let kept = document(bytes.clone()).kept();
            assert_eq!((kept.coding, &kept.bytes), (IDENTITY, &bytes));
        }
    }

    #[test]
    fn what_was_tampered_with_is_named() {
        let kept = document(vec![b'a'; 5000]).kept();
        let told = |coding: &str, bytes: &[u8]| unpacked(coding, bytes.to_vec()).unwrap_err().to_string();
        assert!(told(LZ4, &kept.bytes[..kept.bytes.len() - 3]).contains("document"));
        assert!(told(LZ4, &[255, 255, 255, 255, 0]).contains("are said to be packed"));
        assert!(told(LZ4, &[1]).contains("document"));
        assert!(told("zstd", b"").contains("not known to this program"));
    }
}
