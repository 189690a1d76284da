//! Documents: content-addressed, immutable bytes. Mails as sent, letters, invoice files. What gets smaller by it is kept packed, beside a
//! dictionary if there is one: a document that it resembles. The hash is always that of the document itself.

use super::batch::{Batch, Cell};
use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::TenantTx;
use crate::domain::chain::{Hash, digest};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use lz4_flex::block;
use std::collections::BTreeMap;
use std::sync::Arc;

static INSERT: Statement = Statement::new(
    "document insert",
    "INSERT INTO document (tenant_id, hash, media_type, coding, dictionary, bytes, created_at)
     SELECT $2, {b0}, {t1}, {t2}, {b3}, {b4}, $3 FROM {batch} WHERE true
     ON CONFLICT (tenant_id, hash) DO NOTHING",
);
static GET: Statement = Statement::new(
    "document get",
    "SELECT d.media_type, d.coding, d.bytes, d.dictionary, k.coding AS dictionary_coding, k.bytes AS dictionary_bytes
     FROM document d LEFT JOIN document k ON k.tenant_id = d.tenant_id AND k.hash = d.dictionary
     WHERE d.tenant_id = $1 AND d.hash = $2",
);

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
    /// What it was packed beside, and can't be read without.
    dictionary: Option<Arc<Dictionary>>,
}

/// A document that others resemble: what they share with it is kept once. It is a document of the same tenant and as immutable as any, so
/// nobody's data may stand in it.
#[derive(Debug)]
pub struct Dictionary {
    bytes: Vec<u8>,
    kept: Kept,
}

impl Dictionary {
    #[must_use]
    pub fn new(document: Document) -> Arc<Self> {
        let kept = document.kept(None);
        Arc::new(Self { bytes: document.bytes, kept })
    }

    /// The document that it is.
    #[must_use]
    pub fn document(&self) -> Document {
        Document { media_type: self.kept.media_type.clone(), bytes: self.bytes.clone() }
    }
}

impl Kept {
    /// The bytes that it takes, without those of its dictionary.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

impl Document {
    /// The address of the content.
    #[must_use]
    pub fn hash(&self) -> Hash {
        digest(&self.bytes)
    }

    /// As it is kept: packed if that saves an eighth.
    #[must_use]
    pub fn kept(&self, dictionary: Option<&Arc<Dictionary>>) -> Kept {
        let packed = block::compress_prepend_size_with_dict(&self.bytes, dictionary.map_or(&[], |dictionary| &dictionary.bytes));
        let (hash, media_type) = (self.hash(), self.media_type.clone());
        if packed.len() <= self.bytes.len() / 8 * 7 {
            Kept { hash, media_type, coding: LZ4, bytes: packed, dictionary: dictionary.cloned() }
        } else {
            Kept { hash, media_type, coding: IDENTITY, bytes: self.bytes.clone(), dictionary: None }
        }
    }
}

fn unpacked(coding: &str, bytes: Vec<u8>, dictionary: &[u8]) -> Result<Vec<u8>, StoreError> {
    match coding {
        IDENTITY => Ok(bytes),
        LZ4 => {
            let (length, packed) = block::uncompressed_size(&bytes).map_err(|fault| corrupt("bytes", fault.to_string()))?;
            if length > UNPACKED_MAX {
                return Err(corrupt("bytes", format!("{length} bytes are said to be packed in it")));
            }
            block::decompress_with_dict(packed, length, dictionary).map_err(|fault| corrupt("bytes", fault.to_string()))
        }
        other => Err(corrupt("coding", format!("`{other}` is not known to this program"))),
    }
}

fn corrupt(column: &'static str, why: String) -> StoreError {
    StoreError::Corrupt { table: "document", column, why }
}

/// The document with this hash as its row has it.
fn read(row: &Row, hash: &Hash) -> Result<Document, StoreError> {
    let dictionary = match (row.opt_blob("dictionary")?, row.opt_blob("dictionary_bytes")?) {
        (None, _) => Vec::new(),
        (Some(_), Some(bytes)) => unpacked(&row.text("dictionary_coding")?, bytes, &[])?,
        (Some(_), None) => return Err(corrupt("dictionary", "the document that it was packed beside is not there".to_owned())),
    };
    let bytes = unpacked(&row.text("coding")?, row.blob("bytes")?, &dictionary)?;
    // Beside another dictionary it would come out as something else, and nothing above would notice.
    if digest(&bytes) != *hash {
        return Err(corrupt("bytes", "they are not what the hash says".to_owned()));
    }
    Ok(Document { media_type: row.text("media_type")?, bytes })
}

impl Store {
    /// The document with this hash.
    ///
    /// # Errors
    /// When the database fails, or what it holds can't be unpacked to what the hash says.
    pub async fn document(&self, tenant: TenantId, hash: &Hash) -> Result<Option<Document>, StoreError> {
        let rows = self.rows(&GET, &[Value::Int(tenant.0), Value::Blob(hash)]).await?;
        rows.first().map(|row| read(row, hash)).transpose()
    }
}

impl TenantTx {
    /// Keeps documents under their hashes, and what they were packed beside; the same content is kept once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_documents(&mut self, documents: &[&Kept], now: Timestamp) -> Result<(), StoreError> {
        let dictionaries: BTreeMap<_, _> =
            documents.iter().filter_map(|kept| kept.dictionary.as_ref()).map(|beside| (beside.kept.hash, &beside.kept)).collect();
        let rows: Batch<'_> = dictionaries.values().chain(documents).map(|kept| row_of(kept)).collect();
        self.tx.run_batch(&INSERT, &rows, &[Value::Int(self.tenant.0), Value::Int(now.0)]).await.map(drop)
    }

