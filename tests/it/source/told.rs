//! What a source told is taken up whatever dies meanwhile, in any order and number; the port's fake side of it.

use super::crashes::{another, ledger, steps, struck_engine};
use super::fake::Fake;
use super::stage::Stage;
use crate::crash::fault::{Faults, Mode, Pulse};
use crate::support::ledger::TestLedger;
use futures::future::BoxFuture;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::source::ports::{ClaimKind, Event, EventKind, Hooks, SourceError, Subscription, Unbelieved};
use mahnwerk::engine::source::told::Receipt;
use std::sync::Arc;

on_both!(
    what_was_told_is_taken_up_in_any_order_and_number,
    dying_at_every_request_loses_nothing_that_was_told,
    what_is_told_again_while_it_is_asked_about_is_asked_about_again,
    events_of_long_ago_are_forgotten_and_not_taken_again
);

/// A call is `KIND RESOURCE MS`; its signature is the fake's name.
impl Hooks for Fake {
    fn wanted(&self, _: &[ClaimKind]) -> Vec<String> {
        vec!["changed".to_owned()]
    }

    fn subscriptions(&self) -> BoxFuture<'_, Result<Vec<Subscription>, SourceError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn subscribe<'a>(&'a self, event: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), SourceError>> {
        Box::pin(self.called_only(format!("subscribe {event}")))
    }

    fn unsubscribe<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), SourceError>> {
        Box::pin(self.called_only(format!("unsubscribe {id}")))
    }

    fn signature_header(&self) -> &'static str {
        "x-fake"
    }

    fn read(&self, body: &[u8], signature: Option<&str>) -> Result<Event, Unbelieved> {
        if signature != Some("fake") {
            return Err(Unbelieved::Forged);
        }
        let text = String::from_utf8(body.to_vec()).unwrap();
        let words: Vec<_> = text.split(' ').collect();
        let kind = match words[0] {
            "payment" => EventKind::Payment,
            "claim" => EventKind::Claim,
            "contact" => EventKind::Contact,
            "access" => EventKind::Access,
            _ => EventKind::Other,
        };
        Ok(Event {
            organisation: self.with(|books| books.organisation.clone()),
            word: words[0].to_owned(),
            kind,
            resource: words[1].to_owned(),
            at: Timestamp(words[2].parse().unwrap()),
        })
    }
}

impl Fake {
    async fn called_only(&self, what: String) -> Result<(), SourceError> {
        self.called(what, None).await
    }
}

/// Four claims in step; then everything about them changes, and a fifth comes.
async fn changed(ledger: TestLedger) -> Stage {
    let stage = Stage::new(ledger).await;
    stage.fake.with(|books| books.tells = true);
    for id in ["R1", "R2", "R3", "R4"] {
        stage.fake.bill(id, if id < "R3" { "A" } else { "B" }, "2026-01-09");
    }
    stage.in_step().await;
    stage.world.clock.advance_to(stage.world.clock_now().plus_seconds(10));
    stage.fake.with(|books| {
        books.pay("R1", 10_000);
        books.change("R2", |claim| claim.due_date = "2026-01-16".parse().unwrap());
        books.pay("R3", 2_500);
        books.contacts.get_mut("B").unwrap().addresses[0].street = "Neuer Weg 1".to_owned();
    });
    stage.fake.bill("R5", "C", "2026-01-10");
    stage
}

const TOLD: [&str; 8] = ["payment R1", "claim R2", "claim R2", "payment R3", "contact B", "claim R5", "access key", "dunning D1"];

async fn tell(stage: &Stage, event: &str) -> Receipt {
    let connection = stage.world.engine.connection(stage.world.tenant).unwrap().unwrap();
    let call = format!("{event} {}", stage.world.clock_now().0);
    stage.world.engine.hear_of(stage.world.tenant, &connection, call.as_bytes(), Some("fake")).await.unwrap()
}

async fn waiting(stage: &Stage) -> i64 {
    stage.world.engine.source_status(stage.world.tenant).await.unwrap().unwrap().hooks.waiting
}

async fn what_was_told_is_taken_up_in_any_order_and_number(first: TestLedger) {
    let postgres = first.dialect() == mahnwerk::store::statement::Dialect::Postgres;
    let stage = changed(first).await;
    for event in TOLD {
        tell(&stage, event).await;
    }
    assert_eq!(waiting(&stage).await, 7, "what is told twice waits once");
    stage.fake.asked();
    stage.in_step().await;
    assert_eq!((waiting(&stage).await, stage.tells("R1").await.as_str(), stage.open_minor("R3").await), (0, "settled", 7_500));
    let asked = stage.fake.asked();
    assert!(asked.len() < 16, "each is asked about once: {asked:?}");
    let truth = ledger(&stage).await;
    assert!(truth.iter().any(|line| line.contains("Neuer Weg 1")) && truth.iter().any(|line| line.starts_with("R5 |")), "{truth:?}");
    stage.sweep().await;
    assert_eq!(ledger(&stage).await, truth, "nothing is left to be found");
    let reordered = changed(if postgres { TestLedger::postgres().await } else { TestLedger::hasty().await }).await;
    for event in TOLD.iter().rev().chain(&TOLD[3..]).chain(&TOLD) {
        tell(&reordered, event).await;
    }
    reordered.in_step().await;
    assert_eq!(ledger(&reordered).await, truth);
}

