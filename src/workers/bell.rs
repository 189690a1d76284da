//! Rings: puts chunks into the queues and wakes the workers of this process.
//!
//! Bounded in three ways, because a queue that nobody empties must not grow while the ledger rings again and again: a push
//! carries at most a slice, a queue holds at most [`MAX_UNFINISHED`] messages, and a ring gives up after [`RING_TIMEOUT`].
//! Whatever was not pushed is reported; the ledger still knows it and rings later.

use super::message::Message;
use super::store::{Durable, Store};
use super::tick::Doorbell;
use crate::domain::pool::{Chunk, Pool};
use crate::engine::ports::Bell;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Messages per push: Redis moves a slice within one script, and at 8,000 arguments scripts fail.
const SLICE: usize = 500;
/// Messages that wait or are in work, per queue. Several processes may overshoot by a slice each. At up to 64 steps a
/// message this is more than half a million steps; more would not be done sooner by lying here.
const MAX_UNFINISHED: usize = 10_000;
/// A ring blocks the planner no longer than this, whatever state the queue is in.
const RING_TIMEOUT: Duration = Duration::from_secs(10);
/// A queue that does not answer within this is not known to be silent.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Pauses before the second, third and fourth attempt: the first one after an outage always fails, because only then the
/// connection learns that it is dead.
const PAUSES: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(300), Duration::from_secs(1)];

#[derive(Debug)]
pub(super) struct QueueBell {
    pub(super) store: Store,
    pub(super) queues: BTreeMap<Pool, String>,
    pub(super) doorbells: BTreeMap<Pool, Arc<Doorbell>>,
}

impl Bell for QueueBell {
    fn ring(&self, chunks: Vec<Chunk>) -> BoxFuture<'_, Result<(), String>> {
        async move {
            match &self.store {
                Store::Memory(memory) => {
                    memory.push(chunks);
                    Ok(())
                }
                Store::Durable(durable) => match tokio::time::timeout(RING_TIMEOUT, self.push_all(durable, chunks)).await {
                    Ok(result) => result,
                    Err(_) => Err(format!("the queue did not take the chunks within {} s", RING_TIMEOUT.as_secs())),
                },
            }
        }
        .boxed()
    }

    fn is_silent(&self) -> BoxFuture<'_, bool> {
        async move {
            let Store::Durable(durable) = &self.store else { return false };
            let asked = async {
                for queue in self.queues.values() {
                    if durable.unfinished(queue).await != Ok(0) {
                        return false;
                    }
                }
                true
            };
            tokio::time::timeout(ANSWER_TIMEOUT, asked).await.unwrap_or(false)
        }
        .boxed()
    }
}

impl QueueBell {
    async fn push_all(&self, durable: &Durable, chunks: Vec<Chunk>) -> Result<(), String> {
        let mut by_pool: BTreeMap<Pool, Vec<Chunk>> = BTreeMap::new();
        for chunk in chunks {
            by_pool.entry(chunk.pool).or_default().push(chunk);
        }
        let mut problems = Vec::new();
        for (pool, chunks) in by_pool {
            let Some(queue) = self.queues.get(&pool) else { continue };
            if let Err(problem) = self.push_pool(durable, pool, queue, chunks).await {
                problems.push(format!("queue {queue}: {problem}"));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }

    async fn push_pool(&self, durable: &Durable, pool: Pool, queue: &str, chunks: Vec<Chunk>) -> Result<(), String> {
        let mut left = chunks.len();
        for slice in chunks.chunks(SLICE) {
            let unfinished = persistently(|| durable.unfinished(queue)).await?;
            let room = MAX_UNFINISHED.saturating_sub(unfinished).min(slice.len());
            if room > 0 {
                let messages: Vec<Message> = slice.iter().take(room).cloned().map(Message::Chunk).collect();
                // An attempt whose answer was lost may have pushed: the same chunk comes twice, and the second finds its
                // steps started.
                persistently(|| durable.push(queue, messages.clone())).await?;
                left -= room;
                if let Some(doorbell) = self.doorbells.get(&pool) {
                    doorbell.ring();
                }
            }
            if room < slice.len() {
                return Err(format!("{unfinished} messages wait already, {left} chunks were not pushed; they are rung for again"));
            }
        }
        Ok(())
    }
}

/// Tries until it succeeds or the pauses are used up; the last error counts.
async fn persistently<T, F>(attempt: impl Fn() -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, String>>,
{
    for pause in PAUSES {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => tracing::debug!(%error, "the queue refused; trying again"),
        }
        tokio::time::sleep(pause).await;
    }
    attempt().await
}
