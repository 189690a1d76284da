//! A world with a source: what the tests of a synchronised ledger share.

use super::fake::Fake;
use crate::support::ledger::TestLedger;
use crate::support::world::{World, single};
use mahnwerk::domain::ids::{InvoiceId, WorkflowId};
use mahnwerk::engine::Engine;
use mahnwerk::engine::source::connection::{Connection, SourceSettings};
use mahnwerk::engine::source::run::Advance;
use std::sync::Arc;

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) fake: Arc<Fake>,
    pub(crate) workflow: WorkflowId,
}

impl Stage {
    /// A tenant that is connected and has asked nothing yet.
    pub(crate) async fn new(ledger: TestLedger) -> Self {
        Self::under(ledger, &single()).await
    }

    /// The same with another ladder.
    pub(crate) async fn under(ledger: TestLedger, ladder: &str) -> Self {
        let world = World::new(ledger).await;
        let workflow = world.publish(ladder).await;
        let stage = Self { fake: Fake::new(&world.clock), workflow, world };
        stage.connect(|_| {});
        stage
    }

    /// Connects with these settings.
    pub(crate) fn connect(&self, change: impl FnOnce(&mut SourceSettings)) {
        self.connect_engine(&self.world.engine, change);
    }

    pub(crate) fn connect_engine(&self, engine: &Engine, change: impl FnOnce(&mut SourceSettings)) {
        let mut settings = SourceSettings::new(self.workflow);
        change(&mut settings);
        engine.connect(self.world.tenant, Connection::new(self.fake.clone(), settings)).expect("our tenant");
    }

    /// Takes steps until there is nothing to do now.
    pub(crate) async fn in_step(&self) {
        self.in_step_by(&self.world.engine).await;
    }

    pub(crate) async fn in_step_by(&self, engine: &Engine) {
        let mut steps = 0;
        loop {
            match engine.advance(self.world.tenant).await.expect("a step") {
                Advance::More => steps += 1,
                Advance::Idle(_) => return,
                other => panic!("{other:?}"),
            }
            assert!(steps < 20_000, "it does not end: {:?}", self.fake.calls());
        }
    }

    /// Lists what has changed at once.
    pub(crate) async fn again(&self) {
        self.world.engine.request_run(self.world.tenant, false).await.expect("a run");
        self.in_step().await;
    }

    /// Lists everything at once.
    pub(crate) async fn sweep(&self) {
        self.world.engine.request_run(self.world.tenant, true).await.expect("a run");
        self.in_step().await;
    }

    /// Moves the clock, and keeps in step then.
    pub(crate) async fn later(&self, civil: &str) {
        self.world.wait_until(civil);
        self.in_step().await;
    }

    pub(crate) async fn invoice(&self, number: &str) -> InvoiceId {
        let found = self.world.ledger.store.invoices_numbered(self.world.tenant, number).await.expect("read");
        assert_eq!(found.len(), 1, "invoices {number}");
        found[0]
    }

    pub(crate) async fn tells(&self, number: &str) -> String {
        self.world.tells(self.invoice(number).await).await
    }

    pub(crate) async fn open_minor(&self, number: &str) -> i64 {
        let id = self.invoice(number).await;
        self.world.ledger.store.cases(self.world.tenant, [id]).await.expect("read").pop().expect("a case").open_minor
    }

    /// What was booked on an invoice: `payment 4000`.
    pub(crate) async fn booked(&self, number: &str) -> Vec<String> {
        let id = self.invoice(number).await;
        let rows = self.world.ledger.rows(&format!("SELECT kind, amount_minor FROM payment WHERE invoice_id = {} ORDER BY id", id.0)).await;
        rows.iter().map(|row| format!("{} {}", row.text("kind").unwrap(), row.int("amount_minor").unwrap())).collect()
    }

    /// The causes in an invoice's history.
    pub(crate) async fn causes(&self, number: &str) -> Vec<String> {
        let id = self.invoice(number).await;
        let rows = self.world.ledger.rows(&format!("SELECT cause FROM transition WHERE instance_id = {} ORDER BY seq", id.0)).await;
        rows.iter().map(|row| row.text("cause").unwrap()).collect()
    }

    pub(crate) async fn state(&self) -> String {
        let status = self.world.engine.source_status(self.world.tenant).await.expect("read").expect("a source");
        status.row.expect("asked once").state
    }

    /// Why an invoice waits for its source.
    pub(crate) async fn waits(&self, number: &str) -> Option<String> {
        let id = self.invoice(number).await;
        self.world.engine.freshness(self.world.tenant, id).await.expect("read").expect("of a source").1
    }
}
