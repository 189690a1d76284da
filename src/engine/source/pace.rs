//! The stored pace: the turns in which a key is used, one after the other, whichever process takes them.

use super::ports::{Pace, SourceError};
use crate::domain::chain::Hash;
use crate::domain::time::Timestamp;
use crate::engine::clock::Clock;
use crate::store::Store;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// Turns for one key, kept in the ledger.
pub struct StoredPace {
    store: Store,
    clock: Arc<dyn Clock>,
    key: Hash,
    every_ms: i64,
    patience_ms: i64,
}

impl std::fmt::Debug for StoredPace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredPace").field("every_ms", &self.every_ms).field("patience_ms", &self.patience_ms).finish_non_exhaustive()
    }
}

impl StoredPace {
    /// Turns that are `every` apart. Who would wait longer than `patience` for one gets none.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, key: Hash, every: Duration, patience: Duration) -> Self {
        Self { store, clock, key, every_ms: millis(every), patience_ms: millis(patience) }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// Nothing is asked while the ledger can't say whose turn it is.
fn no_ledger(error: &crate::store::StoreError) -> SourceError {
    SourceError::Unreachable { why: format!("the ledger gives no turn to ask in: {error}") }
}

impl Pace for StoredPace {
    fn turn(&self) -> BoxFuture<'_, Result<(), SourceError>> {
        Box::pin(async move {
            let now = self.clock.now();
            let turn = self.store.take_turn(&self.key, now, self.every_ms, self.patience_ms).await.map_err(|error| no_ledger(&error))?;
            let Some(at) = turn else { return Err(SourceError::RateLimited { after: None }) };
            tokio::time::sleep(Duration::from_millis(u64::try_from(at.0 - now.0).unwrap_or(0))).await;
            Ok(())
        })
    }

    fn hold(&self, pause: Duration) -> BoxFuture<'_, Result<(), SourceError>> {
        Box::pin(async move {
            let until = Timestamp(self.clock.now().0.saturating_add(millis(pause)));
            self.store.pause_turns(&self.key, until).await.map_err(|error| no_ledger(&error))
        })
    }
}
