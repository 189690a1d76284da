//! Which transactions of this process may have changed a waiting case, counted.
//!
//! On an embedded ledger all that is written goes through this process, so two equal numbers mean: what was read in between is still
//! so. On a shared ledger they mean nothing. `engine::plan` reads cases ahead by it.

use super::db::Store;
use crate::domain::ids::TenantId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of each tenant: how many such transactions were about to be committed, and of how many it is known how that ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes(Arc<Mutex<BTreeMap<TenantId, Count>>>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    announced: u64,
    settled: u64,
}

impl Changes {
    /// Before the commit: who has read by then can't know whether he read what was before or what is after.
    pub(super) fn announce(&self, tenant: TenantId) {
        self.counts().entry(tenant).or_default().announced += 1;
    }

    /// After the commit, or after it failed.
    pub(super) fn settle(&self, tenant: TenantId) {
        self.counts().entry(tenant).or_default().settled += 1;
    }

    /// How many were announced so far.
    pub(super) fn announced(&self, tenant: TenantId) -> u64 {
        self.counts().get(&tenant).copied().unwrap_or_default().announced
    }

    /// As [`Self::announced`], unless one of them is under way, or was when its task was given up.
    fn at_rest(&self, tenant: TenantId) -> Option<u64> {
        let Count { announced, settled } = self.counts().get(&tenant).copied().unwrap_or_default();
        (announced == settled).then_some(announced)
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<TenantId, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// The number that [`super::TenantTx::changes`] must still have for cases that are read from now on to be as they were read; `None`
    /// while a transaction that may change them is being committed.
    #[must_use]
    pub fn changes(&self, tenant: TenantId) -> Option<u64> {
        self.changes.at_rest(tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::{Changes, TenantId};

    #[test]
    fn what_is_being_committed_can_not_be_read_ahead_of() {
        let changes = Changes::default();
        assert_eq!(changes.at_rest(TenantId(1)), Some(0));
        changes.announce(TenantId(1));
        assert_eq!((changes.at_rest(TenantId(1)), changes.announced(TenantId(1))), (None, 1));
        assert_eq!(changes.at_rest(TenantId(2)), Some(0), "another tenant's cases");
        changes.settle(TenantId(1));
        assert_eq!(changes.at_rest(TenantId(1)), Some(1));
    }
}
