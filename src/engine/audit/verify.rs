//! The chain, verified: every row's hash computed anew, every place counted, the head compared.

use crate::domain::chain::{GENESIS, Hash, hex};
use crate::domain::ids::TenantId;
use crate::engine::error::EngineError;
use crate::store::Store;
use serde::Serialize;

/// How many rows are read at a time.
const PAGE: i64 = 5000;

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    pub entries: i64,
    /// The last hash, in hex.
    pub head: String,
    /// The first entry that does not fit, with what is wrong; `None` when the chain is valid.
    pub broken: Option<Broken>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    pub seq: i64,
    pub why: String,
}

/// Recomputes a tenant's chain; `progress` is told how many entries were read.
///
/// # Errors
/// When the ledger fails; a broken chain is not an error but the answer.
pub async fn verify(store: &Store, tenant: TenantId, progress: &mut (dyn FnMut(i64) + Send)) -> Result<Verification, EngineError> {
    let (length, head) = store.chain_head(tenant).await?;
    let mut previous: Hash = GENESIS;
    let mut seq = 0;
    let broken = |seq, why: &str| Some(Broken { seq, why: why.to_owned() });
    let answer = |entries, head: &Hash, broken| Ok(Verification { entries, head: hex(head), broken });
    loop {
        let page = store.transitions_after(tenant, seq, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            if row.transition.seq != seq + 1 {
                return answer(seq, &previous, broken(seq + 1, "the entry is missing"));
            }
            seq += 1;
            let hash = row.transition.hash(&previous);
            if hash.as_slice() != row.hash.as_slice() {
                return answer(seq, &previous, broken(seq, "its content or the entry before it was changed"));
            }
            previous = hash;
        }
        progress(seq);
    }
    // What was appended after the head was read stands beyond it; what it names must be there.
    if seq < length {
        return answer(seq, &previous, broken(seq + 1, "the entry is missing at the end"));
    }
    if seq == length && previous != head {
        return answer(seq, &previous, broken(seq, "the tenant's head does not fit the last entry"));
    }
    answer(seq, &previous, None)
}
