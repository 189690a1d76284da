//! What every process needs first: the ledger, the queues, the bounds.

use super::count;
use crate::config::{Pools, Queue};
use crate::domain::step::Backoff;
use crate::engine::Limits;
use crate::store::Store;
use crate::workers::{PoolSizes, QueueSettings};
use anyhow::Context;
use std::time::Duration;

/// Opens the ledger's database as `[ledger]` says.
///
/// # Errors
/// When it can't be reached.
pub async fn store(ledger: &crate::config::Ledger) -> anyhow::Result<Store> {
    let timeout = Duration::from_secs(ledger.timeout_seconds.into());
    let opened = Store::open_with(ledger.url.expose(), ledger.connections, timeout).await;
    opened.with_context(|| format!("opening the ledger {}", ledger.url))
}

/// Where the queues are. `tag` must differ for every start of every process.
#[must_use]
pub fn queue_settings(queue: &Queue, tag: &str) -> QueueSettings {
    QueueSettings {
        url: queue.url.expose().to_owned(),
        namespace: queue.namespace.clone(),
        tag: tag.to_owned(),
        poll: Duration::from_millis(queue.poll_ms.into()),
        heartbeat: Duration::from_secs(queue.heartbeat_seconds.into()),
        missed_heartbeats: queue.missed_heartbeats,
    }
}

/// How many chunks of each pool are worked on at once.
#[must_use]
pub fn pool_sizes(pools: &Pools) -> PoolSizes {
    PoolSizes { print: count(pools.print), send: count(pools.send), post: count(pools.post) }
}

/// The engine's bounds. How many steps a message points at stands under `[queue]`, so `chunk` is left at its default.
#[must_use]
pub fn limits(pools: &Pools) -> Limits {
    let backoff =
        Backoff { first_seconds: pools.first_retry_seconds, max_seconds: pools.longest_retry_seconds, max_attempts: pools.max_attempts };
    Limits { lease_seconds: pools.lease_seconds.into(), backoff, ..Limits::default() }
}
