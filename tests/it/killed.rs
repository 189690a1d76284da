//! `kill -9` of `serve` while it sends to a real SMTP server, then a restart: every notice arrives at most once, and
//! exactly those that are missing are shown as unknown.

use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point, SandboxSettings, SmtpSandbox};
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
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const INVOICES: usize = 300;

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

/// A ledger with overdue invoices, and a configuration that sends to the sandbox.
async fn prepare(folder: &Path, smtp_port: u16) -> Store {
    let toml = format!(
        "[ledger]\nurl = \"sqlite:{0}/ledger.db\"\n[queue]\nurl = \"sqlite:{0}/queue.db\"\n[server]\nlisten = \"127.0.0.1:0\"\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp_port}\ntls = \"none\"\n[mail]\nfrom = \"dunning@creditor.example\"\n\
         [tenant.creditor]\nname = \"Creditor GmbH\"\n[post]\nfolder = \"{0}/batch\"\n",
        folder.display()
    );
    std::fs::write(folder.join("worker.toml"), toml).unwrap();
    let store = Store::open(&format!("sqlite:{}/ledger.db", folder.display())).await.unwrap();
    store.migrate().await.unwrap();
    let now = SystemClock.now();
    let tenant = store.tenant_named("main", now).await.unwrap();
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let engine = Engine::new(store.clone(), clock, entropy, "test".to_owned(), Limits::default(), vec![settings(tenant)]);
    let workflow = engine.publish(tenant, &parse(WORKFLOW).workflow.unwrap()).await.unwrap();
    let due = now.date_in(chrono_tz::Tz::Europe__Berlin).pred_opt().unwrap();
    let batch: Vec<_> = (0..INVOICES).map(|number| invoice(number, due)).collect();
    engine.take_in(tenant, "test", workflow, &batch).await.unwrap();
    store
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
    }
}

fn invoice(number: usize, due_date: chrono::NaiveDate) -> Incoming {
    let name = format!("{number:04}");
    let customer = CustomerRecord {
        number: name.clone(),
        name: format!("Customer {name}"),
        email: format!("c{name}@customers.example"),
        kind: "business".to_owned(),
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

/// A running `serve`; it does not outlive its test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Serving {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn serve(folder: &Path) -> Serving {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("serve.log")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mahnwerk"));
    command.args(["serve", "--config"]).arg(folder.join("worker.toml")).current_dir(folder);
    Serving(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

/// Waits until a condition on the ledger holds.
async fn until<F: AsyncFn() -> bool>(what: &str, folder: &Path, condition: F) {
    let started = Instant::now();
    while !condition().await {
        let log = || std::fs::read_to_string(folder.join("serve.log")).unwrap_or_default();
        assert!(started.elapsed() < Duration::from_secs(60), "{what} did not come about within 60 s\n{}", log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn count(store: &Store, tenant: TenantId, state: &str) -> i64 {
    let counts = store.notice_counts(tenant).await.unwrap();
    counts.iter().find(|(word, _)| word == state).map_or(0, |(_, count)| *count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_sends_nothing_twice_and_shows_what_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = SmtpSandbox::start(SandboxSettings::new(Arc::new(|| SystemClock.now().0))).await.unwrap();
    sandbox.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 8 })).await.unwrap();
    let store = prepare(folder.path(), sandbox.addr().port()).await;
    let tenant = store.find_tenant("main").await.unwrap().unwrap();
    for round in 1..=3_u64 {
        let mut child = serve(folder.path());
        let enough = sandbox.wait_for(round * 60, Duration::from_secs(60)).await;
        assert!(enough.is_ok(), "{enough:?}\n{}", std::fs::read_to_string(folder.path().join("serve.log")).unwrap_or_default());
        child.kill();
    }
    let mut child = serve(folder.path());
    until("the end of the burst", folder.path(), async || {
        let (sent, unknown) = (count(&store, tenant, "sent").await, count(&store, tenant, "unknown").await);
        sent + unknown == i64::try_from(INVOICES).unwrap()
    })
    .await;
    // The server's word against ours: nobody got two, and whoever got none is among the unknown.
    let counts = sandbox.count_by_message_id();
    assert!(counts.values().all(|times| *times == 1), "doubled: {:?}", counts.iter().filter(|(_, times)| **times > 1).collect::<Vec<_>>());
    let arrived = |notice: &str| counts.keys().any(|id| id.contains(notice));
    for notice in store.notice_list(tenant, "sent", i64::MAX).await.unwrap() {
        assert!(arrived(&notice.id), "{} is shown as sent and did not arrive", notice.id);
    }
    let unknown = store.notice_list(tenant, "unknown", i64::MAX).await.unwrap();
    let missing = INVOICES - counts.len();
    let unknown_missing = unknown.iter().filter(|notice| !arrived(&notice.id)).count();
    assert_eq!(missing, unknown_missing, "what is missing is shown as unknown");
    let verification = audit::verify(&store, tenant, &mut |_| {}).await.unwrap();
    assert_eq!(verification.broken, None);
    // SIGTERM drains and ends well.
    let terminated = Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap();
    assert!(terminated.success());
    assert!(child.0.wait().unwrap().success(), "{}", std::fs::read_to_string(folder.path().join("serve.log")).unwrap_or_default());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_serve_on_the_same_ledger_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = SmtpSandbox::start(SandboxSettings::new(Arc::new(|| SystemClock.now().0))).await.unwrap();
    let _store = prepare(folder.path(), sandbox.addr().port()).await;
    let mut first = serve(folder.path());
    sandbox.wait_for(1, Duration::from_secs(60)).await.unwrap();
    let second =
        Command::new(env!("CARGO_BIN_EXE_mahnwerk")).args(["serve", "--config"]).arg(folder.path().join("worker.toml")).output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("in use by another process"), "{said}");
    first.kill();
    sandbox.stop().await;
}
