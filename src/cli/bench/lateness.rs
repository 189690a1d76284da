//! `bench lateness`: timers one after another under light load, by the machine's clock, from planner to effect.

use super::ground::{Ground, day, percentile, thousandths};
use super::process;
use crate::assembly;
use crate::cli::{Ending, Globals, say};
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::perform::Work;
use crate::engine::ports::{Effects, Job, Material, Outcome};
use crate::engine::width::Width;
use crate::store::views::InstanceFilter;
use futures::future::BoxFuture;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long after the start the first timer is due: until then everything has come to rest.
const RUN_UP_MS: i64 = 3000;
/// How long the process is watched when all is done.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[arg(long, value_name = "N", default_value_t = 400)]
    count: usize,
    /// From one timer to the next.
    #[arg(long, value_name = "MS", default_value_t = 50)]
    gap_ms: u32,
    /// The ledger; a temporary SQLite file if not named. It must be empty.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// A step that does nothing but look at the clock: when each invoice's effect happened.
#[derive(Debug, Default)]
struct Watched(Mutex<BTreeMap<String, Timestamp>>);

impl Watched {
    fn seen(&self) -> BTreeMap<String, Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self) -> u64 {
        u64::try_from(self.0.lock().unwrap_or_else(PoisonError::into_inner).len()).unwrap_or(0)
    }
}

impl Effects for Watched {
    fn prepare<'a>(&'a self, _: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>> {
        Box::pin(async { Ok(Material::default()) })
    }

    fn act<'a>(&'a self, job: &'a Job, _: &'a Material) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let now = SystemClock.now();
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.extend(job.notice.lines.iter().map(|line| (line.invoice.clone(), now)));
            Outcome::Done { reply: String::new() }
        })
    }

    fn language(&self, _: TenantId, _: &str, wanted: &str) -> String {
        wanted.to_owned()
    }
}

/// The job's line.
#[derive(Debug, Serialize)]
struct Figures {
    timers: usize,
    gap_ms: u32,
    /// From the instant at which a timer was due to its effect, the intent stored.
    late_ms: Spread,
    /// Of it, until the planner had issued the notice.
    issued_ms: Spread,
    idle_cpu_percent: f64,
}

#[derive(Debug, Serialize)]
struct Spread {
    p50: i64,
    p99: i64,
    max: i64,
}

impl Spread {
    fn of(values: impl Iterator<Item = i64>) -> Self {
        let mut sorted: Vec<_> = values.collect();
        sorted.sort_unstable();
        Self { p50: percentile(&sorted, 50), p99: percentile(&sorted, 99), max: percentile(&sorted, 100) }
    }
}

/// Runs the job and prints its line.
///
/// # Errors
/// When a part can't be opened or a timer does not fire.
pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let ground = Ground::open(&config, args.database.as_deref(), 0).await?;
    let workflow = ground.publish("email", 1).await?;
    ground.enrol(workflow, args.count, day(-10)?).await?;
    let due = set_timers(&ground, &args).await?;
    let (effects, queues) = (Arc::new(Watched::default()), ground.queues(&config).await?);
    let work = Work::new(ground.engine.clone(), effects.clone(), Width::unbounded());
    work.set_bell(queues.bell());
    let pools = queues.start(&assembly::pool_sizes(&config.pools), work);
    let stop = CancellationToken::new();
    let planner = tokio::spawn(ground.engine.clone().plan(queues.bell(), Arc::default(), stop.clone()));
    let count = u64::try_from(args.count)?;
    ground.wait_for("waking", count, Duration::from_millis(200), || effects.count()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = process::cpu_ms();
    tokio::time::sleep(IDLE).await;
    let idle_ms = process::cpu_ms().saturating_sub(before);
    stop.cancel();
    planner.await?;
    pools.stop(Duration::from_secs(10)).await;
    let seen = effects.seen();
    let mut issued = BTreeMap::new();
    for dispatch in ground.engine.store.notice_list(ground.tenant, "", i64::MAX).await? {
        issued.insert(dispatch.customer_number, dispatch.slot_at);
    }
    let since = |pick: &dyn Fn(&str) -> Option<Timestamp>| {
        Spread::of(due.iter().filter_map(|(number, at)| Some(pick(number)?.0 - at.0)).collect::<Vec<_>>().into_iter())
    };
    let figures = Figures {
        timers: args.count,
        gap_ms: args.gap_ms,
        late_ms: since(&|number| seen.get(number).copied()),
        // Each customer of the bench has one invoice, with the customer's number.
        issued_ms: since(&|number| issued.get(number).copied()),
        idle_cpu_percent: thousandths(idle_ms * 100_000 / u64::try_from(IDLE.as_millis())?),
    };
    say(serde_json::to_string(&figures)?);
    ground.engine.store.close().await;
    Ok(Ending::Done)
}

/// Sets the instances' timers one after another, by the instant that a planner would put them off to.
async fn set_timers(ground: &Ground, args: &Args) -> anyhow::Result<BTreeMap<String, Timestamp>> {
    let instances = ground.engine.store.instance_list(ground.tenant, &InstanceFilter::default(), i64::MAX).await?;
    let first = SystemClock.now().0 + RUN_UP_MS;
    let ats = (0..).map(|place: i64| Timestamp(first + place * i64::from(args.gap_ms)));
    let timers: Vec<(InvoiceId, Timestamp)> = instances.iter().map(|instance| instance.id).zip(ats.clone()).collect();
    let mut tx = ground.engine.store.begin_tenant(ground.tenant).await?;
    tx.postpone(&timers).await?;
    tx.commit().await?;
    Ok(instances.into_iter().map(|instance| instance.number).zip(ats).collect())
}
