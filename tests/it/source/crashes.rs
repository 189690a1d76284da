//! A process that keeps in step may die at any request and at any call to its ledger: another one goes on where it was, and in the end
//! the ledger says what the source says, once.

use super::stage::Stage;
use crate::crash::fault::{Faults, Mode, Pulse};
use crate::support::ledger::TestLedger;
use mahnwerk::engine::source::ports::{ClaimStatus, ItemKind};
use mahnwerk::engine::{Engine, EngineError};
use std::sync::Arc;

on_both!(dying_at_every_request_loses_and_doubles_nothing);

/// Claims of every kind of fate, before and after the first sync.
fn first_books(stage: &Stage) {
    for id in ["R1", "R2", "R3", "R4", "R5", "R6", "R7"] {
        stage.fake.bill(id, if id < "R4" { "A" } else { "B" }, "2026-01-09");
    }
    stage.fake.with(|books| books.pay("R7", 2_500));
}

fn second_books(stage: &Stage) {
    stage.fake.with(|books| {
        books.pay("R1", 10_000);
        books.pay("R2", 4_000);
        books.change("R3", |claim| claim.status = ClaimStatus::Voided);
        books.change("R4", |claim| claim.status = ClaimStatus::Draft);
        books.post("R5", ItemKind::CreditNote, 10_000);
        books.change("R6", |claim| claim.due_date = "2026-01-16".parse().unwrap());
    });
    stage.fake.bill("R8", "C", "2026-01-10");
}

/// What the ledger says, as text without ids and times.
pub(super) async fn ledger(stage: &Stage) -> Vec<String> {
    let mut told = Vec::new();
    for (sql, columns) in [
        (
            "SELECT v.number, CAST(v.amount_minor AS TEXT) AS amount, v.due_date, i.state, i.stage_date, i.reason FROM invoice v
             JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id ORDER BY v.number",
            &["number", "amount", "due_date", "state", "stage_date", "reason"][..],
        ),
        (
            "SELECT external_id, kind, CAST(amount_minor AS TEXT) AS amount FROM payment ORDER BY external_id",
            &["external_id", "kind", "amount"],
        ),
        ("SELECT external_id, status, reason FROM source_claim ORDER BY external_id", &["external_id", "status", "reason"]),
        ("SELECT number, name, email, street FROM customer ORDER BY number", &["number", "name", "email", "street"]),
        ("SELECT reason FROM block WHERE ended_at IS NULL ORDER BY reason", &["reason"]),
    ] {
        for row in stage.world.ledger.rows(sql).await {
            let cells: Vec<_> = columns.iter().map(|column| row.opt_text(column).unwrap().unwrap_or_default()).collect();
            told.push(cells.join(" | "));
        }
    }
    told
}

/// Both syncs without anything in the way; what they asked.
async fn undisturbed(stage: &Stage) -> usize {
    first_books(stage);
    stage.in_step().await;
    stage.world.wait_until("2026-01-07 12:00");
    second_books(stage);
    stage.in_step().await;
    stage.fake.calls().len()
}

/// Goes on under another name, as soon as the lease of the one before is over.
pub(super) fn another(stage: &Stage, name: &str) -> Arc<Engine> {
    let (engine, _) = stage.world.another(name);
    stage.connect_engine(&engine, |_| {});
    engine
}

async fn dying_at_every_request_loses_and_doubles_nothing(ledger_: TestLedger) {
    let hasty = |postgres: bool| async move { if postgres { TestLedger::postgres().await } else { TestLedger::hasty().await } };
    let postgres = ledger_.dialect() == mahnwerk::store::statement::Dialect::Postgres;
    let whole = Stage::new(ledger_).await;
    let requests = undisturbed(&whole).await;
    let truth = ledger(&whole).await;
    assert!(requests > 20, "{requests}");
    // On PostgreSQL every third point: each takes a database of its own.
    for at in (0..requests).step_by(if postgres { 3 } else { 1 }) {
        let stage = Stage::new(hasty(postgres).await).await;
        stage.fake.with(|books| books.dies_at = Some(at));
        first_books(&stage);
        let mut engine = stage.world.engine.clone();
        for (until, change) in [(None, false), (Some("2026-01-07 12:00"), true)] {
            if let Some(until) = until {
                stage.world.wait_until(until);
            }
            if change {
                second_books(&stage);
            }
            tokio::select! {
                () = stage.in_step_by(&engine) => {}
                () = stage.fake.death.notified() => {
                    engine = another(&stage, "after");
                    stage.world.clock.advance_to(stage.world.clock_now().plus_seconds(91));
                    stage.in_step_by(&engine).await;
                }
            }
        }
        assert_eq!(ledger(&stage).await, truth, "dead at request {at}");
        let asked = stage.fake.calls().len();
        assert!(asked <= requests + 3, "dead at request {at}: {asked} requests instead of {requests}");
        stage.world.verified().await;
    }
}

