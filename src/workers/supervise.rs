//! Keeps one pool's worker alive: whatever ends it, another is started, under another name.
//!
//! Not by apalis' monitor: its restart callback is synchronous, so a pause between restarts would block a runtime thread
//! (all of them, when three pools lose their Redis at once), and it ends with its last worker.

use super::desk::Desk;
use super::store::{Durable, Worker};
use super::tick::{Doorbell, Tick};
use crate::domain::pool::Pool;
use apalis_core::worker::context::WorkerContext;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Numbers the workers of this process, so that two of one name never meet, however often pools are started.
static WORKERS: AtomicU64 = AtomicU64::new(0);

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What does not change from one worker of a pool to the next.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) pool: Pool,
    pub(super) durable: Durable,
    pub(super) queue: String,
    pub(super) tag: String,
    pub(super) size: usize,
    pub(super) poll: Duration,
    pub(super) heartbeat: Duration,
    pub(super) missed_heartbeats: usize,
    pub(super) doorbell: Arc<Doorbell>,
    pub(super) desk: Desk,
    /// The present worker's name, for who tidies up.
    pub(super) name: Arc<Mutex<String>>,
}

impl Line {
    pub(super) fn present_name(&self) -> String {
        self.name.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn next_worker(&self) -> Worker {
        let number = WORKERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{}-{}-{number}", self.pool.as_str(), self.tag, std::process::id());
        self.name.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&name);
        Worker {
            context: WorkerContext::new(&name),
            queue: self.queue.clone(),
            size: self.size,
            heartbeat: self.heartbeat,
            missed_heartbeats: self.missed_heartbeats,
            tick: Tick::new(self.poll, Arc::clone(&self.doorbell)),
            desk: self.desk.clone(),
        }
    }
}

/// Runs workers one after the other until told to stop; the last one then finishes what it has and takes nothing new.
pub(super) async fn supervise(line: Line, stopping: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    while !stopping.is_cancelled() {
        let worker = line.next_worker();
        let context = worker.context.clone();
        // Spawned, so that a panic inside apalis ends the worker and not the supervision.
        let mut working = AbortOnDropHandle::new(tokio::spawn(line.durable.work(worker)));
        let began = tokio::time::Instant::now();
        let ended = tokio::select! {
            ended = &mut working => ended,
            () = stopping.cancelled() => {
                // A worker that has not begun can't be stopped and holds nothing: it is dropped.
                if context.stop().is_err() {
                    return;
                }
                working.await
            }
        };
        let reason = match ended {
            Ok(Ok(())) if stopping.is_cancelled() => {
                if let Err(error) = line.durable.retire(&line.queue, context.name()).await {
                    tracing::debug!(%error, worker = context.name(), "the queue keeps the record of a worker that ended");
                }
                return;
            }
            Ok(Ok(())) => "it ended by itself".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        pause = if began.elapsed() > LONGEST_PAUSE * 2 { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tracing::warn!(pool = line.pool.as_str(), worker = context.name(), %reason, ?pause, "a worker lost its queue; starting another");
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopping.cancelled() => {}
        }
    }
}
