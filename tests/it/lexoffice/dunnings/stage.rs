//! A tenant whose dunnings lexoffice makes, with real hands: mails become files, letters a print batch. Both clocks go together.

use super::super::settings;
use crate::sandbox_lexoffice::office::Office;
use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::World;
use futures::future::BoxFuture;
use mahnwerk::adapters::letters::{LetterSettings, PrintBatch, TypstEngine};
use mahnwerk::adapters::lexoffice::{ApiKey, LexofficeClient, LexofficeSettings, LexofficeSource, ProcessPace};
use mahnwerk::adapters::mail::FileMailer;
use mahnwerk::adapters::outside::{Outside, Ways};
use mahnwerk::adapters::texts::TextSets;
use mahnwerk::domain::ids::{InvoiceId, StepId, WorkflowId};
use mahnwerk::domain::notice::Creditor;
use mahnwerk::domain::pool::{Chunk, Pool};
use mahnwerk::domain::tenant::TenantSettings;
use mahnwerk::engine::Engine;
use mahnwerk::engine::perform::Work;
use mahnwerk::engine::ports::{Envelope, Mailer, Outcome, Performer};
use mahnwerk::engine::source::connection::{Connection, SourceSettings};
use mahnwerk::engine::source::ports::ClaimKind;
use mahnwerk::engine::source::run::Advance;
use mahnwerk::engine::width::Width;
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// One dunning, three days after the due date; `CHANNEL`, `CONSOLIDATE`.
pub(super) const LADDER: &str = r#"
name = "dunned"
timezone = "Europe/Berlin"
holidays = "none"
[rules]
consolidate = CONSOLIDATE
[[stages]]
key = "dunning-1"
kind = "dunning"
anchor = "due_date"
after_days = 3
channel = "CHANNEL"
fee = "2.50"
payment_days = 10
"#;

/// Made once: reading fonts and texts takes longer than a story.
static TEXTS: LazyLock<Arc<TextSets>> = LazyLock::new(|| Arc::new(TextSets::load(None).unwrap()));
static LETTERS: LazyLock<Arc<TypstEngine>> = LazyLock::new(|| Arc::new(TypstEngine::new(&LetterSettings::default()).unwrap()));

pub(super) fn ladder(channel: &str, consolidate: bool) -> String {
    LADDER.replace("CHANNEL", channel).replace("CONSOLIDATE", &consolidate.to_string())
}

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) office: Office,
    pub(super) folder: tempfile::TempDir,
    pub(super) workflow: WorkflowId,
    pub(super) outside: Arc<Outside>,
    work: Arc<Work>,
}

impl Stage {
    /// In step, with everything overdue that is to be dunned: RE1 and AR1 of one customer on the first day.
    pub(super) async fn new(ledger: TestLedger, ladder: &str) -> Self {
        Self::with(ledger, ladder, |_| {}).await
    }

    pub(super) async fn with(ledger: TestLedger, ladder: &str, change: impl Fn(&mut SourceSettings)) -> Self {
        let world = World::new(ledger).await;
        let held = world.engine.tenant(world.tenant).unwrap().settings.clone();
        let creditor = Creditor { name: "Muster & Partner".to_owned(), iban: "DE02120300000000202051".to_owned(), ..Creditor::default() };
        world.engine.add_tenant(TenantSettings { creditor, ..held });
        world.wait_until("2026-03-02 09:00");
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mail")).unwrap();
        let outside = Arc::new(Outside::new(TEXTS.clone()));
        let workflow = world.publish(ladder).await;
        let work = Work::new(world.engine.clone(), outside.clone(), Width::unbounded());
        let stage = Self { office: Office::start().await, world, folder, workflow, outside, work };
        stage.mail();
        // What is collected by direct debit is another story.
        stage.office.control("void", serde_json::json!({"voucher": "RE5"})).await;
        stage.connect(&stage.world.engine, change);
        stage.in_step().await;
        stage
    }

    /// Mails become files again.
    pub(super) fn mail(&self) {
        self.mail_by(Arc::new(FileMailer::new(self.folder.path().join("mail"))));
    }

    /// Mails go by this mailer from now on.
    pub(super) fn mail_by(&self, mailer: Arc<dyn Mailer>) {
        let letters = LETTERS.clone();
        let post = Arc::new(PrintBatch::new(self.folder.path().join("post")));
        self.outside.open(self.world.tenant, Ways { mailer, letters, post });
    }

    /// Connects an engine with the account.
    pub(super) fn connect(&self, engine: &Engine, change: impl Fn(&mut SourceSettings)) {
        let key = ApiKey::new(self.office.sandbox.key().unwrap()).unwrap();
        let settings = LexofficeSettings { key, ..settings(self.office.sandbox.base_url()) };
        let pace = Arc::new(ProcessPace::every(Duration::from_micros(100)));
        let source = LexofficeSource::new(LexofficeClient::new(settings, pace).unwrap());
        let mut settings = SourceSettings::new(self.workflow);
        settings.kinds.push(ClaimKind::RevenueVoucher);
        change(&mut settings);
        engine.connect(self.world.tenant, Connection::new(Arc::new(source), settings)).unwrap();
    }

    pub(super) async fn in_step(&self) {
        while self.world.engine.advance(self.world.tenant).await.unwrap() == Advance::More {}
    }

    /// Everything is taken in anew.
    pub(super) async fn sweep(&self) {
        self.world.engine.request_run(self.world.tenant, true).await.unwrap();
        self.in_step().await;
    }

    /// Both clocks go on.
    pub(super) fn wait_until(&self, civil: &str) {
        let ahead = berlin(civil).0 - self.world.clock_now().0;
        if ahead > 0 {
            self.world.wait_until(civil);
            self.office.pass(ahead);
        }
    }

