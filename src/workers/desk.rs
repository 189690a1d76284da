//! Where a message becomes work. The only thing that apalis runs.
//!
//! It has no way to fail: what an error means differs between queues, and some lose the message or repeat it in a hot loop.
//! The work is spawned, because a worker that loses its queue drops its handlers where they stand, and an effect cut in
//! the middle is one whose outcome nobody knows.

use super::message::Message;
use crate::domain::pool::Chunk;
use crate::engine::ports::Performer;
use apalis_core::task::data::Data;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// One pool's working place in this process; outlives the workers that bring messages to it.
#[derive(Clone)]
pub(super) struct Desk {
    performer: Arc<dyn Performer>,
    /// Bounds the pool across restarts: chunks of a worker that died still run when its successor fetches.
    seats: Arc<Semaphore>,
    running: TaskTracker,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("free", &self.seats.available_permits()).field("running", &self.running.len()).finish_non_exhaustive()
    }
}

impl Desk {
    pub(super) fn new(performer: Arc<dyn Performer>, size: usize) -> Self {
        Self { performer, seats: Arc::new(Semaphore::new(size)), running: TaskTracker::new() }
    }

    /// Chunks in work.
    pub(super) fn running(&self) -> &TaskTracker {
        &self.running
    }

    /// Performs a chunk to its end, even if the caller is dropped meanwhile.
    pub(super) async fn perform(&self, chunk: Chunk) {
        let Ok(seat) = Arc::clone(&self.seats).acquire_owned().await else { return };
        let performer = Arc::clone(&self.performer);
        let work = self.running.spawn(async move {
            performer.perform(chunk).await;
            drop(seat);
        });
        if let Err(error) = work.await {
            tracing::error!(%error, "a chunk's performer panicked; its steps' leases run out and the ledger rings again");
        }
    }
}

/// The apalis handler.
pub(super) async fn handle(message: Message, desk: Data<Desk>) {
    match message {
        Message::Chunk(chunk) => desk.perform(chunk).await,
        Message::Unreadable(reason) => tracing::warn!(%reason, "dropped a queue message that is not a chunk"),
    }
}
