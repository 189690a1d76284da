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

/// How many a burst begins with: its first notices leave while the next are still composed. Then as many as before, until a batch is full.
const FIRST: usize = 128;

/// What was due when it was last read.
#[derive(Debug, Default)]
struct Burst {
    left: VecDeque<InvoiceId>,
    taken: usize,
}

/// What a round looks at.
#[derive(Debug, Default)]
pub(super) struct Due {
    pub(super) ids: Vec<InvoiceId>,
    /// There may be more that is due at the same instant.
    pub(super) more: bool,
}

impl Burst {
    fn take(&mut self, batch: usize) -> Due {
        let size = self.taken.clamp(FIRST.min(batch), batch).min(self.left.len());
        let ids: Vec<_> = self.left.drain(..size).collect();
        self.taken += size;
        Due { more: !self.left.is_empty() || size == batch, ids }
    }
}

/// Per tenant, what is left of a burst.
#[derive(Debug, Default)]
pub(super) struct Agenda(Mutex<BTreeMap<TenantId, Burst>>);

impl Agenda {
    /// The next instances that are due at `now`: at most `batch`, fewer while a burst begins.
    pub(super) async fn next(&self, store: &Store, tenant: TenantId, now: Timestamp, batch: usize) -> Result<Due, EngineError> {
        let left = self.burst(tenant, |burst| burst.take(batch));
        if !left.ids.is_empty() {
            return Ok(left);
        }
        let due = store.due(tenant, now, batch.saturating_mul(BATCHES)).await?;
        Ok(self.burst(tenant, |burst| {
            *burst = Burst { left: due.into(), taken: 0 };
            burst.take(batch)
        }))
    }

    fn burst<T>(&self, tenant: TenantId, act: impl FnOnce(&mut Burst) -> T) -> T {
        act(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(due: i64, batch: usize) -> Vec<(usize, bool)> {
        let mut burst = Burst { left: (0..due).map(InvoiceId).collect(), taken: 0 };
        let rounds = std::iter::from_fn(|| Some(burst.take(batch)).filter(|due| !due.ids.is_empty()));
        rounds.map(|due| (due.ids.len(), due.more)).collect()
    }

    #[test]
    fn a_burst_begins_with_few_and_goes_on_with_full_batches() {
        let taken = sizes(3500, 1000);
        assert_eq!(taken.iter().map(|(size, _)| *size).collect::<Vec<_>>(), [128, 128, 256, 512, 1000, 1000, 476]);
        assert_eq!(taken.iter().filter(|(_, more)| !more).count(), 1, "only the last one ends it");
    }

    #[test]
    fn what_fits_is_taken_at_once() {
        assert_eq!(sizes(100, 1000), [(100, false)]);
        assert_eq!(sizes(7, 3), [(3, true), (3, true), (1, false)]);
        assert_eq!(sizes(0, 3), []);
    }
}
