//! The queue of a rehearsal: within the process, one chunk at a time, in the order in which they were rung.
//!
//! Pool sizes are not heeded beyond "none": with one chunk at a time a run has one possible course.

use super::desk::Desk;
use crate::domain::pool::{Chunk, Pool};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Chunk>,
    /// The pools that this process runs; chunks of others stay.
    desks: BTreeMap<Pool, Desk>,
    working: bool,
}

#[derive(Debug, Default)]
pub(super) struct MemoryQueue {
    state: Mutex<State>,
    changed: Notify,
}

impl MemoryQueue {
    fn state(&self) -> MutexGuard<'_, State> {
        // A poisoned lock means that a thread panicked between two of the plain assignments below: the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, chunks: Vec<Chunk>) {
        self.state().waiting.extend(chunks);
        self.changed.notify_waiters();
    }

    pub(super) fn waiting(&self, pool: Pool) -> usize {
        self.state().waiting.iter().filter(|chunk| chunk.pool == pool).count()
    }

    pub(super) fn open_desks(&self, desks: BTreeMap<Pool, Desk>) {
        self.state().desks = desks;
        self.changed.notify_waiters();
    }

    fn next(&self) -> Option<(Chunk, Desk)> {
        let mut state = self.state();
        let position = state.waiting.iter().position(|chunk| state.desks.contains_key(&chunk.pool))?;
        let chunk = state.waiting.remove(position)?;
        let desk = state.desks.get(&chunk.pool)?.clone();
        state.working = true;
        Some((chunk, desk))
    }

    /// Performs chunks until it is told to stop; the one in work is finished then.
    pub(super) async fn work(&self, stopping: CancellationToken) {
        loop {
            let changed = self.changed.notified();
            if stopping.is_cancelled() {
                return;
            }
            match self.next() {
                Some((chunk, desk)) => {
                    desk.perform(chunk).await;
                    self.state().working = false;
                    self.changed.notify_waiters();
                }
                None => tokio::select! {
                    () = changed => {}
                    () = stopping.cancelled() => return,
                },
            }
        }
    }

    /// Resolves when nothing that this process could work on waits or is in work.
    pub(super) async fn drained(&self) {
        loop {
            let changed = self.changed.notified();
            {
                let state = self.state();
                if !state.working && !state.waiting.iter().any(|chunk| state.desks.contains_key(&chunk.pool)) {
                    return;
                }
            }
            changed.await;
        }
    }
}
