//! The running pools of this process, and their end.

use super::desk::Desk;
use super::memory::MemoryQueue;
use super::supervise::{Line, supervise};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Worker pools at work. Dropped, they take nothing new and forget what is in work, which runs on unacknowledged;
/// [`Pools::stop`] waits for it.
#[derive(Debug)]
pub struct Pools {
    desks: Vec<Desk>,
    supervision: Vec<JoinHandle<()>>,
    stopping: CancellationToken,
    ended: CancellationToken,
}

/// How stopping went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every chunk that was in work is done, and the queue knows it.
    Completely,
    /// Time ran out. So many chunks were still in work; they run on until the process ends. With 0 only the queue did not
    /// answer in time, and may deliver again what is done.
    Cut { running: usize },
}

impl Pools {
    pub(super) fn durable(lines: Vec<Line>, tidy_every: Duration, keep: Duration) -> Self {
        let desks = lines.iter().map(|line| line.desk.clone()).collect();
        let (stopping, ended) = (CancellationToken::new(), CancellationToken::new());
        let idle = CancellationToken::new();
        let working = Arc::new(idle.clone().drop_guard());
        let supervised = |line: &Line| {
            let (work, working) = (supervise(line.clone(), stopping.clone()), working.clone());
            async move {
                work.await;
                drop(working);
            }
        };
        let mut supervision: Vec<JoinHandle<()>> = lines.iter().map(|line| watched(supervised(line), ended.clone().drop_guard())).collect();
        if !lines.is_empty() {
            supervision.push(watched(tidy_up(lines, stopping.clone(), idle, tidy_every, keep), ended.clone().drop_guard()));
        }
        Self { desks, supervision, stopping, ended }
    }

    pub(super) fn memory(queue: Arc<MemoryQueue>, desks: Vec<Desk>) -> Self {
        let (stopping, ended) = (CancellationToken::new(), CancellationToken::new());
        let (stop, guard) = (stopping.clone(), ended.clone().drop_guard());
        let work = async move { queue.work(stop).await };
        Self { desks, supervision: vec![watched(work, guard)], stopping, ended }
    }

    /// Takes no new work and waits until what is in work is done, at most `drain`.
    pub async fn stop(mut self, drain: Duration) -> Drained {
        self.stopping.cancel();
        for desk in &self.desks {
            desk.running().close();
        }
        let supervision = std::mem::take(&mut self.supervision);
        let (desks, aborts) = (&self.desks, supervision.iter().map(JoinHandle::abort_handle).collect::<Vec<_>>());
        let ending = async move {
            futures::future::join_all(supervision).await;
            for desk in desks {
                desk.running().wait().await;
            }
        };
        if tokio::time::timeout(drain, ending).await.is_ok() {
            return Drained::Completely;
        }
        aborts.iter().for_each(tokio::task::AbortHandle::abort);
        Drained::Cut { running: desks.iter().map(|desk| desk.running().len()).sum() }
    }

    /// Resolves when supervision ended though nobody stopped it. The process then works no more and should end.
    pub fn failed(&self) -> impl Future<Output = ()> + Send + 'static {
        self.ended.clone().cancelled_owned()
    }
}

impl Drop for Pools {
    fn drop(&mut self) {
        // Cut off first: who is told to stop while it still runs would end well, with its worker signed off.
        for task in &self.supervision {
            task.abort();
        }
        self.stopping.cancel();
    }
}

/// Spawns a part of the supervision; however it ends, the guard is dropped and [`Pools::failed`] learns it.
fn watched(part: impl Future<Output = ()> + Send + 'static, guard: DropGuard) -> JoinHandle<()> {
    tokio::spawn(async move {
        let _guard = guard;
        part.await;
    })
}

/// Removes from the queues what apalis keeps for ever: at the start, then regularly, and once more at the end.
async fn tidy_up(lines: Vec<Line>, stopping: CancellationToken, idle: CancellationToken, every: Duration, keep: Duration) {
    loop {
        tidy(&lines, keep).await;
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = stopping.cancelled() => break,
        }
    }
    // Once more when the last chunk is acknowledged: what came after the last look would stay.
    idle.cancelled().await;
    tidy(&lines, keep).await;
}

async fn tidy(lines: &[Line], keep: Duration) {
    for line in lines {
        if let Err(error) = line.durable.tidy(&line.queue, &line.present_name(), keep).await {
            tracing::debug!(%error, queue = line.queue, "could not tidy the queue; trying again later");
        }
    }
}
