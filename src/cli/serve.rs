//! `serve`: planner, pools and page in one process. `work`: the pools alone, for more machines.

use super::demo::{self, Demo};
use super::installation::Installation;
use super::running::{Kept, Process, Signals, Team};
use super::telemetry::Telemetry;
use super::{Ending, Globals, interface, note};
use crate::assembly::{self, Tenancy};
use crate::config::Config;
use crate::domain::pool::Pool;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::process::{Duty, Presence};
use crate::engine::run::Pulse;
use crate::web::metrics::Watched;
use crate::web::site::{self, Site};
use crate::web::{board, hooks, operations};
use crate::workers::{PoolSizes, Queues};
use anyhow::Context;
use axum::Router;
use clap::ValueEnum;
use futures::future::join_all;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often it looks for tenants that were added and for what was published elsewhere.
const NEW_TENANTS: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Show everything at once: a sample tenant that lives through half a year in two minutes, in a temporary folder.
    #[arg(long)]
    pub demo: bool,
}

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
/// When a part can't be opened, the pools' supervision ended, or work was cut off at the end.
pub async fn serve(args: ServeArgs, globals: &Globals) -> anyhow::Result<Ending> {
    let mut config = globals.config()?;
    let demo = if args.demo { Some(Arc::new(Demo::prepare(&mut config).await?)) } else { None };
    let telemetry = Telemetry::start(&config)?;
    let mut signals = Signals::listen()?;
    let sizes = assembly::pool_sizes(&config.pools);
    let Some(opened) = signals
        .unless_asked(Box::pin(Opened::open(config, true, &sizes, demo.as_ref().map(|demo| demo.clock.clone() as Arc<dyn Clock>))))
        .await
    else {
        return Ok(Ending::Done);
    };
    let Opened { installation, presence, team } = opened?;
    let presence = presence.map(|presence| Kept::start(presence, Duty::Bury(team.queues.bell())));
    if demo.is_some() {
        installation.engine.go_by_for_people(Arc::new(SystemClock));
    }
    let stop = CancellationToken::new();
    let pulse = Arc::new(Pulse::default());
    let planner = tokio::spawn(installation.engine.clone().plan(team.queues.bell(), pulse.clone(), stop.clone()));
    let watcher = tokio::spawn(installation.engine.clone().watch_queue(team.queues.bell(), stop.clone()));
    let hearing = tokio::spawn(installation.engine.clone().listen(stop.clone()));
    let newcomers = tokio::spawn(look_for_tenants(installation.tenancy.clone(), stop.clone()));
    let marks = Kept::start_marks(installation.clone());
    let watched = Watched { engine: installation.engine.clone(), queues: team.queues.clone(), pulse: Some(pulse) };
    let site = Arc::new(Site::new(installation.tenancy.clone(), installation.config.pages_url()));
    let mut router = Router::new();
    if let Some(demo) = &demo {
        router = router.merge(demo.mailbox(&installation.config)?);
    }
    let (interface, webhooks) = interface::open(&installation, stop.clone())?;
    let router = router.merge(operations::router(watched)).merge(hooks::router(installation.engine.clone()));
    let router = router.merge(site::router(site.clone())).merge(interface);
    let (address, server) = pages(installation.config.server.listen, "listen", router, stop.clone()).await?;
    note(format_args!("mahnwerk serves {}; http://{address}", installation.shown_ledger()));
    let mut servers = vec![server];
    if let Some(listen) = installation.config.server.board_listen {
        let (address, server) = pages(listen, "board_listen", board::router(site), stop.clone()).await?;
        note(format_args!("the board for operations: http://{address}"));
        servers.push(server);
    }
    // A source tries the address before it takes a subscription.
    let sources = tokio::spawn(installation.engine.clone().keep_in_step(stop.clone()));
    let base = installation.config.server.public_url.clone();
    let link = move |tenant: &str, invoice| (!base.is_empty()).then(|| format!("{base}{}", site::invoice_path(tenant, invoice)));
    let owners = installation.engine.clone().tell_owners(installation.tenancy.outside.clone(), Arc::new(link), stop.clone());
    let owners = tokio::spawn(owners);
    welcome(&installation, address).await?;
    let lived = demo.clone().map(|demo| {
        note(format_args!("half a year passes in two minutes; its mails are at http://{address}/mailbox"));
        tokio::spawn(live_sample(installation.clone(), demo, stop.clone()))
    });
    let beside = [planner, watcher, hearing, newcomers, sources, webhooks, owners].into_iter().chain(lived).collect();
    let process = Process { installation, team, presence, marks, stop, beside };
    let ended = process.run(signals).await;
    // A page that is still being read does not hold the process up.
    let _ = tokio::time::timeout(Duration::from_secs(2), join_all(servers)).await;
    if let Some(demo) = &demo {
        demo.stop().await;
    }
    telemetry.stop().await;
    ended
}

