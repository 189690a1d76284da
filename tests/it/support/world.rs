//! A small world around one engine: a fresh ledger, a clock that stands until it is moved, effects that are recorded
//! and may be told to fail. Nothing runs by itself: rounds and work happen when the test asks for them.

use super::ledger::{TestLedger, berlin};
use futures::future::BoxFuture;
use mahnwerk::adapters::texts::TextSets;
use mahnwerk::assembly::Tenancy;
use mahnwerk::config::Config;
use mahnwerk::domain::calendar::Region;
use mahnwerk::domain::ids::{InvoiceId, TenantId, WorkflowId};
use mahnwerk::domain::instance::{Instance, State};
use mahnwerk::domain::money::Currency;
use mahnwerk::domain::pool::{Chunk, Pool};
use mahnwerk::domain::step::Backoff;
use mahnwerk::domain::tenant::{MailIdentity, TenantSettings};
use mahnwerk::domain::time::{Timestamp, midnight};
use mahnwerk::domain::workflow::parse;
use mahnwerk::engine::clock::{Clock, Entropy, VirtualClock};
use mahnwerk::engine::intake::{Incoming, Intake};
use mahnwerk::engine::issue::Ready;
use mahnwerk::engine::operate::Cause;
use mahnwerk::engine::perform::Work;
use mahnwerk::engine::ports::{Bell, Effects, Envelope, Job, Material, Outcome, Performer};
use mahnwerk::engine::start::{Begun, Task};
use mahnwerk::engine::unit::Unit;
use mahnwerk::engine::width::Width;
use mahnwerk::engine::{Engine, Limits};
use mahnwerk::store::documents::Document;
use mahnwerk::store::intake::{CustomerRecord, InvoiceRecord, PaymentRecord};
use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};

pub(crate) const SOURCE: &str = "test";
const OPENS: &str = "2026-01-05 00:00";

/// Reminder after 3 days, reminder after 10, dunning 7 days after that; weekdays from nine to three.
pub(crate) const LADDER: &str = r#"
name = "probe"
title = { de = "Probe", en = "Probe" }
timezone = "Europe/Berlin"
holidays = "none"

[business_hours]
days = ["mon", "tue", "wed", "thu", "fri"]
start = "09:00"
end = "15:00"

[rules]
consolidate = CONSOLIDATE
min_gap_days = 3
minimum_amount = { EUR = "5.00" }

[[stages]]
key = "reminder-1"
kind = "reminder"
after_days = 3

[[stages]]
key = "reminder-2"
kind = "reminder"
anchor = "due_date"
after_days = 10
time_of_day = "10:30"

[[stages]]
key = "dunning-1"
kind = "dunning"
after_days = 7
fee = "2.50"
"#;

/// The ladder with one notice per invoice.
pub(crate) fn single() -> String {
    LADDER.replace("CONSOLIDATE", "false")
}

/// The ladder with one notice per customer and day.
pub(crate) fn shared() -> String {
    LADDER.replace("CONSOLIDATE", "true")
}

/// One act of the outside: what left, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) at: Timestamp,
    pub(crate) pool: Pool,
    pub(crate) notice: String,
    pub(crate) attempt: i64,
    pub(crate) stage: String,
    pub(crate) lines: Vec<(String, i64)>,
    pub(crate) fee_minor: i64,
    pub(crate) outcome: Outcome,
}

/// The outside world: does what its script says, then what is usual.
#[derive(Debug)]
pub(crate) struct Outside {
    clock: Arc<VirtualClock>,
    script: Mutex<VecDeque<Outcome>>,
    acts: Mutex<Vec<Act>>,
    known: Mutex<BTreeSet<(String, i64)>>,
}

impl Outside {
    fn new(clock: Arc<VirtualClock>) -> Self {
        Self { clock, script: Mutex::default(), acts: Mutex::default(), known: Mutex::default() }
    }

    /// How the next acts end.
    pub(crate) fn will(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.script.lock().unwrap().extend(outcomes);
    }

    pub(crate) fn acts(&self) -> Vec<Act> {
        self.acts.lock().unwrap().clone()
    }

