//! A process that runs on, and its end: what was begun is finished in the time that is given, the rest is left whole.

use super::Ending;
use super::installation::Installation;
use crate::engine::perform::Work;
use crate::engine::process::{Duty, Presence};
use crate::engine::width::Width;
use crate::workers::{Drained, PoolSizes, Pools, Queues};
use anyhow::Context;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// For what follows the draining: it concerns nobody but this process.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// SIGTERM and SIGINT, heard from the start: one that comes while the process still opens its parts counts.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// # Errors
    /// When the operating system refuses.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Opens the process's parts, which may take a while (a database that does not answer, a long migration); `None` when it
    /// was asked to stop before they were open.
    pub(super) async fn unless_asked<T>(&mut self, opening: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            opened = opening => Some(opened),
            () = self.asked() => None,
        }
    }

    /// The next request to stop.
    pub(super) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Queues, the work and the pools that bring them together.
#[derive(Debug)]
pub(super) struct Team {
    pub(super) queues: Arc<Queues>,
    work: Arc<Work>,
    pools: Pools,
}

impl Team {
    /// Sets the pools to work on what stands in the queues.
    ///
    /// # Errors
    /// When the flight log can't be begun.
    pub(super) fn start(installation: &Arc<Installation>, queues: Queues, sizes: &PoolSizes) -> anyhow::Result<Self> {
        let connections = usize::try_from(installation.config.smtp.connections).unwrap_or(1);
        let width = Width::new(sizes.print, connections, sizes.post);
        let flight = installation.begin_flight()?;
        let work = Work::with_flight(installation.engine.clone(), installation.outside.clone(), width, flight);
        work.set_bell(queues.bell());
        let pools = queues.start(sizes, work.clone());
        Ok(Self { queues: Arc::new(queues), work, pools })
    }
}

/// What is kept until everything else has ended: the lock of this process on a shared ledger, the mark of how far the ledger is.
#[derive(Debug)]
pub(super) struct Kept {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Kept {
    pub(super) fn start(presence: Presence, duty: Duty) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(presence.keep(duty, stop.clone())), stop }
    }

    /// Keeps how far the ledger is, outside of it (`marks`).
    pub(super) fn start_marks(installation: Arc<Installation>) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(installation.keep_marks(stop.clone())), stop }
    }

    async fn sign_off(self) {
        self.stop.cancel();
        let _ = tokio::time::timeout(LAST_WORDS, self.task).await;
    }
}

/// Everything of a running process that has to be ended.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) installation: Arc<Installation>,
    pub(super) team: Team,
    pub(super) presence: Option<Kept>,
    pub(super) marks: Kept,
    /// Stops what runs beside the pools.
    pub(super) stop: CancellationToken,
    pub(super) beside: Vec<JoinHandle<()>>,
}

/// Why a running process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Asked,
    PoolsGone,
}

impl Process {
    /// Runs until it is asked to stop, then drains.
    ///
    /// # Errors
    /// When the pools' supervision ended, when work was still under way at the end of the time, or when it was asked a
    /// second time.
    pub(super) async fn run(self, mut signals: Signals) -> anyhow::Result<Ending> {
        let ended = tokio::select! {
            () = signals.asked() => Ended::Asked,
            () = self.team.pools.failed() => Ended::PoolsGone,
        };
        let Self { installation, team, presence, marks, stop, beside } = self;
        let seconds = installation.config.pools.drain_seconds;
        tracing::info!(seconds, "ending: nothing new is begun, what is under way has so long");
        stop.cancel();
        team.work.drain();
        let drained = tokio::select! {
            drained = drain(team.pools, beside, Duration::from_secs(seconds.into())) => drained,
            () = signals.asked() => {
                anyhow::bail!("asked to stop a second time: ended at once; what was under way is taken up as after a crash")
            }
        };
        if let Some(kept) = presence {
            kept.sign_off().await;
        }
        // After the last work: what was still being sent moved the ledger on.
        marks.sign_off().await;
        // Work that was cut off may still hold a connection.
        let _ = tokio::time::timeout(LAST_WORDS, installation.engine.store.close()).await;
        match drained {
            Drained::Completely => tracing::info!("all steps in hand were finished"),
            Drained::Cut { running: 0 } => tracing::warn!("the queue did not answer in time; it may deliver again what is done"),
            Drained::Cut { running } => anyhow::bail!(
                "{running} chunks were still being worked on after {seconds} s ([pools] drain_seconds): they are taken up as after a crash, \
                 mails on the wire become unknown"
            ),
        }
        anyhow::ensure!(ended == Ended::Asked, "the worker pools' supervision ended; the process must be started again");
        Ok(Ending::Done)
    }
}

/// Waits for what is under way, and for what runs beside it, at most `limit` in all.
async fn drain(pools: Pools, beside: Vec<JoinHandle<()>>, limit: Duration) -> Drained {
    let until = Instant::now() + limit;
    let drained = pools.stop(limit).await;
    for task in beside {
        // A round that waits for a database that is away holds nothing that could be lost.
        let _ = tokio::time::timeout_at(until, task).await;
    }
    drained
}
