//! `bench ladder`: the same engine, ledger, queue, pools and mail adapter as `serve`; only the dates lie close together.

use super::call_times::CallTimes;
use super::clock::LeapingClock;
use super::ground::{Ground, TENANT, percentile, thousandths};
use super::process;
use crate::adapters::letters::PrintBatch;
use crate::adapters::mail::{Security, SmtpMailer, SmtpSettings};
use crate::adapters::outside::{Outside, Ways};
use crate::assembly;
use crate::cli::progress::Progress;
use crate::cli::{Ending, Globals, note, say};
use crate::config::Config;
use crate::domain::chain::hex;
use crate::domain::ids::TenantId;
use crate::domain::time::{Timestamp, instant};
use crate::domain::workflow::{Workflow, parse};
use crate::engine::audit;
use crate::engine::clock::{Clock, Entropy, SystemEntropy};
use crate::engine::intake::Incoming;
use crate::engine::perform::Work;
use crate::engine::ports::{Effects, Job, Material, Outcome};
use crate::engine::width::Width;
use crate::store::intake::{CustomerRecord, InvoiceRecord};
use crate::store::probe::Probe;
use crate::store::statement::Dialect;
use crate::workers::Queues;
use anyhow::{Context, bail};
use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use futures::future::BoxFuture;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How far before the due instant the clock stands after a leap: longer than the planner's tick, so that it sleeps to the instant.
const RUN_UP_MS: i64 = 1500;
/// How long a stage may take before the job gives up.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    instances: usize,
    #[arg(long, value_name = "K", default_value_t = 3)]
    stages: usize,
    /// Send real mails to this server, smtp://HOST:PORT; without it the step does nothing.
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// The ledger; a temporary SQLite file if not named. It must be empty.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The queue; a temporary SQLite file if not named.
    #[arg(long, value_name = "URL")]
    queue: Option<String>,
    /// Connections to the mail server, and workers of the send pool.
    #[arg(long, value_name = "N", default_value_t = 8)]
    workers: usize,
    /// Write how often the ledger was asked what during the climb, and how long that took, to standard error.
    #[arg(long)]
    statements: bool,
}

/// A step that does nothing.
#[derive(Debug)]
pub(super) struct NoOp;

impl Effects for NoOp {
    fn prepare<'a>(&'a self, _: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>> {
        Box::pin(async { Ok(Material::default()) })
    }

    fn act<'a>(&'a self, _: &'a Job, _: &'a Material) -> BoxFuture<'a, Outcome> {
        Box::pin(async { Outcome::Done { reply: String::new() } })
    }

    fn language(&self, _: TenantId, _: &str, wanted: &str) -> String {
        wanted.to_owned()
    }
}

