//! Bells that the queue has forgotten: a queue that was emptied, or lost its last second, says nothing, and the steps that
//! were rung for would wait until their bells count as unheard.
//!
//! Where the queue has nothing under way at all, what has been queued in the ledger for a while was forgotten: it is rung
//! again at once. A bell too many does no harm, since its steps are started once.

use super::Engine;
use super::error::EngineError;
use super::issue::Ready;
use super::ports::Bell;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the queue is asked.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Between the commit that queues a step and its message's arrival in the queue passes less, or a ring has failed.
const RUNG_WITHIN_MS: i64 = 1_500;

impl Engine {
    /// Rings for what the queue has forgotten until it is told to stop. Beside the planner, which must not wait for a queue.
    pub async fn watch_queue(self: Arc<Self>, bell: Arc<dyn Bell>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(ASK_EVERY) => {}
                () = stop.cancelled() => return,
            }
            let before = Timestamp(self.clock.now().0 - RUNG_WITHIN_MS);
            if !bell.is_silent().await {
                continue;
            }
            for tenant in self.tenants() {
                match self.forgotten(tenant, before).await {
                    Ok(ready) if ready.is_empty() => {}
                    Ok(ready) => {
                        tracing::warn!(steps = ready.len(), "the queue has forgotten steps that were rung for; ringing again");
                        super::run::ring(bell.as_ref(), &self, tenant, &ready).await;
                    }
                    Err(error) => tracing::debug!(%error, "could not look for steps that the queue has forgotten"),
                }
            }
        }
    }

    /// Steps that have been queued since `before` or longer. Nothing is written where there are none.
    async fn forgotten(&self, tenant: TenantId, before: Timestamp) -> Result<Vec<Ready>, EngineError> {
        if self.store.oldest_queued(tenant).await?.is_none_or(|at| at > before) {
            return Ok(Vec::new());
        }
        self.unheard(tenant, before).await
    }
}
