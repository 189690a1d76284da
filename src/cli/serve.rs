//! `serve`: planner, pools and page in one process. `work`: the pools alone, for more machines.

use super::installation::Installation;
use super::telemetry::Telemetry;
use super::{Ending, Globals, note, wiring};
use crate::domain::pool::Pool;
use crate::engine::perform::{Width, Work};
use crate::engine::run::Pulse;
use crate::web::metrics::Watched;
use crate::web::operations;
use crate::workers::{Drained, PoolSizes, Pools, Queues};
use anyhow::Context;
use clap::ValueEnum;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often it looks for tenants that were added while it runs.
const NEW_TENANTS: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub struct ServeArgs {}

#[derive(Debug, clap::Args)]
pub struct WorkArgs {
    /// The pools that this process works in.
    #[arg(long, value_name = "POOLS", value_delimiter = ',', default_value = "send,print,post")]
    pub pools: Vec<PoolName>,
}

/// A pool on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PoolName {
    Print,
    Send,
    Post,
}

impl From<PoolName> for Pool {
    fn from(name: PoolName) -> Self {
        match name {
            PoolName::Print => Self::Print,
            PoolName::Send => Self::Send,
            PoolName::Post => Self::Post,
        }
    }
}

/// Everything in one process, until SIGTERM or SIGINT.
///
/// # Errors
/// When a part can't be opened, or the pools' supervision ended.
pub async fn serve(_: ServeArgs, globals: &Globals) -> anyhow::Result<Ending> {
    let config = wiring::config(globals)?;
    let telemetry = Telemetry::start(&config)?;
    let installation = Installation::open(config, true).await?;
    let sizes = wiring::pool_sizes(&installation.config.pools);
    let (queues, pools) = start_pools(&installation, &sizes).await?;
    if installation.embedded() {
        installation.engine.recover(queues.bell().as_ref()).await?;
    }
    let stop = CancellationToken::new();
    let pulse = Arc::new(Pulse::default());
    let planner = tokio::spawn(installation.engine.clone().plan(queues.bell(), pulse.clone(), stop.clone()));
    let newcomers = tokio::spawn(look_for_tenants(installation.clone(), stop.clone()));
    let marks_kept = CancellationToken::new();
    let marks = tokio::spawn(installation.clone().keep_marks(marks_kept.clone()));
    let queues = Arc::new(queues);
    let watched = Watched { engine: installation.engine.clone(), queues, pulse: Some(pulse) };
    let (address, server) = pages(installation.config.server.listen, "listen", watched, stop.clone()).await?;
    note(format_args!("mahnwerk serves {}; http://{address}/healthz", installation.shown_ledger()));
    let ended = wait(&pools).await;
    stop.cancel();
    for task in [planner, newcomers] {
        task.await.context("the planner broke down")?;
    }
    let drained = finish(&installation, pools, ended).await;
    // Last of all: what was still being sent moved the ledger on.
    marks_kept.cancel();
    marks.await.context("keeping the ledger's mark broke down")?;
    // A page that is still being read does not hold the process up.
    let _ = tokio::time::timeout(Duration::from_secs(2), server).await;
    telemetry.stop().await;
    drained
}

