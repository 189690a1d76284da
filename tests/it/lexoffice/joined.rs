//! A ledger that is joined to the sandbox's lexoffice.

use super::settings;
use crate::sandbox_lexoffice::office::Office;
use crate::support::ledger::TestLedger;
use crate::support::world::{World, single};
use mahnwerk::adapters::lexoffice::{ApiKey, LexofficeClient, LexofficeSettings, LexofficeSource, ProcessPace, WebhookKey};
use mahnwerk::domain::ids::WorkflowId;
use mahnwerk::engine::Engine;
use mahnwerk::engine::source::connection::{Connection, SourceSettings};
use mahnwerk::engine::source::ports::ClaimKind;
use mahnwerk::engine::source::run::Advance;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Joined {
    pub(super) world: World,
    pub(super) office: Office,
    pub(super) workflow: WorkflowId,
}

impl Joined {
    pub(super) async fn start(ledger: TestLedger, office: Office) -> Self {
        let world = World::new(ledger).await;
        world.wait_until("2026-03-02 09:00");
        let workflow = world.publish(&single()).await;
        let joined = Self { world, office, workflow };
        joined.connect(&joined.world.engine, None).await;
        joined
    }

    /// Connects this engine; the source is to call there.
    pub(super) async fn connect(&self, engine: &Engine, callback: Option<String>) {
        let (office, world) = (&self.office, &self.world);
        let key = ApiKey::new(office.sandbox.key().unwrap()).unwrap();
        let settings = LexofficeSettings { key, ..settings(office.sandbox.base_url()) };
        let pace = Arc::new(ProcessPace::every(Duration::from_micros(100)));
        let pem = office.ask("GET", "/_control/webhook-key.pub", &[], "").await.unwrap().body;
        let source = LexofficeSource::new(LexofficeClient::new(settings, pace).unwrap());
        let source = source.with_webhook_key(WebhookKey::from_pem(&pem).unwrap());
        let mut settings = SourceSettings::new(self.workflow);
        settings.kinds.push(ClaimKind::RevenueVoucher);
        settings.callback = callback;
        engine.connect(world.tenant, Connection::new(Arc::new(source), settings)).unwrap();
    }

    /// Takes steps until there is nothing to do now; how many there were.
    pub(super) async fn in_step(&self) -> usize {
        let mut steps = 0;
        loop {
            match self.world.engine.advance(self.world.tenant).await.unwrap() {
                Advance::More => steps += 1,
                Advance::Idle(_) => return steps,
                other => panic!("{other:?}"),
            }
            assert!(steps < 20_000, "it does not end");
        }
    }

    pub(super) async fn run(&self, full: bool) -> usize {
        self.world.engine.request_run(self.world.tenant, full).await.unwrap();
        self.in_step().await
    }

    pub(super) async fn act(&self, name: &str, body: Value) {
        self.office.control(name, body).await;
        self.office.pass(1_000);
    }

    pub(super) async fn state(&self) -> String {
        let status = self.world.engine.source_status(self.world.tenant).await.unwrap().unwrap();
        status.row.unwrap().state
    }

    /// Every claim of somebody who can be written to stands in the ledger as it does there; how many are open.
    pub(super) async fn compare(&self) -> usize {
        let truth = self.office.look("truth?organization=Beispiel%20GmbH").await;
        let mut open = 0;
        for claim in truth.as_array().unwrap() {
            let (id, status, number) = (claim["id"].as_str().unwrap(), claim["status"].as_str().unwrap(), &claim["voucherNumber"]);
            let rows = self.world.ledger.rows(&format!("SELECT id FROM invoice WHERE external_id = '{id}'")).await;
            let Some(row) = rows.first() else {
                let never_open = matches!(status, "draft" | "paid" | "paidoff" | "voided");
                assert!(never_open || claim["contactId"].is_null(), "{number}, {status}, is not in the ledger");
                continue;
            };
            let invoice = mahnwerk::domain::ids::InvoiceId(row.int("id").unwrap());
            let case = self.world.ledger.store.cases(self.world.tenant, [invoice]).await.unwrap().pop().unwrap();
            let state = self.world.tells(invoice).await;
            match status {
                "voided" => assert!(case.cancelled && state.starts_with("withdrawn"), "{number}: {state}"),
                "draft" => assert!(case.block.is_some() && state.starts_with("blocked"), "{number}: {state}"),
                _ => {
                    let minor = claim["openAmount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
                    assert_eq!((case.open_minor, case.cancelled), (minor, false), "{number} is {status}: {state}");
                    assert_eq!(state.starts_with("settled"), minor == 0, "{number} is {status}: {state}");
                    open += usize::from(minor > 0);
                }
            }
        }
        open
    }
}