async fn live_sample(installation: Arc<Installation>, demo: Arc<Demo>, stop: CancellationToken) {
    match demo::live(installation, demo, stop).await {
        Ok(()) => note("the half year is over; from now on it is today"),
        Err(error) => tracing::error!(error = format!("{error:#}"), "the sample's time stands still"),
    }
}

/// Pools alone, until SIGTERM or SIGINT.
///
/// # Errors
/// When a part can't be opened, the installation is an embedded one, the pools' supervision ended, or work was cut off
/// at the end.
pub async fn work(args: WorkArgs, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let telemetry = Telemetry::start(&config)?;
    let apart = config.ledger.url.scheme().starts_with("postgres") && config.queue.url.scheme().starts_with("redis");
    anyhow::ensure!(
        apart,
        "`work` shares the load of `serve` between machines: it needs PostgreSQL ([ledger] url) and Redis ([queue] url)"
    );
    let mut signals = Signals::listen()?;
    let wanted: Vec<Pool> = args.pools.into_iter().map(Pool::from).collect();
    let sizes = assembly::pool_sizes(&config.pools);
    let size = |pool| if wanted.contains(&pool) { sizes.of(pool).max(1) } else { 0 };
    let sizes = PoolSizes { print: size(Pool::Print), send: size(Pool::Send), post: size(Pool::Post) };
    let Some(opened) = signals.unless_asked(Box::pin(Opened::open(config, false, &sizes, None))).await else { return Ok(Ending::Done) };
    let Opened { installation, presence, team } = opened?;
    let presence = presence.map(|presence| Kept::start(presence, Duty::Live));
    let stop = CancellationToken::new();
    let newcomers = tokio::spawn(look_for_tenants(installation.tenancy.clone(), stop.clone()));
    let names: Vec<_> = wanted.iter().map(|pool| pool.as_str()).collect();
    note(format_args!("mahnwerk works on {} for {}", names.join(", "), installation.shown_ledger()));
    let marks = Kept::start_marks(installation.clone());
    let watched = Watched { engine: installation.engine.clone(), queues: team.queues.clone(), pulse: None };
    let mut server = None;
    if let Some(listen) = installation.config.server.work_listen {
        let (address, task) = pages(listen, "work_listen", operations::router(watched), stop.clone()).await?;
        note(format_args!("http://{address}/metrics"));
        server = Some(task);
    }
    let ended = Process { installation, team, presence, marks, stop, beside: vec![newcomers] }.run(signals).await;
    if let Some(server) = server {
        let _ = tokio::time::timeout(Duration::from_secs(2), server).await;
    }
    telemetry.stop().await;
    ended
}

/// While nobody can sign in, whoever starts it gets a link that makes the first account.
async fn welcome(installation: &Installation, address: SocketAddr) -> anyhow::Result<()> {
    if let Some(token) = installation.engine.first_link().await? {
        note(format_args!("nobody can sign in yet; this link makes the first account, once: http://{address}/welcome/{token}"));
    }
    Ok(())
}

/// Serves these pages until it is told to stop; where it listens.
async fn pages(
    listen: SocketAddr,
    key: &str,
    router: Router,
    stop: CancellationToken,
) -> anyhow::Result<(SocketAddr, JoinHandle<std::io::Result<()>>)> {
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("listening on {listen} ([server] {key})"))?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await });
    Ok((address, server))
}

/// A process whose parts are open and that is known to the others.
struct Opened {
    installation: Arc<Installation>,
    presence: Option<Presence>,
    team: Team,
}

impl Opened {
    /// Opens the parts, and takes up what older processes left: on an embedded ledger everything, on a shared one what
    /// those left who are proved dead.
    async fn open(config: Config, migrate: bool, sizes: &PoolSizes, clock: Option<Arc<dyn Clock>>) -> anyhow::Result<Self> {
        let installation = match clock {
            Some(clock) => Installation::open_with(config, migrate, clock).await?,
            None => Installation::open(config, migrate).await?,
        };
        let mut presence = installation.register().await?;
        let queues = Queues::open(&assembly::queue_settings(&installation.config.queue, &installation.engine.owner.name())).await?;
        let bell = queues.bell();
        match &mut presence {
            Some(presence) => {
                installation.engine.acquit().await?;
                presence.bury_at_start().await?;
                installation.engine.take_up(bell.as_ref()).await?;
            }
            None => installation.engine.recover(bell.as_ref()).await?,
        }
        // Afterwards: what this process starts is not what an older one left, and its flight log takes the older one's place.
        let team = Team::start(&installation, queues, sizes)?;
        Ok(Self { installation, presence, team })
    }
}

async fn look_for_tenants(tenancy: Arc<Tenancy>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = tenancy.take_on().await {
            tracing::error!(error = format!("{error:#}"), "tenants of the ledger could not be taken on");
        }
        tokio::select! {
            () = tokio::time::sleep(NEW_TENANTS) => {}
            () = tenancy.changed.notified() => {}
            () = stop.cancelled() => {}
        }
    }
}