    /// What has happened for certain: `2026-01-12 09:00 reminder-1 R1+R2`.
    pub(crate) fn told(&self) -> Vec<String> {
        let done = |act: &&Act| matches!(act.outcome, Outcome::Done { .. }) && act.pool != Pool::Print;
        self.acts().iter().filter(done).map(tell).collect()
    }
}

fn tell(act: &Act) -> String {
    let at = act.at.in_zone(chrono_tz::Europe::Berlin).format("%Y-%m-%d %H:%M");
    let lines: Vec<_> = act.lines.iter().map(|(number, _)| number.as_str()).collect();
    format!("{at} {} {}", act.stage, lines.join("+"))
}

impl Effects for Outside {
    fn prepare<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>> {
        let bytes = format!("{} {:?} {}", job.notice.id, job.pool, job.notice.total_minor()).into_bytes();
        let document = |media_type: &str| Document { media_type: media_type.to_owned(), bytes: bytes.clone() };
        let mail = || {
            let envelope = Envelope { from: job.identity.from.clone(), recipients: vec![job.notice.recipient.email.clone()] };
            (envelope, document("message/rfc822"))
        };
        let material = Material {
            mail: (job.pool == Pool::Send).then(mail),
            dictionary: None,
            letter: (job.pool == Pool::Print).then(|| document("application/pdf")),
            recipient: Some(job.notice.recipient.email.clone()),
            recipient_rule: Some(job.notice.recipient.email_rule.clone()),
        };
        Box::pin(async { Ok(material) })
    }

    fn act<'a>(&'a self, job: &'a Job, material: &'a Material) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            assert_eq!(material.mail.is_some(), job.pool == Pool::Send, "what was prepared belongs to the step");
            let usual = Outcome::Done { reply: "250 ok".to_owned() };
            let outcome = self.script.lock().unwrap().pop_front().unwrap_or(usual);
            let known = self.known.lock().unwrap().insert((format!("{}/{}", job.notice.id, job.position), job.epoch));
            assert!(known, "the same claim of {} acted twice", job.notice.id);
            let lines = job.notice.lines.iter().map(|line| (line.invoice.clone(), line.open_minor)).collect();
            self.acts.lock().unwrap().push(Act {
                at: self.clock.now(),
                pool: job.pool,
                notice: job.notice.id.0.clone(),
                attempt: job.attempt,
                stage: job.notice.stage.clone(),
                lines,
                fee_minor: job.notice.fee_minor,
                outcome: outcome.clone(),
            });
            outcome
        })
    }

    fn language(&self, _: TenantId, _: &str, wanted: &str) -> String {
        wanted.to_owned()
    }
}

/// Keys without chance: every run of a test has the same.
#[derive(Debug)]
struct FixedKeys;

impl Entropy for FixedKeys {
    fn key(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// What was rung and not yet performed.
#[derive(Debug, Default)]
struct Shelf(Mutex<Vec<Chunk>>);

impl Bell for Shelf {
    fn ring(&self, chunks: Vec<Chunk>) -> BoxFuture<'_, Result<(), String>> {
        self.0.lock().unwrap().extend(chunks);
        Box::pin(async { Ok(()) })
    }
}

pub(crate) struct World {
    pub(crate) ledger: TestLedger,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) outside: Arc<Outside>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) tenant: TenantId,
    work: Arc<Work>,
    shelf: Arc<Shelf>,
}

pub(crate) fn limits() -> Limits {
    let backoff = Backoff { first_seconds: 60, max_seconds: 600, max_attempts: 4 };
    Limits { lease_seconds: 60, effect_seconds: 1800, patience_ms: 30_000, backoff, ..Limits::default() }
}