/// The bench's ladder: K mails, a day apart, each at 09:00 without a window.
fn workflow(stages: usize) -> anyhow::Result<Workflow> {
    let mut text = String::from(
        "name = \"bench\"\ntitle = { en = \"Bench\" }\ntimezone = \"Europe/Berlin\"\nholidays = \"none\"\n\
         [rules]\nconsolidate = false\nmin_gap_days = 1\n",
    );
    for stage in 1..=stages {
        text.push_str(&format!(
            "[[stages]]\nkey = \"stage-{stage}\"\nkind = \"reminder\"\nanchor = \"due_date\"\nafter_days = {stage}\ntemplate = \"reminder-1\"\n"
        ));
    }
    let parsed = parse(&text);
    parsed.workflow.with_context(|| parsed.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

pub(super) fn incoming(number: usize, due_date: NaiveDate) -> Incoming {
    let name = format!("{number:07}");
    Incoming {
        customer: CustomerRecord {
            number: name.clone(),
            name: format!("Customer {name}"),
            email: format!("c{name}@customers.example"),
            street: "Marktplatz 1".to_owned(),
            postcode: "10115".to_owned(),
            city: "Berlin".to_owned(),
            country: "DE".to_owned(),
            language: "en".to_owned(),
            kind: "business".to_owned(),
            addresses: Vec::new(),
        },
        invoice: InvoiceRecord {
            external_id: name.clone(),
            number: name.clone(),
            customer: name,
            kind: "invoice".to_owned(),
            currency: "EUR".to_owned(),
            amount_minor: 10_000,
            invoice_date: due_date,
            due_date,
            document: None,
        },
        document: None,
    }
}

/// The job's line.
#[derive(Debug, Serialize)]
struct Figures {
    instances: usize,
    stages: usize,
    ledger: &'static str,
    queue: &'static str,
    smtp: bool,
    enrol_per_s: u64,
    drain_stages_per_s: u64,
    cpu_ms_per_stage: f64,
    /// From the instant at which a notice was due to its dispatch.
    late_ms: Late,
    rss_mb: u64,
    disk_bytes_per_instance: u64,
    transitions: i64,
    chain: String,
}

#[derive(Debug, Serialize)]
struct Late {
    p50: i64,
    p99: i64,
}

/// Runs the job and prints its line.
///
/// # Errors
/// When a part can't be opened or the instances don't come to their end.
pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let clock = Arc::new(LeapingClock::default());
    let times = args.statements.then(|| Arc::new(CallTimes::start()));
    let ground = open(&args, &config, clock.clone(), times.clone()).await?;
    let due_date = clock.now().date_in(Tz::Europe__Berlin).checked_add_days(Days::new(1)).context("the end of time")?;
    let workflow = ground.engine.publish(ground.tenant, &workflow(args.stages)?).await?;
    let enrol_per_s = ground.enrol(workflow, args.instances, due_date).await?;
    let (queues, work) = (
        open_queues(&args, &ground).await?,
        Work::with_flight(ground.engine.clone(), effects(&args, &config, &ground)?, width(&args), ground.begin_flight()?),
    );
    work.set_bell(queues.bell());
    let sizes = crate::workers::PoolSizes { print: 0, send: args.workers, post: 0 };
    let pools = queues.start(&sizes, work);
    let stop = CancellationToken::new();
    let planner = tokio::spawn(ground.engine.clone().plan(queues.bell(), Arc::default(), stop.clone()));
    if let Some(times) = &times {
        times.clear();
    }
    let cpu_before = process::cpu_ms();
    let mut due = Vec::with_capacity(args.stages);
    let mut progress = Progress::start("climbing");
    for stage in 1..=args.stages {
        progress.reached(&format!("stage {stage} of {}", args.stages));
        let days = Days::new(u64::try_from(stage)?);
        let date = due_date.checked_add_days(days).context("the end of time")?;
        let at = instant(Tz::Europe__Berlin, date, NaiveTime::from_hms_opt(9, 0, 0).context("nine o'clock")?);
        due.push(at);
        clock.leap_to(Timestamp(at.0 - RUN_UP_MS));
        drained(&ground, &clock, at).await?;
    }
    progress.finish();
    let cpu_ms = process::cpu_ms().saturating_sub(cpu_before);
    stop.cancel();
    planner.await.context("the planner broke down")?;
    pools.stop(Duration::from_secs(10)).await;
    if let Some(times) = &times {
        note(times.table(args.instances * args.stages));
    }
    report(&ground, &args, enrol_per_s, cpu_ms, &due).await?;
    ground.engine.store.close().await;
    Ok(Ending::Done)
}

/// The ground of the ladder: its creditor has a name and nothing else, unless the configuration says more.
async fn open(args: &Args, config: &Config, clock: Arc<LeapingClock>, times: Option<Arc<CallTimes>>) -> anyhow::Result<Ground> {
    let mut creditor = config.tenant_named(TENANT).tenant.creditor;
    creditor.name = "Bench GmbH".to_owned();
    let probe = times.map(|times| times as Arc<dyn Probe>);
    Ground::open_by(clock, config, args.database.as_deref(), 0, creditor, probe).await
}

pub(super) fn per_second(count: usize, millis: u128) -> u64 {
    u64::try_from(u128::try_from(count).unwrap_or(0) * 1000 / millis.max(1)).unwrap_or(u64::MAX)
}

async fn open_queues(args: &Args, ground: &Ground) -> anyhow::Result<Queues> {
    let mut queue = Config::default().queue;
    queue.namespace = "mahnwerk-bench".to_owned();
    let tag = hex(SystemEntropy.key().first_chunk::<8>().unwrap_or(&[0; 8]));
    let mut settings = assembly::queue_settings(&queue, &tag);
    settings.namespace = format!("bench-{tag}");
    settings.url = args.queue.clone().unwrap_or_else(|| format!("sqlite:{}", ground.folder.join("queue.db").display()));
    Ok(Queues::open(&settings).await?)
}

fn effects(args: &Args, config: &Config, ground: &Ground) -> anyhow::Result<Arc<dyn Effects>> {
    let Some(url) = &args.smtp else { return Ok(Arc::new(NoOp)) };
    let place = url.strip_prefix("smtp://").and_then(|rest| rest.trim_end_matches('/').rsplit_once(':'));
    let (host, port) = place.with_context(|| format!("--smtp {url}: write smtp://HOST:PORT"))?;
    let settings = SmtpSettings { connections: args.workers, ..SmtpSettings::new(host, port.parse()?, Security::None) };
    let outside = Outside::new(Arc::new(assembly::texts(config)?));
    let letters = assembly::letter_engine(&config.print, &assembly::Pictures::default(), &config.print.layout)?;
    let post = Arc::new(PrintBatch::new(ground.folder.clone()));
    outside.open(ground.tenant, Ways { mailer: Arc::new(SmtpMailer::new(settings)?), letters, post });
    Ok(Arc::new(outside))
}

/// A mail needs a connection; a step that does nothing needs none.
fn width(args: &Args) -> Width {
    if args.smtp.is_some() { Width::new(1, args.workers, 1) } else { Width::unbounded() }
}

/// Waits until everything that was due at `at` has been dispatched and settled.
async fn drained(ground: &Ground, clock: &LeapingClock, at: Timestamp) -> anyhow::Result<()> {
    let (store, tenant) = (&ground.engine.store, ground.tenant);
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = clock.now();
        if now > at && store.overdue(tenant, at).await? == 0 && store.busy_steps(tenant).await? == 0 {
            return Ok(());
        }
    }
    bail!("a stage was not worked off within {} s", PATIENCE.as_secs())
}

