//! The agenda: what is due at this instant, in the order in which slots are assigned, so that a burst is sorted once and
//! worked off batch by batch. It only says where to look: whether an instance is still due is decided where it is taken up.

use super::error::EngineError;
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::Store;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many instances it holds at most, in batches. A burst that is larger is sorted once for each so many.
const BATCHES: usize = 100;

/// Per tenant, what is left of what was due when it was last read.
#[derive(Debug, Default)]
pub(super) struct Agenda(Mutex<BTreeMap<TenantId, VecDeque<InvoiceId>>>);

impl Agenda {
    /// The next `batch` instances that are due at `now`, or fewer.
    pub(super) async fn next(&self, store: &Store, tenant: TenantId, now: Timestamp, batch: usize) -> Result<Vec<InvoiceId>, EngineError> {
        let left = self.take(tenant, batch);
        if !left.is_empty() {
            return Ok(left);
        }
        let mut due = store.due(tenant, now, batch.saturating_mul(BATCHES)).await?;
        let rest = due.split_off(due.len().min(batch));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, rest.into());
        Ok(due)
    }

    fn take(&self, tenant: TenantId, batch: usize) -> Vec<InvoiceId> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get_mut(&tenant).map(|left| left.drain(..left.len().min(batch)).collect()).unwrap_or_default()
    }
}
