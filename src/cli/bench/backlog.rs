//! `bench backlog`: very many due at one instant. Behind a throttle they queue, and neither memory nor a round may grow with
//! them; without one they are worked off.

use super::ground::{Ground, day, percentile};
use super::ladder::{NoOp, per_second};
use super::process::{self, Counter};
use crate::cli::{Ending, Globals, say};
use crate::config::Config;
use crate::domain::ids::TenantId;
use crate::engine::perform::Work;
use crate::engine::ports::{Effects, Job, Material, Outcome};
use crate::engine::width::Width;
use crate::workers::PoolSizes;
use futures::future::BoxFuture;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Rounds that are measured when all stand in the queue.
const ROUNDS: usize = 200;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    instances: usize,
    /// The sender's throttle; 0 for none: then everything is worked off, by steps that do nothing.
    #[arg(long, value_name = "S", default_value_t = 1)]
    every_seconds: u32,
}

/// A throttled backlog's line. Times in microseconds.
#[derive(Debug, Serialize)]
struct Queued {
    instances: usize,
    every_seconds: u32,
    enrol_per_s: u64,
    /// Until all stand in the queue.
    queued_per_s: u64,
    /// A round that puts a batch into the queue, among the first tenth of them and among the last.
    round_us: Rounds,
    /// With the whole queue standing: a round, and asking when the next one is due.
    waiting_round_us: Spread,
    next_round_us: Spread,
    peak_rss_mb: u64,
}

#[derive(Debug, Serialize)]
struct Rounds {
    first: Spread,
    last: Spread,
}

#[derive(Debug, Serialize)]
struct Spread {
    p50: i64,
    p99: i64,
}

/// A burst's line.
#[derive(Debug, Serialize)]
struct Burst {
    instances: usize,
    every_seconds: u32,
    enrol_per_s: u64,
    drain_per_s: u64,
    peak_rss_mb: u64,
}

/// A step that does nothing and is counted.
#[derive(Debug)]
struct Counted(NoOp, Counter);

impl Effects for Counted {
    fn prepare<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>> {
        self.0.prepare(job)
    }

    fn act<'a>(&'a self, job: &'a Job, material: &'a Material) -> BoxFuture<'a, Outcome> {
        self.1.add(1);
        self.0.act(job, material)
    }

    fn language(&self, tenant: TenantId, template: &str, wanted: &str) -> String {
        self.0.language(tenant, template, wanted)
    }
}

/// Runs the job and prints its line.
///
/// # Errors
/// When a part can't be opened or the backlog is not what it must be.
pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let ground = Ground::open(&config, None, args.every_seconds).await?;
    let workflow = ground.publish("email", 1).await?;
    let enrol_per_s = ground.enrol(workflow, args.instances, day(-10)?).await?;
    process::forget_peak();
    let line = if args.every_seconds == 0 {
        serde_json::to_string(&burst(&ground, &args, &config, enrol_per_s).await?)?
    } else {
        serde_json::to_string(&queued(&ground, &args, enrol_per_s).await?)?
    };
    say(line);
    ground.engine.store.close().await;
    Ok(Ending::Done)
}

async fn queued(ground: &Ground, args: &Args, enrol_per_s: u64) -> anyhow::Result<Queued> {
    let (engine, tenant) = (&ground.engine, ground.tenant);
    let started = Instant::now();
    let mut rounds = Vec::new();
    let mut progress = crate::cli::progress::Progress::start("queueing");
    loop {
        let began = Instant::now();
        let round = engine.round(tenant).await?;
        if !round.more && round.due == 0 {
            break;
        }
        rounds.push(micros(began));
        progress.reached(&format!("{} rounds", rounds.len()));
    }
    progress.finish();
    let queued_per_s = per_second(args.instances, started.elapsed().as_millis());
    let (mut waiting, mut asking) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        engine.round(tenant).await?;
        waiting.push(micros(began));
        let began = Instant::now();
        engine.next_round(tenant).await?;
        asking.push(micros(began));
    }
    let standing: i64 = engine.store.backlog(tenant).await?.iter().map(|(_, count)| count).sum();
    let left = i64::try_from(args.instances)? - standing;
    anyhow::ensure!((1..=i64::try_from(started.elapsed().as_secs())? + 2).contains(&left), "{left} left through the throttle");
    let tenth = (rounds.len() / 10).max(1);
    let (first, last) = (rounds[..tenth].to_vec(), rounds[rounds.len() - tenth..].to_vec());
    Ok(Queued {
        instances: args.instances,
        every_seconds: args.every_seconds,
        enrol_per_s,
        queued_per_s,
        round_us: Rounds { first: spread(first), last: spread(last) },
        waiting_round_us: spread(waiting),
        next_round_us: spread(asking),
        peak_rss_mb: process::peak_rss_mb(),
    })
}

async fn burst(ground: &Ground, args: &Args, config: &Config, enrol_per_s: u64) -> anyhow::Result<Burst> {
    let drain_per_s = send_all(ground, config, args.instances).await?;
    let peak_rss_mb = process::peak_rss_mb();
    Ok(Burst { instances: args.instances, every_seconds: 0, enrol_per_s, drain_per_s, peak_rss_mb })
}

/// Works off all that is due, so many notices, by steps that do nothing; how many a second.
pub(super) async fn send_all(ground: &Ground, config: &Config, count: usize) -> anyhow::Result<u64> {
    let (acted, queues) = (Counter::default(), ground.queues(config).await?);
    let work = Work::new(ground.engine.clone(), Arc::new(Counted(NoOp, acted.clone())), Width::unbounded());
    work.set_bell(queues.bell());
    let pools = queues.start(&PoolSizes { print: 0, send: 8, post: 0 }, work);
    let (stop, started) = (CancellationToken::new(), Instant::now());
    let planner = tokio::spawn(ground.engine.clone().plan(queues.bell(), Arc::default(), stop.clone()));
    ground.wait_for("sending", u64::try_from(count)?, Duration::from_millis(20), || acted.get()).await?;
    let drain_per_s = per_second(count, started.elapsed().as_millis());
    stop.cancel();
    planner.await?;
    pools.stop(Duration::from_secs(10)).await;
    Ok(drain_per_s)
}

fn micros(began: Instant) -> i64 {
    i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX)
}

fn spread(mut values: Vec<i64>) -> Spread {
    values.sort_unstable();
    Spread { p50: percentile(&values, 50), p99: percentile(&values, 99) }
}
