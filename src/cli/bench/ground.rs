//! What the benches beside the ladder stand on: an empty ledger with one tenant, its engine, a queue, and many invoices.

use super::ladder::{incoming, per_second};
use crate::assembly;
use crate::config::Config;
use crate::domain::chain::hex;
use crate::domain::ids::{TenantId, WorkflowId};
use crate::domain::notice::Creditor;
use crate::domain::workflow::parse;
use crate::engine::Engine;
use crate::engine::clock::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::store::Store;
use crate::store::flight::Flight;
use crate::store::probe::Probe;
use crate::workers::Queues;
use anyhow::Context;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The tenant's name in the ledger.
pub(super) const TENANT: &str = "bench";
/// Invoices per transaction at enrolment; the only ones that are in memory at once.
const ENROL: usize = 5000;
/// How long the work may stand still before a job gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A ledger with its engine.
pub(super) struct Ground {
    pub(super) engine: Arc<Engine>,
    pub(super) tenant: TenantId,
    pub(super) folder: PathBuf,
    pub(super) url: String,
    pub(super) temporary: tempfile::TempDir,
}

impl Ground {
    /// Opens a ledger, a temporary SQLite file if none is named, for an engine by the machine's clock. It must not have a bench yet.
    pub(super) async fn open(config: &Config, database: Option<&str>, mail_every_seconds: u32) -> anyhow::Result<Self> {
        Self::open_by(Arc::new(SystemClock), config, database, mail_every_seconds, creditor(), None).await
    }

    /// As [`Self::open`], by another clock and for another creditor; the probe sees the calls to the ledger.
    pub(super) async fn open_by(
        clock: Arc<dyn Clock>,
        config: &Config,
        database: Option<&str>,
        mail_every_seconds: u32,
        creditor: Creditor,
        probe: Option<Arc<dyn Probe>>,
    ) -> anyhow::Result<Self> {
        let temporary = tempfile::tempdir().context("making a temporary folder")?;
        let folder = temporary.path().to_owned();
        let url = database.map_or_else(|| format!("sqlite:{}", folder.join("ledger.db").display()), str::to_owned);
        let store = Store::open(&url).await?.take_for_engine()?;
        store.migrate().await?;
        let store = if let Some(probe) = probe { store.watched(probe) } else { store };
        let known = store.find_tenant(TENANT).await?;
        anyhow::ensure!(known.is_none(), "this ledger has a bench already: name an empty one with --database");
        let tenant = store.tenant_named(TENANT, clock.now()).await?;
        let mut settings = config.tenant_named(TENANT);
        settings.tenant.creditor = creditor;
        settings.mail.from = "bench@mahnwerk.invalid".to_owned();
        settings.mail.every_seconds = mail_every_seconds;
        let settings = assembly::tenant_settings(tenant, TENANT, &settings)?;
        let owner = format!("bench-{}", std::process::id());
        let limits = assembly::limits(&config.pools);
        let engine = Engine::new(store, clock, Arc::new(SystemEntropy), owner, limits, vec![settings]);
        Ok(Self { engine: Arc::new(engine), tenant, folder, url, temporary })
    }

    /// A flight log of this process, as `serve` has one.
    pub(super) fn begin_flight(&self) -> anyhow::Result<Option<Flight>> {
        self.engine.learn_flown(self.folder.join("ledger.mark"))?;
        Ok(self.engine.begin_flight(8192)?)
    }

    /// Publishes a workflow of one stage that is due so many days after the due date, around the clock.
    pub(super) async fn publish(&self, channel: &str, after_days: u32) -> anyhow::Result<WorkflowId> {
        let text = format!(
            "name = \"bench\"\ntitle = {{ en = \"Bench\" }}\ntimezone = \"Europe/Berlin\"\nholidays = \"none\"\n[rules]\nconsolidate = false\n\
             [[stages]]\nkey = \"stage-1\"\nkind = \"reminder\"\nanchor = \"due_date\"\nafter_days = {after_days}\n\
             template = \"reminder-1\"\nchannel = \"{channel}\"\n"
        );
        let parsed = parse(&text);
        let problems = || parsed.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let workflow = parsed.workflow.as_ref().with_context(problems)?;
        Ok(self.engine.publish(self.tenant, workflow).await?)
    }

    /// Enrols so many invoices, each with a customer of its own, a batch at a time; invoices per second.
    pub(super) async fn enrol(&self, workflow: WorkflowId, count: usize, due_date: NaiveDate) -> anyhow::Result<u64> {
        let mut progress = crate::cli::progress::Progress::start("enrolling");
        let started = Instant::now();
        for first in (0..count).step_by(ENROL) {
            progress.reached(&format!("{first} of {count}"));
            let batch: Vec<_> = (first..count.min(first + ENROL)).map(|number| incoming(number, due_date)).collect();
            self.engine.take_in(self.tenant, TENANT, workflow, &batch).await?;
        }
        progress.finish();
        Ok(per_second(count, started.elapsed().as_millis()))
    }

    /// A queue in the ground's folder, of this run alone.
    pub(super) async fn queues(&self, config: &Config) -> anyhow::Result<Queues> {
        let tag = hex(SystemEntropy.key().first_chunk::<8>().unwrap_or(&[0; 8]));
        let mut settings = assembly::queue_settings(&config.queue, &tag);
        settings.url = format!("sqlite:{}", self.folder.join("queue.db").display());
        Ok(Queues::open(&settings).await?)
    }

    /// Waits until `done` says so, as long as what it counts goes on growing.
    pub(super) async fn wait_for(
        &self,
        what: &'static str,
        count: u64,
        every: Duration,
        mut so_far: impl FnMut() -> u64,
    ) -> anyhow::Result<()> {
        let (mut last, mut grown) = (0, Instant::now());
        let mut progress = crate::cli::progress::Progress::start(what);
        loop {
            let now = so_far();
            progress.reached(&format!("{now} of {count}"));
            if now >= count {
                progress.finish();
                return Ok(());
            }
            if now > last {
                (last, grown) = (now, Instant::now());
            }
            anyhow::ensure!(grown.elapsed() < PATIENCE, "{what} stands still at {now} of {count}");
            tokio::time::sleep(every).await;
        }
    }
}

/// Today in Berlin, moved by so many days.
pub(super) fn day(offset: i64) -> anyhow::Result<NaiveDate> {
    let today = SystemClock.now().date_in(Tz::Europe__Berlin);
    let days = Days::new(offset.unsigned_abs());
    let moved = if offset < 0 { today.checked_sub_days(days) } else { today.checked_add_days(days) };
    moved.context("the end of time")
}

/// The value below which so many percent of a sorted list lie.
pub(super) fn percentile(sorted: &[i64], percent: usize) -> i64 {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0)
}

/// Thousandths as a number with three decimals.
pub(super) fn thousandths(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX)) / 1000.0
}

/// With everything that a letter can carry: address, bank account and so a code to pay by, a footer.
fn creditor() -> Creditor {
    let text = str::to_owned;
    Creditor {
        name: text("Bench GmbH"),
        street: text("Werkstraße 1"),
        postcode: text("10115"),
        city: text("Berlin"),
        country: text("DE"),
        email: text("buchhaltung@bench.invalid"),
        phone: text("+49 30 1234567"),
        iban: text("DE02120300000000202051"),
        footer: vec![text("Amtsgericht Berlin HRB 1"), text("Geschäftsführung: Ada Muster")],
        ..Default::default()
    }
}