    /// What is due now is issued and carried out, step by step.
    pub(super) async fn work_off(&self) {
        let mut before = Vec::new();
        loop {
            self.world.round().await;
            let queued = self.queued().await;
            // What nothing moves waits for another instant.
            if queued.is_empty() || queued == before {
                return;
            }
            for chunk in &queued {
                self.work.perform(chunk.clone()).await;
            }
            before = queued;
        }
    }

    /// All steps that are queued, whoever was told of them.
    pub(super) async fn queued(&self) -> Vec<Chunk> {
        let rows = self.world.ledger.rows("SELECT id, attempt, pool FROM step WHERE state = 'queued' ORDER BY id").await;
        let chunk = |row: &mahnwerk::store::Row| Chunk {
            tenant: self.world.tenant,
            pool: match row.text("pool").unwrap().as_str() {
                "print" => Pool::Print,
                "post" => Pool::Post,
                _ => Pool::Send,
            },
            steps: vec![(StepId(row.int("id").unwrap()), row.int("attempt").unwrap())],
        };
        rows.iter().map(chunk).collect()
    }

    /// Lives until then: what is due happens, what is in doubt is looked for.
    pub(super) async fn live_until(&self, civil: &str) {
        let until = berlin(civil);
        loop {
            self.work_off().await;
            while self.world.engine.search_for_dunnings(self.world.tenant).await.unwrap() {}
            let next = self.world.engine.next_round(self.world.tenant).await.unwrap();
            let now = self.world.clock_now();
            // The planner of a process looks every few seconds for what is in doubt, too.
            let at = next.filter(|at| *at > now && *at <= until).map_or(until, |at| at.min(until));
            if now >= until {
                return;
            }
            self.world.clock.advance_to(at);
            self.office.pass(at.0 - now.0);
        }
    }

    pub(super) async fn invoice(&self, number: &str) -> InvoiceId {
        self.world.ledger.store.invoices_numbered(self.world.tenant, number).await.unwrap()[0]
    }

    pub(super) async fn tells(&self, number: &str) -> String {
        self.world.state(self.invoice(number).await).await.word().to_owned()
    }

    /// What lexoffice has: the invoices' numbers, sorted.
    pub(super) async fn there(&self) -> Vec<String> {
        let all = self.office.look("dunnings").await;
        let mut numbers: Vec<_> = all.as_array().unwrap().iter().map(|made| made["voucherNumber"].as_str().unwrap().to_owned()).collect();
        numbers.sort();
        numbers
    }

    /// The dunnings in the ledger: `RE1 made`.
    pub(super) async fn here(&self) -> Vec<String> {
        let sql = "SELECT v.number, d.state FROM source_dunning d JOIN invoice v ON v.tenant_id = d.tenant_id AND v.id = d.instance_id
            ORDER BY v.number, d.id";
        let rows = self.world.ledger.rows(sql).await;
        rows.iter().map(|row| format!("{} {}", row.text("number").unwrap(), row.text("state").unwrap())).collect()
    }

    /// Whatever the ledger says is made is there, with its token, and nothing else of ours is.
    pub(super) async fn agrees(&self) {
        let all = self.office.look("dunnings").await;
        let mut truth: Vec<_> = all.as_array().unwrap().iter().map(|made| made["id"].as_str().unwrap().to_owned()).collect();
        let rows = self.world.ledger.rows("SELECT external_id, token FROM source_dunning WHERE state = 'made' ORDER BY id").await;
        let mut known: Vec<_> = rows.iter().map(|row| row.text("external_id").unwrap()).collect();
        for row in &rows {
            let (id, token) = (row.text("external_id").unwrap(), row.text("token").unwrap());
            let remark = |made: &&Value| made["id"] == id.as_str() && made["remark"].as_str().unwrap().contains(&token);
            assert!(all.as_array().unwrap().iter().any(|made| remark(&made)), "{token} is not in {all}");
        }
        truth.sort();
        known.sort();
        assert_eq!(known, truth, "the ledger and lexoffice differ");
        self.world.verified().await;
    }

    /// The mails that left: invoice attachments by name, sorted.
    pub(super) fn mails(&self) -> Vec<Vec<String>> {
        let mut mails: Vec<_> = files(&self.folder.path().join("mail"), "eml").iter().map(|(_, bytes)| attached(bytes)).collect();
        mails.sort();
        mails
    }

    pub(super) async fn notices(&self) -> Vec<String> {
        let rows = self.world.ledger.rows("SELECT state, channel, reason FROM notice ORDER BY issued_at, id").await;
        let tell = |row: &mahnwerk::store::Row| {
            format!(
                "{} {} {}",
                row.text("state").unwrap(),
                row.text("channel").unwrap(),
                row.opt_text("reason").unwrap().unwrap_or_default()
            )
        };
        rows.iter().map(|row| tell(row).trim().to_owned()).collect()
    }
}

/// A mail server that always answers the same.
pub(super) struct Says(pub(super) Outcome);

impl Mailer for Says {
    fn describe(&self) -> String {
        "always the same".to_owned()
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { Ok(String::new()) })
    }

    fn send<'a>(&'a self, _: &'a str, _: &'a Envelope, _: &'a [u8]) -> BoxFuture<'a, Outcome> {
        Box::pin(async { self.0.clone() })
    }
}

/// The names of a mail's attachments.
pub(super) fn attached(bytes: &[u8]) -> Vec<String> {
    use mail_parser::MimeHeaders;
    let mail = mail_parser::MessageParser::default().parse(bytes).expect("a mail");
    mail.attachments().map(|part| part.attachment_name().unwrap_or_default().to_owned()).collect()
}

/// Files with this ending in a folder and those below it, by name.
pub(super) fn files(folder: &std::path::Path, ending: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push((path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}