pub(crate) fn tenant_settings(id: TenantId, name: &str, every_seconds: u32) -> TenantSettings {
    TenantSettings {
        id,
        name: name.to_owned(),
        zone: chrono_tz::Europe::Berlin,
        region: Region::NONE,
        holidays_added: BTreeSet::new(),
        holidays_removed: BTreeSet::new(),
        language: "de".to_owned(),
        currency: Currency::EUR,
        creditor: mahnwerk::domain::notice::Creditor::default(),
        mail: MailIdentity { from: "mahnung@muster.example".to_owned(), ..MailIdentity::default() },
        mail_every_seconds: every_seconds,
        post_every_seconds: every_seconds,
        max_active: None,
        last_stage_notice: String::new(),
        address_rule: mahnwerk::domain::address::AddressKind::ALL.to_vec(),
    }
}

impl World {
    /// Without a throttle.
    pub(crate) async fn new(ledger: TestLedger) -> Self {
        Self::throttled(ledger, 0).await
    }

    /// With senders that dispatch at most one message each `every_seconds`.
    pub(crate) async fn throttled(ledger: TestLedger, every_seconds: u32) -> Self {
        Self::opened(ledger, every_seconds, berlin(OPENS)).await
    }

    /// At an instant of the test's own.
    pub(crate) async fn opened(ledger: TestLedger, every_seconds: u32, at: Timestamp) -> Self {
        let clock = Arc::new(VirtualClock::at(at));
        let tenant = ledger.store.tenant_named("muster", clock.now()).await.expect("a tenant");
        let outside = Arc::new(Outside::new(clock.clone()));
        let engine = engine(&ledger, &clock, "first", tenant_settings(tenant, "muster", every_seconds));
        let (work, shelf) = hands(&engine, &outside);
        Self { ledger, clock, outside, engine, tenant, work, shelf }
    }

    /// The process ended and another one has the ledger, with another throttle. What had been rung is lost.
    pub(crate) async fn reopened(self, every_seconds: u32) -> Self {
        let engine = engine(&self.ledger, &self.clock, "reopened", tenant_settings(self.tenant, "muster", every_seconds));
        let (work, shelf) = hands(&engine, &self.outside);
        engine.recover(shelf.as_ref()).await.expect("recovered");
        shelf.0.lock().unwrap().clear();
        Self { engine, work, shelf, ..self }
    }

    /// The same installation with another ledger in its place, at the same moment and before the same outside.
    pub(crate) fn with_ledger(&self, ledger: TestLedger) -> Self {
        let settings = self.engine.tenant(self.tenant).expect("our tenant").settings.clone();
        let engine = engine(&ledger, &self.clock, "restored", settings);
        let (work, shelf) = hands(&engine, &self.outside);
        Self { ledger, clock: self.clock.clone(), outside: self.outside.clone(), engine, tenant: self.tenant, work, shelf }
    }

    /// A second process on the same ledger, or the same after its death: another owner, nothing in its hands.
    pub(crate) fn another(&self, owner: &str) -> (Arc<Engine>, Arc<Work>) {
        let settings = self.engine.tenant(self.tenant).expect("our tenant").settings.clone();
        let engine = engine(&self.ledger, &self.clock, owner, settings);
        let (work, _) = hands(&engine, &self.outside);
        (engine, work)
    }

    /// At most so many invoices are dunned at once from now on.
    pub(crate) fn limit(&self, max_active: Option<u32>) {
        let settings = self.engine.tenant(self.tenant).expect("our tenant").settings.clone();
        self.engine.add_tenant(TenantSettings { max_active, ..settings });
    }

    /// A person who acts.
    pub(crate) fn cause(reason: &str) -> Cause {
        Cause { actor: "user:anna".to_owned(), reason: reason.to_owned() }
    }

    pub(crate) async fn publish(&self, workflow: &str) -> WorkflowId {
        let parsed = parse(workflow);
        let workflow = parsed.workflow.unwrap_or_else(|| panic!("{:?}", parsed.problems));
        self.engine.publish(self.tenant, &workflow).await.expect("published")
    }

    /// Takes bills in; the ids of those that are new.
    pub(crate) async fn enrol(&self, workflow: WorkflowId, bills: &[Incoming]) -> Vec<InvoiceId> {
        let results = self.engine.take_in(self.tenant, SOURCE, workflow, bills).await.expect("taken in");
        results.iter().filter_map(|result| if let Intake::Enrolled(id) = result { Some(*id) } else { None }).collect()
    }

