//! Another time-zone database: timers that an older one computed are computed anew; those of a newer one are left alone.

use super::clocks::Rung;
use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, because, bill, shared, single};
use mahnwerk::domain::ids::InvoiceId;
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::retime::Walk;
use mahnwerk::engine::run::Pulse;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// As if rules had been known by which Berlin is an hour further west.
const OLDER: &str = "UPDATE instance SET wake_at = wake_at + 3600000, tzdb = '1999a' WHERE wake_at IS NOT NULL";
const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn on_sqlite() {
    timers_and_blocks_are_computed_anew(TestLedger::sqlite().await).await;
}

#[tokio::test]
async fn on_postgres() {
    timers_and_blocks_are_computed_anew(TestLedger::postgres().await).await;
}

/// Walks to the end; how many timers were looked at and moved.
async fn walk(world: &World) -> (usize, usize) {
    let (mut walk, mut last) = (Some(Walk::default()), Walk::default());
    while let Some(on) = walk {
        last = on;
        walk = world.engine.retime(world.tenant, on).await.expect("a slice");
    }
    (last.looked_at, last.moved)
}

async fn wakes(world: &World) -> Vec<(i64, Option<i64>)> {
    let rows = world.ledger.rows("SELECT id, wake_at FROM instance ORDER BY id").await;
    rows.iter().map(|row| (row.int("id").unwrap(), row.opt_int("wake_at").unwrap())).collect()
}

async fn timers_and_blocks_are_computed_anew(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let bills: Vec<_> =
        (0..2_300).map(|n| bill(&format!("R{n}"), &format!("K-{}", n / 10), &format!("2026-03-{:02}", 1 + n % 28))).collect();
    let ids = world.enrol(workflow, &bills).await;
    let paused = Scope::Invoice(ids[5]);
    world.engine.pause(world.tenant, paused, Some("2026-06-01".parse().unwrap()), &because("asked for time")).await.unwrap();
    let before = wakes(&world).await;
    assert_eq!(walk(&world).await, (0, 0), "everything is of this database");

    world.ledger.sql(OLDER).await.unwrap();
    world.ledger.sql("UPDATE block SET until_at = until_at + 3600000, tzdb = '1999a'").await.unwrap();
    let newer = format!("UPDATE instance SET tzdb = '9999z' WHERE id = {}", ids[7].0);
    world.ledger.sql(&newer).await.unwrap();
    assert_eq!(walk(&world).await, (2_298, 2_299), "all but the blocked and the newer one, and the block");
    let mut expected = before;
    let newest = expected.iter_mut().find(|(id, _)| *id == ids[7].0).unwrap();
    newest.1 = newest.1.map(|at| at + 3_600_000);
    assert_eq!(wakes(&world).await, expected);
    let until = world.ledger.number("SELECT until_at AS n FROM block").await;
    assert_eq!(until, berlin("2026-06-01 00:00").0);
    assert_eq!(walk(&world).await, (0, 0), "each once");
    assert_eq!(world.verified().await, 2_301, "no entry of the history for a timer");
}

/// What is due already keeps its instant: it leaves late, and the history says how late.
#[tokio::test]
async fn what_is_due_or_was_put_off_is_not_moved_away() {
    let world = World::throttled(TestLedger::sqlite().await, 600).await;
    let workflow = world.publish(&shared()).await;
    let ids =
        world.enrol(workflow, &[bill("R1", "K-1", "2026-01-09"), bill("R2", "K-2", "2026-01-09"), bill("R3", "K-3", "2026-02-09")]).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    assert_eq!(ready.len(), 1, "one leaves, one waits in the queue");
    world.ledger.sql("UPDATE instance SET tzdb = NULL").await.unwrap();
    let queued = world.tells(ids[1]).await;
    walk(&world).await;
    assert_eq!(world.tells(ids[1]).await, queued);
    assert_eq!(world.tells(ids[2]).await, "waiting reminder-1 2026-02-12 09:00");
    world.perform(&ready).await;
    world.live_until("2026-01-12 09:30").await;
    assert_eq!(world.outside.told().len(), 2);
}

/// The planner walks by itself, and plans meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_planner_walks_between_its_rounds() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    let bills: Vec<_> = (0..1_200).map(|n| bill(&format!("R{n}"), "K-1", "2026-03-06")).collect();
    world.enrol(workflow, &bills).await;
    world.ledger.sql(OLDER).await.unwrap();
    let (stop, pulse) = (CancellationToken::new(), Arc::new(Pulse::default()));
    let planner = tokio::spawn(world.engine.clone().plan(Arc::new(Rung::default()), pulse, stop.clone()));
    let began = Instant::now();
    while world.ledger.number("SELECT COUNT(*) AS n FROM instance WHERE tzdb = '1999a'").await > 0 {
        assert!(began.elapsed() < WITHIN, "timers of an older database are left");
        tokio::task::yield_now().await;
    }
    stop.cancel();
    planner.await.unwrap();
    assert_eq!(world.tells(InvoiceId(first_id(&world).await)).await, "waiting reminder-1 2026-03-09 09:00");
}

async fn first_id(world: &World) -> i64 {
    world.ledger.number("SELECT MIN(id) AS n FROM instance").await
}
