//! Clocks that are set: back, forward, forward by years and back again. And when the planner stops trusting them.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, because, bill, limits, single};
use futures::future::BoxFuture;
use mahnwerk::domain::pool::Chunk;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::clock::{Clock, SystemEntropy};
use mahnwerk::engine::ports::Bell;
use mahnwerk::engine::run::Pulse;
use mahnwerk::engine::trust::{Doubt, Trust};
use mahnwerk::engine::{Engine, EngineError};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const WITHIN: Duration = Duration::from_secs(20);
const HOUR_MS: i64 = 3_600_000;

/// Counts the steps that were rung.
#[derive(Debug, Default)]
pub(super) struct Rung(AtomicUsize);

impl Bell for Rung {
    fn ring(&self, chunks: Vec<Chunk>) -> BoxFuture<'_, Result<(), String>> {
        self.0.fetch_add(chunks.iter().map(|chunk| chunk.steps.len()).sum(), Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }
}

/// A machine's clock that can be set, beside an uptime that can't.
#[derive(Debug)]
struct MachineClock {
    now: AtomicI64,
    up_ms: AtomicU64,
}

impl MachineClock {
    fn at(civil: &str) -> Arc<Self> {
        Arc::new(Self { now: AtomicI64::new(berlin(civil).0), up_ms: AtomicU64::new(1_000_000) })
    }

    fn set(&self, civil: &str) {
        self.now.store(berlin(civil).0, Ordering::SeqCst);
    }