async fn report(ground: &Ground, args: &Args, enrol_per_s: u64, cpu_ms: u64, due: &[Timestamp]) -> anyhow::Result<()> {
    let store = &ground.engine.store;
    let dispatches = store.dispatches(ground.tenant).await?;
    let stages = args.instances * args.stages;
    anyhow::ensure!(dispatches.len() == stages, "{} of {stages} notices left", dispatches.len());
    let mut late: Vec<i64> = dispatches.iter().map(|dispatch| dispatch.at.0 - dispatch.due_at.0).collect();
    late.sort_unstable();
    let last_of = |at: &Timestamp| {
        dispatches.iter().filter(|dispatch| dispatch.due_at == *at).map(|dispatch| dispatch.at.0 - at.0).max().unwrap_or(0)
    };
    let busy_ms: i64 = due.iter().map(last_of).sum();
    let verification = audit::verify(store, ground.tenant, &mut |_| {}).await?;
    let micros_per_stage = cpu_ms * 1000 / u64::try_from(stages.max(1))?;
    let figures = Figures {
        instances: args.instances,
        stages: args.stages,
        ledger: if store.dialect() == Dialect::Sqlite { "sqlite" } else { "postgres" },
        queue: if args.queue.as_deref().is_some_and(|url| url.starts_with("redis")) { "redis" } else { "sqlite" },
        smtp: args.smtp.is_some(),
        enrol_per_s,
        drain_stages_per_s: per_second(stages, u128::try_from(busy_ms).unwrap_or(1)),
        cpu_ms_per_stage: thousandths(micros_per_stage),
        late_ms: Late { p50: percentile(&late, 50), p99: percentile(&late, 99) },
        rss_mb: process::peak_rss_mb(),
        disk_bytes_per_instance: disk_bytes(&ground.url) / u64::try_from(args.instances.max(1))?,
        transitions: verification.entries,
        chain: verification.broken.map_or("valid".to_owned(), |broken| format!("broken at {}: {}", broken.seq, broken.why)),
    };
    say(serde_json::to_string(&figures)?);
    Ok(())
}

/// What the ledger's file takes; 0 for a server's.
fn disk_bytes(url: &str) -> u64 {
    let path = url.strip_prefix("sqlite:").unwrap_or_default();
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
