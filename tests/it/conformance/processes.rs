//! The proof of death on a shared ledger: locks that die with their sessions, and what becomes of the leases.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, single};
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::Engine;
use mahnwerk::engine::clock::{LedgerClock, SystemEntropy};
use mahnwerk::engine::process::{Duty, Identity, Presence};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const IN_TIME: Duration = Duration::from_secs(30);

/// A registered process whose keeper runs.
struct Registered {
    engine: Arc<Engine>,
    name: String,
    keeper: JoinHandle<()>,
    stop: CancellationToken,
}

async fn register(world: &World) -> Registered {
    let identity = Identity::new(&SystemEntropy);
    let name = identity.name.clone();
    let (engine, _) = world.another(&name);
    let clock = Arc::new(LedgerClock::new(world.clock.clone()));
    let presence = Presence::register(engine.clone(), clock, identity).await.unwrap().expect("a shared ledger");
    let stop = CancellationToken::new();
    Registered { engine, name, keeper: tokio::spawn(presence.keep(Duty::Live, stop.clone())), stop }
}

/// What a planner that looks around finds dead, looking twice.
async fn dead(world: &World) -> Vec<String> {
    let look = async |suspected: &BTreeSet<String>| world.ledger.store.bury("nobody", suspected, Timestamp(1)).await.unwrap();
    let first = look(&BTreeSet::new()).await;
    assert_eq!(first.buried, Vec::<String>::new(), "nobody is buried at the first look");
    look(&first.absent).await.buried
}

async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < IN_TIME, "{what} did not come about within {IN_TIME:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The session that holds a lock; 0 while there is none.
async fn holder(world: &World) -> i64 {
    let holder = "SELECT CAST(COALESCE(MAX(pid), 0) AS BIGINT) AS n FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    world.ledger.number(holder).await
}

/// Cuts the connections that hold locks.
async fn cut(world: &World) {
    let cut = "SELECT CAST(COUNT(pg_terminate_backend(pid)) AS BIGINT) AS n FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert!(world.ledger.number(cut).await > 0, "somebody held a lock");
}

#[tokio::test]
async fn an_embedded_ledger_has_no_others() {
    let world = World::new(TestLedger::sqlite().await).await;
    let clock = Arc::new(LedgerClock::new(world.clock.clone()));
    let registered = Presence::register(world.engine.clone(), clock, Identity::new(&SystemEntropy)).await.unwrap();
    assert!(registered.is_none());
}

#[tokio::test]
async fn who_ends_without_a_word_is_found_dead_and_its_leases_are_void() {
    let world = World::new(TestLedger::postgres().await).await;
    let process = register(&world).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &["R1", "R2"].map(|number| bill(number, &format!("K{number}"), "2026-01-09"))).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    let chunk = world.engine.chunks(world.tenant, &ready).remove(0);
    assert_eq!(world.started(&process.engine, &chunk).await.len(), 2);
    assert_eq!(dead(&world).await, Vec::<String>::new(), "it lives");
    assert!(world.engine.next_round(world.tenant).await.unwrap().unwrap() > world.clock_now(), "its leases hold");
    process.keeper.abort();
    let _ = process.keeper.await;
    eventually("its session ends", async || dead(&world).await == [process.name.clone()]).await;
    assert_eq!(world.engine.next_round(world.tenant).await.unwrap(), Some(Timestamp(0)), "the planner is wanted at once");
    assert_eq!(world.round().await, []);
    let unknown = world.ledger.store.notice_counts(world.tenant).await.unwrap();
    assert_eq!(unknown, [("unknown".to_owned(), 2)], "nobody knows whether it sent what it had begun");
}

#[tokio::test]
async fn who_signs_off_leaves_nothing_to_be_found() {
    let world = World::new(TestLedger::postgres().await).await;
    let process = register(&world).await;
    process.stop.cancel();
    process.keeper.await.unwrap();
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM process WHERE ended_at IS NOT NULL").await, 1);
    assert_eq!(dead(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn who_was_cut_off_and_not_missed_goes_on_under_its_name() {
    let world = World::new(TestLedger::postgres().await).await;
    let process = register(&world).await;
    let before = holder(&world).await;
    cut(&world).await;
    eventually("another session holds the lock", async || ![0, before].contains(&holder(&world).await)).await;
    assert_eq!(*process.engine.owner.present().await, *process.name);
    assert_eq!(dead(&world).await, Vec::<String>::new());
}

/// Whoever was buried alive begins nothing under its old name, and goes on under a new one.
#[tokio::test]
async fn who_was_taken_for_dead_goes_on_under_a_new_name() {
    let world = World::new(TestLedger::postgres().await).await;
    let process = register(&world).await;
    world.ledger.sql("UPDATE process SET ended_at = 1").await.unwrap();
    cut(&world).await;
    eventually("it has a new name", async || *process.engine.owner.name() != *process.name).await;
    let name = process.engine.owner.present().await;
    assert_eq!(world.ledger.number(&format!("SELECT COUNT(*) AS n FROM process WHERE id = '{name}' AND ended_at IS NULL")).await, 1);
    assert_eq!(dead(&world).await, Vec::<String>::new());
}

/// A stall in the middle of a transaction holds a tenant's head: the database cuts it off, and the others go on.
#[tokio::test]
async fn who_stands_still_in_a_transaction_holds_nobody_up_for_long() {
    let world = World::new(TestLedger::postgres().await).await;
    let stalled = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    let began = Instant::now();
    let another = mahnwerk::store::Store::open(&world.ledger.url).await.unwrap();
    let other = tokio::time::timeout(IN_TIME, another.begin_tenant(world.tenant)).await;
    assert!(other.is_ok(), "the head is still held after {IN_TIME:?}");
    println!("the head was free after {:.1?}", began.elapsed());
    let error = stalled.commit().await.unwrap_err();
    assert!(error.is_passing(), "{error}");
}

#[tokio::test]
async fn all_processes_keep_the_databases_time() {
    let world = World::new(TestLedger::postgres().await).await;
    let clock = Arc::new(LedgerClock::new(world.clock.clone()));
    let presence = Presence::register(world.engine.clone(), clock.clone(), Identity::new(&SystemEntropy)).await.unwrap();
    let theirs = world.ledger.number("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS n").await;
    use mahnwerk::engine::clock::Clock;
    // The virtual clock stands still in another year: what is left of the difference is the time between the two questions.
    assert!((theirs - clock.now().0).abs() < 5_000, "{} and {theirs}", clock.now().0);
    drop(presence);
}