    /// Moves the clock without looking at anything.
    pub(crate) fn wait_until(&self, civil: &str) {
        self.clock.advance_to(berlin(civil));
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// One round now; nothing is performed.
    pub(crate) async fn round(&self) -> Vec<Ready> {
        self.engine.round(self.tenant).await.expect("a round").ready
    }

    /// Rounds until nothing more is due at this instant; all steps to be rung.
    pub(crate) async fn rounds(&self) -> Vec<Ready> {
        let mut ready = Vec::new();
        loop {
            let round = self.engine.round(self.tenant).await.expect("a round");
            ready.extend(round.ready);
            if !round.more {
                return ready;
            }
        }
    }

    /// Performs these steps and all that follow from them.
    pub(crate) async fn perform(&self, ready: &[Ready]) {
        let mut chunks = self.engine.chunks(self.tenant, ready);
        while !chunks.is_empty() {
            for chunk in chunks {
                self.work.perform(chunk).await;
            }
            chunks = std::mem::take(&mut *self.shelf.0.lock().unwrap());
        }
    }

    /// Lives until this instant, itself included: everything happens when it is due.
    pub(crate) async fn live_until(&self, civil: &str) {
        let until = berlin(civil);
        while let Some(at) = self.engine.next_round(self.tenant).await.expect("a plan").filter(|at| *at <= until) {
            self.clock.advance_to(at);
            let ready = self.round().await;
            self.perform(&ready).await;
        }
        self.clock.advance_to(until);
    }

    /// A payment with an id of its own, known now.
    pub(crate) async fn pay(&self, invoice: InvoiceId, payment: &str, amount_minor: i64) -> Vec<InvoiceId> {
        self.pay_all(&[self.payment(invoice, payment, amount_minor)]).await
    }

    pub(crate) fn payment(&self, invoice: InvoiceId, payment: &str, amount_minor: i64) -> PaymentRecord {
        let kind = if amount_minor < 0 { "return_debit" } else { "payment" };
        PaymentRecord { invoice, external_id: payment.to_owned(), kind, amount_minor, effective_at: self.clock.now() }
    }

    pub(crate) async fn pay_all(&self, payments: &[PaymentRecord]) -> Vec<InvoiceId> {
        self.engine.take_in_payments(self.tenant, SOURCE, payments).await.expect("taken in")
    }

    pub(crate) async fn instance(&self, invoice: InvoiceId) -> Instance {
        let mut tx = self.ledger.store.begin_tenant(self.tenant).await.expect("a transaction");
        tx.cases([invoice]).await.expect("read").pop().expect("an instance").instance
    }

    pub(crate) async fn state(&self, invoice: InvoiceId) -> State {
        self.instance(invoice).await.state
    }

    /// `waiting reminder-2 2026-01-19 10:30`, `blocked reminder-1 paused`, `settled`.
    pub(crate) async fn tells(&self, invoice: InvoiceId) -> String {
        const STAGES: [&str; 3] = ["reminder-1", "reminder-2", "dunning-1"];
        let state = self.state(invoice).await;
        let stage = state.stage().map(|stage| format!(" {}", STAGES[stage])).unwrap_or_default();
        let more = match &state {
            State::Waiting { wake_at, .. } => format!(" {}", wake_at.in_zone(chrono_tz::Europe::Berlin).format("%Y-%m-%d %H:%M")),
            State::Blocked { reason, .. } | State::Failed { reason, .. } => format!(" {reason}"),
            _ => String::new(),
        };
        format!("{}{stage}{more}", state.word())
    }

    /// A chunk's steps, ready to start for `engine`, with nothing rendered for them.
    pub(crate) async fn tasks(&self, engine: &Engine, chunk: &Chunk) -> Vec<Arc<Task>> {
        let mut tasks = Vec::new();
        for snapshot in engine.snapshots(chunk).await.expect("snapshots") {
            let job = engine.job(self.tenant, &snapshot, Vec::new(), self.outside.as_ref()).await.expect("a job");
            tasks.push(Arc::new(Task::new(snapshot, job, Ok(Material::default()))));
        }
        tasks
    }

    /// A chunk's steps as `engine` has started them, all of them, and not begun.
    pub(crate) async fn started(&self, engine: &Engine, chunk: &Chunk) -> Vec<Arc<Task>> {
        let tasks = self.tasks(engine, chunk).await;
        let held = self.engine.tenant_with_editions(self.tenant).await.expect("our tenant");
        let mut unit = Unit::begin(&self.ledger.store, held, self.clock_now(), "system").await.expect("a transaction");
        let begun = engine.start(&mut unit, &tasks).await.expect("started").0;
        assert_eq!(begun, vec![Begun::Go; tasks.len()]);
        unit.commit_keeping_facts().await.expect("committed");
        tasks
    }

    /// The chain is whole; how many entries it has.
    pub(crate) async fn verified(&self) -> i64 {
        let found = mahnwerk::engine::audit::verify(&self.ledger.store, self.tenant, &mut |_| {}).await.expect("read");
        assert_eq!(found.broken, None);
        found.entries
    }
}

fn engine(ledger: &TestLedger, clock: &Arc<VirtualClock>, owner: &str, settings: TenantSettings) -> Arc<Engine> {
    Arc::new(Engine::new(ledger.store.clone(), clock.clone(), Arc::new(FixedKeys), owner.to_owned(), limits(), vec![settings]))
}

fn hands(engine: &Arc<Engine>, outside: &Arc<Outside>) -> (Arc<Work>, Arc<Shelf>) {
    let work = Work::new(engine.clone(), outside.clone(), Width::unbounded());
    let shelf = Arc::new(Shelf::default());
    work.set_bell(shelf.clone());
    (work, shelf)
}

pub(crate) fn because(reason: &str) -> Cause {
    Cause { actor: "user:test".to_owned(), reason: reason.to_owned() }
}

/// A bill over 100.00 EUR to a customer who can be reached by e-mail and by letter, due on this date.
pub(crate) fn bill(number: &str, customer: &str, due: &str) -> Incoming {
    let due_date = due.parse().expect("YYYY-MM-DD");
    Incoming {
        customer: CustomerRecord {
            number: customer.to_owned(),
            name: format!("Kunde {customer}"),
            email: format!("{}@customers.example", customer.to_lowercase()),
            street: "Am Markt 1".to_owned(),
            postcode: "86150".to_owned(),
            city: "Augsburg".to_owned(),
            country: "DE".to_owned(),
            language: "de".to_owned(),
            kind: "business".to_owned(),
            addresses: Vec::new(),
        },
        invoice: InvoiceRecord {
            external_id: number.to_owned(),
            number: number.to_owned(),
            customer: customer.to_owned(),
            kind: "invoice".to_owned(),
            currency: "EUR".to_owned(),
            amount_minor: 10_000,
            invoice_date: due_date - chrono::Days::new(14),
            due_date,
            document: None,
        },
        document: None,
    }
}

/// A bill over another amount.
pub(crate) fn bill_over(amount_minor: i64, number: &str, customer: &str, due: &str) -> Incoming {
    let mut bill = bill(number, customer, due);
    bill.invoice.amount_minor = amount_minor;
    bill
}

/// The first instant of a date in Berlin.
pub(crate) fn morning(date: &str) -> Timestamp {
    midnight(chrono_tz::Europe::Berlin, date.parse().expect("YYYY-MM-DD"))
}

/// The tenancy of an engine whose tenants are configured by nothing but defaults, with outbox, print batch and workflows in this folder.
pub(crate) fn tenancy(engine: Arc<Engine>, folder: &Path) -> Arc<Tenancy> {
    let texts = TextSets::load(None).expect("the built-in texts are sound");
    let mut config = Config::default();
    (config.mail.folder, config.post.folder) = (folder.join("outbox"), folder.join("print"));
    config.workflows.folder = folder.join("workflows");
    Arc::new(Tenancy::new(config, engine, Arc::new(texts)))
}