    /// Keeps a document; the same content is kept once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_document(&mut self, document: &Document, now: Timestamp) -> Result<Hash, StoreError> {
        let kept = document.kept(None);
        self.put_documents(&[&kept], now).await?;
        Ok(kept.hash)
    }
}

fn row_of(kept: &Kept) -> [Cell<'_>; 5] {
    let dictionary = kept.dictionary.as_ref().map(|beside| beside.kept.hash.as_slice());
    [kept.hash.as_slice().into(), (&kept.media_type).into(), kept.coding.into(), dictionary.into(), kept.bytes.as_slice().into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A mail is the proof of what was sent: it must come back whatever it is packed beside.
        #[test]
        fn whatever_was_packed_comes_back(text in "([a-c]{1,5}|[^a-c]){0,600}", model in "([a-c]{1,5}|[^a-c]){0,600}", repeated in 0_usize..200) {
            let (text, model) = (text + &model.repeat(repeated.min(3)), model.repeat(1 + repeated));
            let (mail, model) = (document(text.into_bytes()), document(model.into_bytes()));
            let kept = mail.kept(Some(&Dictionary::new(model.clone())));
            let beside = kept.dictionary.as_ref().map(|dictionary| dictionary.document().bytes).unwrap_or_default();
            prop_assert_eq!(unpacked(kept.coding, kept.bytes, &beside).unwrap(), mail.bytes);
        }
    }

    fn document(bytes: Vec<u8>) -> Document {
        Document { media_type: "message/rfc822".to_owned(), bytes }
    }

    #[test]
    fn what_gets_smaller_is_packed_and_comes_back_as_it_was() {
        let mail = document("Sehr geehrte Damen und Herren, ".repeat(200).into_bytes());
        let kept = mail.kept(None);
        assert_eq!((kept.coding, kept.hash), (LZ4, mail.hash()));
        assert!(kept.bytes.len() < mail.bytes.len() / 10);
        assert_eq!(unpacked(kept.coding, kept.bytes, &[]).unwrap(), mail.bytes);
    }

    #[test]
    fn what_resembles_a_dictionary_takes_next_to_nothing_beside_it() {
        let shared: String = (0..200).map(|place| format!("{place} stands in all of them, {}\n", place * 7919)).collect();
        let text = |name: &str| format!("{name}\n{shared}").into_bytes();
        let (model, mail) = (document(text("Holzbau Seidl OHG")), document(text("Meier")));
        let beside = mail.kept(Some(&Dictionary::new(model.clone())));
        assert!(beside.bytes.len() < mail.kept(None).bytes.len() / 20, "{} bytes", beside.bytes.len());
        assert_eq!((beside.hash, beside.dictionary.is_some()), (mail.hash(), true));
        assert_eq!(unpacked(beside.coding, beside.bytes, &model.bytes).unwrap(), mail.bytes);
    }

    #[test]
    fn what_gains_nothing_beside_a_dictionary_does_not_need_it() {
        let noise = document((0_u32..2000).flat_map(|i| digest(&i.to_be_bytes())).collect());
        assert!(noise.kept(Some(&Dictionary::new(document(vec![b'a'; 500])))).dictionary.is_none());
    }

    #[test]
    fn what_does_not_stays_as_it_is() {
        let noise: Vec<u8> = (0_u32..4000).map(|i| digest(&i.to_be_bytes())[0]).collect();
        for bytes in [noise, Vec::new(), b"x".to_vec()] {
            let kept = document(bytes.clone()).kept(None);
            assert_eq!((kept.coding, &kept.bytes), (IDENTITY, &bytes));
        }
    }

    #[test]
    fn what_was_tampered_with_is_named() {
        let kept = document(vec![b'a'; 5000]).kept(None);
        let told = |coding: &str, bytes: &[u8]| unpacked(coding, bytes.to_vec(), &[]).unwrap_err().to_string();
        assert!(told(LZ4, &kept.bytes[..kept.bytes.len() - 3]).contains("document"));
        assert!(told(LZ4, &[255, 255, 255, 255, 0]).contains("are said to be packed"));
        assert!(told(LZ4, &[1]).contains("document"));
        assert!(told("zstd", b"").contains("not known to this program"));
    }
}
