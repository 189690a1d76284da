//! A fleet: real processes of the real program on one ledger, a real mail server, and what must hold in the end.

use super::member::Member;
use crate::support::ledger::postgres_database;
use crate::support::redis::RedisServer;
use mahnwerk::adapters::sandbox::smtp::{SandboxSettings, SmtpSandbox};
use mahnwerk::domain::calendar::Region;
use mahnwerk::domain::ids::TenantId;
use mahnwerk::domain::money::Currency;
use mahnwerk::domain::notice::Creditor;
use mahnwerk::domain::tenant::{MailIdentity, TenantSettings};
use mahnwerk::domain::workflow::parse;
use mahnwerk::engine::clock::{Clock, SystemClock, SystemEntropy};
use mahnwerk::engine::intake::Incoming;
use mahnwerk::engine::{Engine, Limits, audit};
use mahnwerk::store::Store;
use mahnwerk::store::intake::{CustomerRecord, InvoiceRecord};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Within this everything that is expected here comes about, also on a machine that is busy with other tests.
pub(crate) const IN_TIME: Duration = Duration::from_secs(120);

const WORKFLOW: &str = r#"
name = "at-once"
timezone = "Europe/Berlin"
holidays = "none"
[rules]
consolidate = false
[[stages]]
key = "reminder-1"
kind = "reminder"
after_days = 0
[[stages]]
key = "reminder-2"
kind = "reminder"
after_days = 30
"#;

/// What a fleet is given to do.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// Overdue invoices of as many customers, each a mail.
    pub(crate) invoices: usize,
    /// The tenant's throttle; 0 for none.
    pub(crate) every_seconds: u32,
    pub(crate) lease_seconds: u32,
    pub(crate) drain_seconds: u32,
    /// How long a mail's last answer is waited for.
    pub(crate) delivery_seconds: u32,
}

impl Task {
    pub(crate) fn burst(invoices: usize) -> Self {
        Self { invoices, every_seconds: 0, lease_seconds: 5, drain_seconds: 30, delivery_seconds: 3 }
    }
}

/// The ledger, the mail server, and a configuration that joins them.
pub(crate) struct Fleet {
    folder: tempfile::TempDir,
    task: Task,
    /// Where the ledger is, for connections of a test's own.
    pub(crate) ledger: String,
    pub(crate) mails: SmtpSandbox,
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) redis: Option<RedisServer>,
    started: AtomicU32,
    _ledger: Box<dyn Any + Send>,
}