async fn dying_at_every_request_loses_nothing_that_was_told(first: TestLedger) {
    let postgres = first.dialect() == mahnwerk::store::statement::Dialect::Postgres;
    let whole = changed(first).await;
    for event in TOLD {
        tell(&whole, event).await;
    }
    let before = whole.fake.calls().len();
    whole.in_step().await;
    let (requests, truth) = (whole.fake.calls().len(), ledger(&whole).await);
    assert!(requests - before >= 8, "{before} {requests}");
    for at in (before..requests).step_by(if postgres { 3 } else { 1 }) {
        let stage = changed(if postgres { TestLedger::postgres().await } else { TestLedger::hasty().await }).await;
        stage.fake.with(|books| books.dies_at = Some(at));
        for event in TOLD {
            tell(&stage, event).await;
        }
        tokio::select! {
            () = stage.in_step() => panic!("request {at} was not made"),
            () = stage.fake.death.notified() => {}
        }
        let engine = another(&stage, "after");
        stage.world.clock.advance_to(stage.world.clock_now().plus_seconds(91));
        stage.in_step_by(&engine).await;
        assert_eq!((ledger(&stage).await, waiting(&stage).await), (truth.clone(), 0), "dead at request {at}");
        stage.world.verified().await;
    }
}

/// As above, but the ledger fails or the process dies at a call to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn struck_at_every_call_to_the_ledger_what_was_told_is_taken_up() {
    let whole = changed(TestLedger::hasty().await).await;
    for event in TOLD {
        tell(&whole, event).await;
    }
    whole.in_step().await;
    let truth = ledger(&whole).await;
    let mut at = 0;
    loop {
        let stage = changed(TestLedger::hasty().await).await;
        for event in TOLD {
            tell(&stage, event).await;
        }
        stage.world.engine.let_source_go(stage.world.tenant).await.unwrap();
        let (mode, faults) = (Mode::ALL[at / 5 % 4], Arc::new(Faults::default()));
        faults.arm(at, mode);
        let mut engine = struck_engine(&stage, "struck", &Arc::new(Pulse::new(faults.clone())));
        if steps(&stage, &engine).await.is_err() {
            if mode.kills() {
                engine = another(&stage, "after");
                stage.world.clock.advance_to(stage.world.clock_now().plus_seconds(91));
            }
            steps(&stage, &engine).await.unwrap();
        }
        if faults.struck().is_empty() {
            assert!(at > 60, "{at}");
            return;
        }
        assert_eq!((ledger(&stage).await, waiting(&stage).await), (truth.clone(), 0), "struck at {at}: {:?}", faults.struck());
        at += 5;
    }
}

async fn what_is_told_again_while_it_is_asked_about_is_asked_about_again(ledger: TestLedger) {
    let stage = changed(ledger).await;
    tell(&stage, "payment R1").await;
    stage.in_step().await;
    assert_eq!(stage.tells("R1").await, "settled");
    // A second payment within the same second has the same stamp.
    stage.fake.with(|books| books.post("R3", mahnwerk::engine::source::ports::ItemKind::Payment, 7_500));
    tell(&stage, "payment R3").await;
    stage.in_step().await;
    stage.fake.with(|books| books.change("R3", |claim| drop(claim.items.pop())));
    assert_eq!(tell(&stage, "payment R3").await, Receipt::Known);
    assert_eq!(waiting(&stage).await, 1);
    stage.in_step().await;
    assert_eq!(stage.open_minor("R3").await, 7_500);
    // And one that comes while the first is asked about.
    let tenant = stage.world.tenant;
    tell(&stage, "payment R4").await;
    let read = stage.world.ledger.store.waiting_events(tenant, "fake", true).await.unwrap();
    tell(&stage, "payment R4").await;
    let mut tx = stage.world.ledger.store.begin_tenant(tenant).await.unwrap();
    tx.take_events("fake", &read, stage.world.clock_now()).await.unwrap();
    tx.commit_keeping_facts().await.unwrap();
    assert_eq!(waiting(&stage).await, 1);
    stage.in_step().await;
    assert_eq!(waiting(&stage).await, 0);
}

async fn events_of_long_ago_are_forgotten_and_not_taken_again(ledger: TestLedger) {
    let stage = changed(ledger).await;
    let long_ago = stage.world.clock_now().0;
    for event in ["payment R1", "payment R2"] {
        assert_eq!(tell(&stage, event).await, Receipt::Stored);
    }
    stage.in_step().await;
    stage.world.clock.advance_to(stage.world.clock_now().plus_seconds(120));
    assert_eq!(waiting(&stage).await, 0);
    let again = |stage: &Stage| {
        let engine = stage.world.engine.clone();
        let (tenant, connection) = (stage.world.tenant, engine.connection(stage.world.tenant).unwrap().unwrap());
        async move { engine.hear_of(tenant, &connection, format!("payment R1 {long_ago}").as_bytes(), Some("fake")).await.unwrap() }
    };
    for (waits, why) in [(1, "it was taken at its stamp, so it may be another one"), (0, "it was taken long after its stamp")] {
        assert_eq!((again(&stage).await, waiting(&stage).await), (Receipt::Known, waits), "{why}");
        stage.in_step().await;
    }
    stage.world.clock.advance_to(stage.world.clock_now().plus_seconds(15 * 86_400));
    tell(&stage, "payment R3").await;
    stage.sweep().await;
    let kept = stage.world.ledger.number("SELECT COUNT(*) AS n FROM source_event").await;
    assert_eq!((kept, again(&stage).await), (1, Receipt::Late));
}