/// On an embedded ledger the lock proves the one before dead: nobody waits for the end of its lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_it_goes_on_at_once() {
    let mut stage = Stage::new(TestLedger::hasty().await).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.in_step().await;
    let row = || async { stage.world.ledger.store.source(stage.world.tenant, "fake").await.unwrap().unwrap() };
    assert!(row().await.lease_until.unwrap() > stage.world.clock_now());
    let world = stage.world.reopened(0).await;
    stage = Stage { world, ..stage };
    stage.connect(|_| {});
    stage.fake.with(|books| books.pay("R1", 10_000));
    stage.again().await;
    assert_eq!(stage.tells("R1").await, "settled");
}

/// An engine whose calls to the ledger may be struck.
pub(super) fn struck_engine(stage: &Stage, name: &str, pulse: &Arc<Pulse>) -> Arc<Engine> {
    let settings = stage.world.engine.tenant(stage.world.tenant).unwrap().settings.clone();
    let store = stage.world.ledger.store.clone().watched(pulse.clone());
    let engine =
        Engine::new(store, stage.world.clock.clone(), Arc::new(Keys), name.to_owned(), crate::support::world::limits(), vec![settings]);
    stage.connect_engine(&engine, |_| {});
    Arc::new(engine)
}

#[derive(Debug)]
struct Keys;

impl mahnwerk::engine::clock::Entropy for Keys {
    fn key(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// Takes steps until there is nothing to do, or the ledger fails.
pub(super) async fn steps(stage: &Stage, engine: &Engine) -> Result<(), EngineError> {
    use mahnwerk::engine::source::run::Advance;
    while engine.advance(stage.world.tenant).await? == Advance::More {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn struck_at_every_call_to_the_ledger_it_goes_on() {
    let whole = Stage::new(TestLedger::hasty().await).await;
    undisturbed(&whole).await;
    let truth = ledger(&whole).await;
    let faults = Arc::new(Faults::default());
    let counted = Stage::new(TestLedger::hasty().await).await;
    let engine = struck_engine(&counted, "counted", &Arc::new(Pulse::new(faults.clone())));
    first_books(&counted);
    steps(&counted, &engine).await.unwrap();
    let first = faults.names().len();
    counted.world.wait_until("2026-01-07 12:00");
    second_books(&counted);
    steps(&counted, &engine).await.unwrap();
    let points = faults.names().len();
    println!("{points} points");
    let stride = std::env::var("MAHNWERK_SOURCE_STRIDE").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    for at in (0..points).step_by(stride) {
        let mode = Mode::ALL[at / stride % 4];
        let stage = Stage::new(TestLedger::hasty().await).await;
        let faults = Arc::new(Faults::default());
        faults.arm(at, mode);
        let pulse = Arc::new(Pulse::new(faults.clone()));
        let mut engine = struck_engine(&stage, "struck", &pulse);
        first_books(&stage);
        for second in [false, true] {
            if second {
                stage.world.wait_until("2026-01-07 12:00");
                second_books(&stage);
            }
            if steps(&stage, &engine).await.is_err() {
                if mode.kills() {
                    engine = another(&stage, "after");
                    stage.world.clock.advance_to(stage.world.clock_now().plus_seconds(91));
                }
                steps(&stage, &engine).await.unwrap();
            }
        }
        assert_eq!(faults.struck().len(), 1);
        assert_eq!(ledger(&stage).await, truth, "struck at {at} (of {first} and {points}): {:?}", faults.struck());
        stage.world.verified().await;
    }
}