impl Fleet {
    /// On one machine: a SQLite file, one process.
    pub(crate) async fn embedded(task: Task) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, queue) =
            (format!("sqlite:{}/ledger.db", folder.path().display()), format!("sqlite:{}/queue.db", folder.path().display()));
        Self::prepare(folder, task, &ledger, &queue, None, Box::new(())).await
    }

    /// On several machines: a database of the tests' PostgreSQL, and a Redis of its own.
    pub(crate) async fn shared(task: Task) -> Self {
        let (ledger, home) = postgres_database().await;
        Self::shared_on(task, &ledger, Box::new(home)).await
    }

    /// On several machines, with the ledger at `url`; `kept` lives as long as the fleet.
    pub(crate) async fn shared_on(task: Task, url: &str, kept: Box<dyn Any + Send>) -> Self {
        let redis = RedisServer::start().await;
        let queue = redis.url();
        Self::prepare(tempfile::tempdir().unwrap(), task, url, &queue, Some(redis), kept).await
    }

    async fn prepare(
        folder: tempfile::TempDir,
        task: Task,
        ledger: &str,
        queue: &str,
        redis: Option<RedisServer>,
        kept: Box<dyn Any + Send>,
    ) -> Self {
        let mails = SmtpSandbox::start(SandboxSettings::new(Arc::new(|| SystemClock.now().0))).await.unwrap();
        let toml = configuration(folder.path(), &task, ledger, queue, mails.addr().port());
        std::fs::write(folder.path().join("worker.toml"), toml).unwrap();
        let store = Store::open(ledger).await.unwrap();
        store.migrate().await.unwrap();
        let tenant = store.tenant_named("main", SystemClock.now()).await.unwrap();
        let ledger = ledger.to_owned();
        let fleet = Self { folder, ledger, mails, store, tenant, redis, started: AtomicU32::new(0), _ledger: kept, task };
        fleet.bill(0..fleet.task.invoices).await;
        fleet
    }

    /// Takes in overdue invoices, beside whatever runs.
    pub(crate) async fn bill(&self, numbers: std::ops::Range<usize>) {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let settings = vec![settings(self.tenant)];
        let engine = Engine::new(self.store.clone(), clock, entropy, "test".to_owned(), Limits::default(), settings);
        let workflow = engine.publish(self.tenant, &parse(WORKFLOW).workflow.unwrap()).await.unwrap();
        let due = SystemClock.now().date_in(chrono_tz::Tz::Europe__Berlin).pred_opt().unwrap();
        let batch: Vec<_> = numbers.map(|number| invoice(number, due)).collect();
        engine.take_in(self.tenant, "test", workflow, &batch).await.unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn serve(&self) -> Member {
        self.member(&["serve"], 0)
    }

    pub(crate) fn work(&self) -> Member {
        self.member(&["work", "--pools", "send"], 0)
    }

    /// A process whose machine's clock is ahead of (or behind) everybody else's.
    pub(crate) fn member(&self, command: &[&str], clock_ahead_ms: i64) -> Member {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        Member::start(self.folder.path(), &format!("{number}-{}", command[0]), command, clock_ahead_ms)
    }

    /// A process on a machine of its own: it can't read the flight logs of the others.
    pub(crate) fn elsewhere(&self, command: &[&str]) -> Member {
        let here = std::fs::read_to_string(self.folder.path().join("worker.toml")).unwrap();
        let home = self.folder.path().join("elsewhere");
        let there = here.replacen("[ledger]\n", &format!("[ledger]\nmark_file = \"{}/ledger.mark\"\n", home.display()), 1);
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("worker.toml"), there).unwrap();
        Member::start(&home, "elsewhere", command, 0)
    }

    /// What all processes wrote, for a test that fails.
    pub(crate) fn logs(&self) -> String {
        let folders = [self.folder.path().to_owned(), self.folder.path().join("elsewhere")];
        let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
        files.sort();
        let mut all = String::new();
        for file in files {
            let log = std::fs::read_to_string(&file).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let _ = write!(all, "\n---- {}\n{}", file.display(), lines[lines.len().saturating_sub(40)..].join("\n"));
        }
        all
    }

    /// Waits until a condition holds; how long that took.
    pub(crate) async fn until<F: AsyncFn() -> bool>(&self, what: &str, condition: F) -> Duration {
        let began = Instant::now();
        while !condition().await {
            if began.elapsed() > IN_TIME {
                panic!("{what} did not come about within {IN_TIME:?}; {}{}", self.standing().await, self.logs());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        began.elapsed()
    }

    /// Waits until so many mails have come in all; how long that took.
    pub(crate) async fn mails(&self, wanted: u64) -> Duration {
        self.until(&format!("{wanted} mails"), async || self.mails.total() >= wanted).await
    }

    /// Waits for the next mails after those that are there; how long that took.
    pub(crate) async fn more_mails(&self, more: u64) -> Duration {
        let wanted = self.mails.total() + more;
        assert!(wanted <= self.task.invoices as u64, "the burst is too short for this fire");
        self.mails(wanted).await
    }

    /// The longest time between two mails after the first `after` ones.
    pub(crate) fn longest_silence(&self, after: u64) -> Duration {
        let times: Vec<_> = self.mails.messages().iter().filter(|mail| mail.number >= after).map(|mail| mail.received_ms).collect();
        let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        Duration::from_millis(u64::try_from(longest).unwrap_or(0))
    }

    /// Waits until every notice is sent or unknown; how long that took.
    pub(crate) async fn finished(&self) -> Duration {
        self.finished_all(self.task.invoices).await
    }

    /// The same when so many invoices were taken in.
    pub(crate) async fn finished_all(&self, invoices: usize) -> Duration {
        let all = i64::try_from(invoices).unwrap();
        self.until("the end of the burst", async || {
            let counts = self.counts().await;
            counts.get("sent").unwrap_or(&0) + counts.get("unknown").unwrap_or(&0) == all
        })
        .await
    }

    /// Waits until a process has ended; how it did.
    pub(crate) async fn gone(&self, member: &mut Member) -> ExitStatus {
        let mut status = None;
        let began = Instant::now();
        while status.is_none() {
            assert!(began.elapsed() < IN_TIME, "process {} did not end within {IN_TIME:?}{}", member.id(), self.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
            status = member.ended();
        }
        status.unwrap()
    }

    /// Steps in a worker's hands.
    pub(crate) async fn in_hand(&self) -> i64 {
        let counts = self.store.step_counts(self.tenant).await.unwrap();
        counts.iter().filter(|(_, state, _)| ["claimed", "started"].contains(&state.as_str())).map(|(_, _, count)| count).sum()
    }

    /// Notices by state; empty while the ledger is away.
    pub(crate) async fn counts(&self) -> BTreeMap<String, i64> {
        self.store.notice_counts(self.tenant).await.unwrap_or_default().into_iter().collect()
    }

    async fn standing(&self) -> String {
        let steps = self.store.step_counts(self.tenant).await;
        format!("{} mails came; notices {:?}; steps {steps:?}", self.mails.total(), self.counts().await)
    }

    /// The server's word against ours: nobody got two, who is shown as sent got one, who got none is among the unknown,
    /// and the history is whole. How many are unknown.
    pub(crate) async fn judge(&self) -> usize {
        self.judge_all(self.task.invoices).await
    }

    /// The same when so many invoices were taken in.
    pub(crate) async fn judge_all(&self, invoices: usize) -> usize {
        let counts = self.mails.count_by_message_id();
        let doubled: Vec<_> = counts.iter().filter(|(_, times)| **times > 1).collect();
        assert!(doubled.is_empty(), "doubled: {doubled:?}{}", self.logs());
        let notices: BTreeSet<_> = counts.keys().filter_map(|id| id.split('@').next()).collect();
        for notice in self.store.notice_list(self.tenant, "sent", i64::MAX).await.unwrap() {
            assert!(notices.contains(notice.id.as_str()), "{} is shown as sent and did not arrive{}", notice.id, self.logs());
        }
        let unknown = self.store.notice_list(self.tenant, "unknown", i64::MAX).await.unwrap();
        let unknown_missing = unknown.iter().filter(|notice| !notices.contains(notice.id.as_str())).count();
        assert_eq!(invoices - counts.len(), unknown_missing, "what is missing is shown as unknown{}", self.logs());
        for notice in &unknown {
            println!("fire: unknown {}: {}", notice.id, notice.reason.as_deref().unwrap_or_default());
        }
        let verification = audit::verify(&self.store, self.tenant, &mut |_| {}).await.unwrap();
        assert_eq!(verification.broken, None);
        unknown.len()
    }
}

/// Short times everywhere, so that a test sees in seconds what takes minutes elsewhere.
fn configuration(folder: &Path, task: &Task, ledger: &str, queue: &str, smtp_port: u16) -> String {
    let (folder, Task { every_seconds, lease_seconds, drain_seconds, delivery_seconds, .. }) = (folder.display(), task);
    format!(
        "[ledger]\nurl = \"{ledger}\"\n[queue]\nurl = \"{queue}\"\npoll_ms = 100\nheartbeat_seconds = 1\nmissed_heartbeats = 2\nchunk = 16\n\
         [pools]\nlease_seconds = {lease_seconds}\ndrain_seconds = {drain_seconds}\nfirst_retry_seconds = 1\nlongest_retry_seconds = 2\nmax_attempts = 60\n\
         [server]\nlisten = \"127.0.0.1:0\"\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp_port}\ntls = \"none\"\ntimeout_seconds = 1\ndelivery_timeout_seconds = {delivery_seconds}\n\
         [mail]\nfrom = \"dunning@creditor.example\"\nevery_seconds = {every_seconds}\n\
         [tenant.creditor]\nname = \"Creditor GmbH\"\n[post]\nfolder = \"{folder}/batch\"\n"
    )
}

fn settings(id: TenantId) -> TenantSettings {
    TenantSettings {
        id,
        name: "main".to_owned(),
        zone: chrono_tz::Tz::Europe__Berlin,
        region: Region::NONE,
        holidays_added: BTreeSet::new(),
        holidays_removed: BTreeSet::new(),
        language: "de".to_owned(),
        currency: Currency::EUR,
        creditor: Creditor::default(),
        mail: MailIdentity::default(),
        mail_every_seconds: 0,
        post_every_seconds: 0,
        max_active: None,
        last_stage_notice: String::new(),
        address_rule: mahnwerk::domain::address::AddressKind::ALL.to_vec(),
    }
}

fn invoice(number: usize, due_date: chrono::NaiveDate) -> Incoming {
    let name = format!("{number:04}");
    let customer = CustomerRecord {
        number: name.clone(),
        name: format!("Customer {name}"),
        email: format!("c{name}@customers.example"),
        kind: "business".to_owned(),
        addresses: Vec::new(),
        ..CustomerRecord::default()
    };
    let invoice = InvoiceRecord {
        external_id: name.clone(),
        number: name.clone(),
        customer: name,
        kind: "invoice".to_owned(),
        currency: "EUR".to_owned(),
        amount_minor: 12_345,
        invoice_date: due_date,
        due_date,
        document: None,
    };
    Incoming { customer, invoice, document: None }
}