/// Pools alone, until SIGTERM or SIGINT.
///
/// # Errors
/// When a part can't be opened, the installation is an embedded one, or the pools' supervision ended.
pub async fn work(args: WorkArgs, globals: &Globals) -> anyhow::Result<Ending> {
    let config = wiring::config(globals)?;
    let telemetry = Telemetry::start(&config)?;
    let apart = config.ledger.url.scheme().starts_with("postgres") && config.queue.url.scheme().starts_with("redis");
    anyhow::ensure!(
        apart,
        "`work` shares the load of `serve` between machines: it needs PostgreSQL ([ledger] url) and Redis ([queue] url)"
    );
    let installation = Installation::open(config, false).await?;
    let wanted: Vec<Pool> = args.pools.into_iter().map(Pool::from).collect();
    let sizes = wiring::pool_sizes(&installation.config.pools);
    let size = |pool| if wanted.contains(&pool) { sizes.of(pool).max(1) } else { 0 };
    let sizes = PoolSizes { print: size(Pool::Print), send: size(Pool::Send), post: size(Pool::Post) };
    let (queues, pools) = start_pools(&installation, &sizes).await?;
    let stop = CancellationToken::new();
    let newcomers = tokio::spawn(look_for_tenants(installation.clone(), stop.clone()));
    let marks_kept = CancellationToken::new();
    let marks = tokio::spawn(installation.clone().keep_marks(marks_kept.clone()));
    let names: Vec<_> = wanted.iter().map(|pool| pool.as_str()).collect();
    note(format_args!("mahnwerk works on {} for {}", names.join(", "), installation.shown_ledger()));
    let watched = Watched { engine: installation.engine.clone(), queues: Arc::new(queues), pulse: None };
    let mut server = None;
    if let Some(listen) = installation.config.server.work_listen {
        let (address, task) = pages(listen, "work_listen", watched, stop.clone()).await?;
        note(format_args!("http://{address}/metrics"));
        server = Some(task);
    }
    let ended = wait(&pools).await;
    stop.cancel();
    newcomers.await.context("looking for tenants broke down")?;
    let drained = finish(&installation, pools, ended).await;
    marks_kept.cancel();
    marks.await.context("keeping the ledger's mark broke down")?;
    if let Some(server) = server {
        let _ = tokio::time::timeout(Duration::from_secs(2), server).await;
    }
    telemetry.stop().await;
    drained
}

/// Serves the pages for those who watch, until it is told to stop; where it listens.
async fn pages(
    listen: SocketAddr,
    key: &str,
    watched: Watched,
    stop: CancellationToken,
) -> anyhow::Result<(SocketAddr, JoinHandle<std::io::Result<()>>)> {
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("listening on {listen} ([server] {key})"))?;
    let address = listener.local_addr()?;
    let router = operations::router(watched);
    let server = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await });
    Ok((address, server))
}

async fn start_pools(installation: &Arc<Installation>, sizes: &PoolSizes) -> anyhow::Result<(Queues, Pools)> {
    let config = &installation.config;
    let queues = Queues::open(&wiring::queue_settings(&config.queue, &installation.engine.owner)).await?;
    let connections = usize::try_from(config.smtp.connections).unwrap_or(1);
    let width = Width::new(sizes.print, connections, sizes.post);
    let work = Work::new(installation.engine.clone(), installation.outside.clone(), width);
    work.set_bell(queues.bell());
    let pools = queues.start(sizes, work);
    Ok((queues, pools))
}

async fn look_for_tenants(installation: Arc<Installation>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = installation.take_on_tenants().await {
            tracing::error!(error = format!("{error:#}"), "tenants of the ledger could not be taken on");
        }
        tokio::select! {
            () = tokio::time::sleep(NEW_TENANTS) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Why a running process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Asked,
    PoolsGone,
}

async fn wait(pools: &Pools) -> Ended {
    tokio::select! {
        () = asked_to_stop() => Ended::Asked,
        () = pools.failed() => Ended::PoolsGone,
    }
}

pub(super) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

async fn finish(installation: &Installation, pools: Pools, ended: Ended) -> anyhow::Result<Ending> {
    let seconds = u64::from(installation.config.pools.drain_seconds);
    match pools.stop(Duration::from_secs(seconds)).await {
        Drained::Completely => tracing::info!("all steps in hand were finished"),
        Drained::Cut { running } => tracing::warn!(running, "steps were still being carried out when the drain time was over"),
    }
    installation.engine.store.close().await;
    anyhow::ensure!(ended == Ended::Asked, "the worker pools' supervision ended; the process must be started again");
    Ok(Ending::Done)
}