    /// Time passes, in sleep or awake.
    fn pass(&self, hours: i64) {
        self.now.fetch_add(hours * HOUR_MS, Ordering::SeqCst);
        self.up_ms.fetch_add(u64::try_from(hours * HOUR_MS).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> Option<Duration> {
        Some(Duration::from_millis(self.up_ms.load(Ordering::SeqCst)))
    }

    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

/// Another process on the world's ledger, with a machine's clock.
fn on_machine(world: &World, clock: &Arc<MachineClock>) -> Arc<Engine> {
    let settings = world.engine.tenant(world.tenant).unwrap().settings.clone();
    let (store, clock) = (world.ledger.store.clone(), clock.clone());
    Arc::new(Engine::new(store, clock, Arc::new(SystemEntropy), "machine".to_owned(), limits(), vec![settings]))
}

fn doubt(looked: Result<Timestamp, EngineError>) -> Option<Doubt> {
    match looked {
        Ok(_) => None,
        Err(EngineError::Clock(doubt)) => Some(doubt),
        Err(other) => panic!("{other}"),
    }
}

/// Three invoices, of which the throttle lets one go each ten minutes.
async fn three(world: &World) -> Vec<mahnwerk::domain::ids::InvoiceId> {
    let workflow = world.publish(&single()).await;
    let bills = ["R1", "R2", "R3"].map(|number| bill(number, &format!("K-{number}"), "2026-01-09"));
    world.enrol(workflow, &bills).await
}

#[tokio::test]
async fn a_clock_set_back_sends_nothing_again_and_lowers_nothing() {
    let world = World::throttled(TestLedger::sqlite().await, 600).await;
    let ids = three(&world).await;
    world.live_until("2026-01-12 09:10").await;
    let left = ["2026-01-12 09:00 reminder-1 R1", "2026-01-12 09:10 reminder-1 R2"];
    assert_eq!(world.outside.told(), left);
    let reached = world.instance(ids[0]).await;
    for earlier in ["2026-01-12 08:00", "2026-01-05 10:00", "2025-01-05 10:00"] {
        world.clock.set(berlin(earlier));
        for _ in 0..3 {
            let ready = world.round().await;
            world.perform(&ready).await;
        }
        assert_eq!(world.outside.told(), left, "at {earlier}");
        assert_eq!(world.instance(ids[0]).await, reached, "at {earlier}");
    }
    world.live_until("2026-01-20 00:00").await;
    let told = world.outside.told();
    assert_eq!(told[2], "2026-01-12 09:20 reminder-1 R3");
    assert_eq!(told[3], "2026-01-19 10:30 reminder-2 R1", "the gap counts from the dispatch");
    assert_eq!(told.len(), 6);
    world.verified().await;
}

#[tokio::test]
async fn a_clock_set_forward_keeps_to_the_throttle_and_to_one_stage() {
    let world = World::throttled(TestLedger::sqlite().await, 600).await;
    let ids = three(&world).await;
    world.clock.set(berlin("2031-01-13 09:00"));
    for _ in 0..5 {
        let ready = world.round().await;
        world.perform(&ready).await;
    }
    assert_eq!(world.outside.told(), ["2031-01-13 09:00 reminder-1 R1"], "one slot, one notice");
    world.live_until("2031-01-13 15:00").await;
    assert_eq!(world.outside.told().len(), 3, "one stage each, on one day");
    world.clock.set(berlin("2026-01-12 09:00"));
    for _ in 0..3 {
        assert!(world.round().await.is_empty(), "nothing again when the clock is back");
    }
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-2 2031-01-16 10:30", "what was sent stays sent, with its gap");
}

#[tokio::test]
async fn sleep_is_ordinary_a_leap_is_not() {
    let world = World::new(TestLedger::sqlite().await).await;
    let clock = MachineClock::at("2026-01-12 09:00");
    let (engine, mut trust) = (on_machine(&world, &clock), Trust::default());
    assert_eq!(doubt(trust.check(&engine).await), None, "a new ledger");
    for hours in [1, 72, 60 * 24] {
        clock.pass(hours);
        assert_eq!(doubt(trust.check(&engine).await), None, "{hours} hours of sleep");
    }
    let right = engine.clock.now();
    clock.set("2027-03-12 09:00");
    assert!(matches!(doubt(trust.check(&engine).await), Some(Doubt::Leapt { .. })));
    clock.now.store(right.0, Ordering::SeqCst);
    clock.pass(1);
    assert_eq!(doubt(trust.check(&engine).await), None, "it ends by itself when the clock is right");
    clock.now.fetch_sub(HOUR_MS, Ordering::SeqCst);
    assert!(matches!(doubt(trust.check(&engine).await), Some(Doubt::Behind { .. })));
    clock.pass(1);
    assert_eq!(doubt(trust.check(&engine).await), None, "the clock is there again");
}

#[tokio::test]
async fn another_process_finds_the_ledger_ahead_or_long_alone() {
    let world = World::new(TestLedger::sqlite().await).await;
    let clock = MachineClock::at("2026-01-12 09:00");
    let engine = on_machine(&world, &clock);
    Trust::default().check(&engine).await.unwrap();
    for (civil, trusted) in [("2026-01-12 08:57", true), ("2026-01-12 08:00", false), ("2026-03-13 09:00", true)] {
        clock.set(civil);
        assert_eq!(Trust::default().check(&engine).await.is_ok(), trusted, "started at {civil}");
    }
    clock.set("2026-09-12 09:00");
    let mut waiting = Trust::default();
    assert!(matches!(doubt(waiting.check(&engine).await), Some(Doubt::Absent { .. })));
    engine.confirm_clock(&because("back from parental leave")).await.unwrap();
    assert_eq!(doubt(waiting.check(&engine).await), None, "a person's word");
}

/// A machine whose clock is a year ahead is not meant by a word that was given for another's.
#[tokio::test]
async fn a_confirmation_is_for_the_clock_that_it_was_given_for() {
    let world = World::new(TestLedger::sqlite().await).await;
    let (ours, theirs) = (MachineClock::at("2026-01-12 09:00"), MachineClock::at("2026-01-12 09:00"));
    let (here, there) = (on_machine(&world, &ours), on_machine(&world, &theirs));
    let mut trust = Trust::default();
    trust.check(&there).await.unwrap();
    theirs.set("2026-02-20 09:00");
    assert!(trust.check(&there).await.is_err());
    here.confirm_clock(&because("our clock is right")).await.unwrap();
    assert!(trust.check(&there).await.is_err(), "theirs is not");
    there.confirm_clock(&because("theirs is right")).await.unwrap();
    assert_eq!(doubt(trust.check(&there).await), None);
}

#[tokio::test]
async fn what_a_clock_ahead_put_off_is_brought_back_by_a_persons_word() {
    let world = World::throttled(TestLedger::sqlite().await, 600).await;
    let ids = three(&world).await;
    let clock = MachineClock::at("2031-01-13 09:00");
    let engine = on_machine(&world, &clock);
    Trust::default().check(&engine).await.unwrap();
    // In the wrong time: one slot is taken, a step waits for its bell, an invoice enters.
    assert_eq!(engine.round(world.tenant).await.unwrap().ready.len(), 1);
    let late = world.publish(&single()).await;
    let entered = engine.take_in(world.tenant, "test", late, &[bill("R4", "K-R4", "2026-01-09")]).await.unwrap();
    assert_eq!(entered.len(), 1);
    clock.set("2026-01-12 09:00");
    let mut trust = Trust::default();
    assert!(matches!(doubt(trust.check(&engine).await), Some(Doubt::Behind { .. })));
    engine.confirm_clock(&because("somebody had set the wrong year")).await.unwrap();
    assert_eq!(doubt(trust.check(&engine).await), None);
    let mut walk = Some(mahnwerk::engine::retime::Walk::default());
    while let Some(on) = walk {
        walk = engine.retime(world.tenant, on).await.unwrap();
    }
    world.clock.set(berlin("2026-01-12 09:00"));
    world.live_until("2026-01-12 12:00").await;
    let mut told = world.outside.told();
    told.sort();
    let expected = [
        "2026-01-12 09:00 reminder-1 R1",
        "2026-01-12 09:10 reminder-1 R2",
        "2026-01-12 09:20 reminder-1 R3",
        "2026-01-12 09:30 reminder-1 R4",
    ];
    assert_eq!(told.iter().map(|line| &line[17..]).collect::<Vec<_>>(), expected.map(|line| &line[17..]), "{told:?}");
    assert!(told.iter().all(|line| line.starts_with("2026-01-12")), "{told:?}");
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-2 2026-01-19 10:30");
}

/// The loop itself: a leapt clock sets nothing going, and says why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_planner_waits_for_a_clock_that_it_trusts() {
    let world = World::new(TestLedger::sqlite().await).await;
    let ids = three(&world).await;
    let clock = MachineClock::at("2026-01-05 10:00");
    let engine = on_machine(&world, &clock);
    let (rung, pulse, stop) = (Arc::new(Rung::default()), Arc::new(Pulse::default()), CancellationToken::new());
    let planner = tokio::spawn(engine.clone().plan(rung.clone(), pulse.clone(), stop.clone()));
    until("the first look", || pulse.last_ok.load(Ordering::SeqCst) > 0).await;
    clock.set("2026-04-01 10:00");
    until("the doubt", || pulse.trouble().is_some_and(|why| why.contains("2026-04-01"))).await;
    assert_eq!(rung.0.load(Ordering::SeqCst), 0, "nothing was set going");
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-12 09:00");
    engine.confirm_clock(&because("we were away")).await.unwrap();
    until("three notices", || rung.0.load(Ordering::SeqCst) == 3).await;
    until("the end of the doubt", || pulse.trouble().is_none()).await;
    stop.cancel();
    planner.await.unwrap();
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < WITHIN, "waiting for {what}");
        tokio::task::yield_now().await;
    }
}
