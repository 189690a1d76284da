//! Places: at most so many invoices are dunned at once; the others wait by due date and number.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, shared, single};
use mahnwerk::domain::ids::InvoiceId;
use mahnwerk::engine::intake::Incoming;
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::ports::Outcome;

on_both! {
    twelve_for_ten_places,
    every_end_and_every_rest_gives_the_place_up,
    who_rested_waits_again_and_keeps_his_stage,
    a_failed_notice_keeps_nobody_waiting,
    a_limit_set_later_stops_nobody_who_has_begun,
    without_a_limit_everybody_enters,
    who_queues_may_be_paid_paused_and_skipped,
    one_notice_a_day_holds_for_those_who_enter,
    those_who_enter_keep_their_turn_before_a_throttled_sender,
}

/// The counts beside the chain are those of the rows.
async fn counted(world: &World) -> (i64, i64) {
    let gate = world.ledger.store.gate(world.tenant).await.expect("read");
    let placed = world.ledger.number("SELECT COUNT(*) AS n FROM instance WHERE place = 1").await;
    let queued = world.ledger.number("SELECT COUNT(*) AS n FROM instance WHERE state = 'queued_by_quota'").await;
    assert_eq!((gate.places, gate.place_queue), (placed, queued), "the tenant's counts are those of its instances");
    (placed, queued)
}

fn bills(count: u32) -> Vec<Incoming> {
    // The higher the number, the earlier it was due.
    (1..=count).map(|n| bill(&format!("R{n:02}"), &format!("K{n}"), &format!("2025-12-{:02}", 28 - n))).collect()
}

async fn queue(world: &World) -> Vec<InvoiceId> {
    world.ledger.store.place_queue(world.tenant, 100).await.expect("read")
}

async fn twelve_for_ten_places(ledger: TestLedger) {
    let world = World::new(ledger).await;
    world.limit(Some(10));
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &bills(12)).await;
    assert_eq!(counted(&world).await, (0, 0), "nobody is due yet");
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(world.outside.acts().len(), 10);
    assert_eq!(counted(&world).await, (10, 2));
    assert_eq!(queue(&world).await, [ids[1], ids[0]], "by due date: the higher number was due earlier");
    assert_eq!(world.tells(ids[0]).await, "queued_by_quota reminder-1");
    assert_eq!(world.tells(ids[2]).await, "waiting reminder-2 2026-01-08 10:30");
    // One is paid: number eleven enters with its own full ladder.
    world.wait_until("2026-01-06 11:00");
    world.pay(ids[5], "p1", 10_000).await;
    assert_eq!(counted(&world).await, (9, 2));
    world.live_until("2026-01-06 11:00").await;
    assert_eq!(world.outside.told().last().unwrap(), "2026-01-06 11:00 reminder-1 R02");
    assert_eq!(counted(&world).await, (10, 1));
    // One is withdrawn: number twelve enters, at the window's next opening.
    world.wait_until("2026-01-06 18:00");
    world.engine.end(world.tenant, ids[6], false, &World::cause("a mistake")).await.expect("withdrawn");
    world.live_until("2026-01-07 10:00").await;
    assert_eq!(world.outside.told().last().unwrap(), "2026-01-07 09:00 reminder-1 R01");
    assert_eq!(counted(&world).await, (10, 0));
    world.live_until("2026-03-01 00:00").await;
    assert_eq!(counted(&world).await, (0, 0), "whoever has had every stage makes room");
    world.verified().await;
}

async fn every_end_and_every_rest_gives_the_place_up(ledger: TestLedger) {
    let world = World::new(ledger).await;
    world.limit(Some(5));
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &bills(5)).await;
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(counted(&world).await, (5, 0));
    let cause = World::cause("a call");
    world.pay(ids[0], "p1", 10_000).await;
    assert_eq!(counted(&world).await.0, 4, "settled");
    world.engine.end(world.tenant, ids[1], false, &cause).await.expect("withdrawn");
    assert_eq!(counted(&world).await.0, 3, "withdrawn");
    world.engine.end(world.tenant, ids[2], true, &cause).await.expect("handed over");
    assert_eq!(counted(&world).await.0, 2, "handed over");
    world.engine.pause(world.tenant, Scope::Invoice(ids[3]), None, &cause).await.expect("paused");
    assert_eq!(counted(&world).await.0, 1, "paused");
    world.pay(ids[4], "p2", 9_600).await;
    assert_eq!(counted(&world).await.0, 0, "4.00 of it remain, below the minimum");
    // A return debit brings it back, without a place until its stage is due.
    world.pay(ids[4], "p3", -9_600).await;
    assert_eq!(counted(&world).await, (0, 0));
    world.live_until("2026-01-08 10:30").await;
    assert_eq!(counted(&world).await, (1, 0));
}

async fn who_rested_waits_again_and_keeps_his_stage(ledger: TestLedger) {
    let world = World::new(ledger).await;
    world.limit(Some(1));
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &bills(2)).await;
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(world.tells(ids[0]).await, "queued_by_quota reminder-1");
    let (scope, cause) = (Scope::Invoice(ids[1]), World::cause("a call"));
    world.engine.pause(world.tenant, scope, None, &cause).await.expect("paused");
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(world.outside.told().last().unwrap(), "2026-01-05 09:00 reminder-1 R01", "the place was given on");
    world.wait_until("2026-01-06 09:00");
    world.engine.resume(world.tenant, scope, &cause).await.expect("resumed");
    world.live_until("2026-01-08 09:00").await;
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-2 2026-01-08 10:30");
    world.live_until("2026-01-08 10:30").await;
    assert_eq!(world.tells(ids[1]).await, "queued_by_quota reminder-2");
    world.wait_until("2026-01-08 12:00");
    world.pay(ids[0], "p1", 10_000).await;
    world.live_until("2026-01-08 12:00").await;
    assert_eq!(world.outside.told().last().unwrap(), "2026-01-08 12:00 reminder-2 R02");
    assert_eq!(counted(&world).await, (1, 0));
    world.verified().await;
}

async fn a_failed_notice_keeps_nobody_waiting(ledger: TestLedger) {
    let world = World::new(ledger).await;
    world.limit(Some(1));
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &bills(2)).await;
    world.outside.will([Outcome::Failed { reason: "550 no such user".to_owned() }]);
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(world.tells(ids[1]).await, "failed reminder-1 550 no such user");
    assert_eq!(world.outside.told(), ["2026-01-05 09:00 reminder-1 R01"]);
    // A person sends it again: it waits like everybody else.
    world.engine.retry(world.tenant, ids[1], &World::cause("the address is right now")).await.expect("again");
    world.live_until("2026-01-05 10:00").await;
    assert_eq!(world.tells(ids[1]).await, "queued_by_quota reminder-1");
    assert_eq!(counted(&world).await, (1, 1));
}

async fn a_limit_set_later_stops_nobody_who_has_begun(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &bills(3)).await;
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(counted(&world).await, (3, 0), "places are counted without a limit, too");
    world.limit(Some(2));
    let late = world.enrol(workflow, &[bill("R99", "K99", "2025-12-01")]).await;
    world.live_until("2026-01-08 10:30").await;
    assert_eq!(world.outside.told().iter().filter(|act| act.contains("reminder-2")).count(), 3, "all three go on");
    assert_eq!(world.tells(late[0]).await, "queued_by_quota reminder-1");
    world.pay(ids[0], "p1", 10_000).await;
    world.live_until("2026-01-08 11:00").await;
    assert_eq!(world.tells(late[0]).await, "queued_by_quota reminder-1", "two are still at work");
    world.pay(ids[1], "p2", 10_000).await;
    world.live_until("2026-01-08 12:00").await;
    assert_eq!(world.outside.told().last().unwrap(), "2026-01-08 11:00 reminder-1 R99");
}

async fn without_a_limit_everybody_enters(ledger: TestLedger) {
    let world = World::new(ledger).await;
    world.limit(Some(1));
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &bills(9)).await;
    world.live_until("2026-01-05 10:00").await;
    assert_eq!(counted(&world).await, (1, 8));
    world.limit(None);
    world.live_until("2026-01-05 10:00").await;
    assert_eq!(world.outside.acts().len(), 9);
    assert_eq!(counted(&world).await, (9, 0));
}

async fn who_queues_may_be_paid_paused_and_skipped(ledger: TestLedger) {
    let world = World::new(ledger).await;
    world.limit(Some(1));
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &bills(5)).await;
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(counted(&world).await, (1, 4));
    let cause = World::cause("a call");
    world.pay(ids[3], "p1", 10_000).await;
    assert_eq!(world.tells(ids[3]).await, "settled");
    world.engine.pause(world.tenant, Scope::Invoice(ids[2]), None, &cause).await.expect("paused");
    assert_eq!(world.tells(ids[2]).await, "blocked reminder-1 a call");
    world.engine.skip(world.tenant, ids[1], &cause).await.expect("skipped");
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-2 2026-01-05 10:30");
    world.engine.end(world.tenant, ids[0], true, &cause).await.expect("handed over");
    assert_eq!(counted(&world).await, (1, 0));
    world.live_until("2026-01-05 10:30").await;
    assert_eq!(world.tells(ids[1]).await, "queued_by_quota reminder-2", "it has to wait at its new stage");
    assert_eq!(world.outside.acts().len(), 1);
    world.verified().await;
}

async fn one_notice_a_day_holds_for_those_who_enter(ledger: TestLedger) {
    let world = World::new(ledger).await;
    world.limit(Some(2));
    let workflow = world.publish(&shared()).await;
    let due = |n: u32| format!("2025-12-{n:02}");
    let all: Vec<_> = (1..=3).map(|n| bill(&format!("R{n}"), "K1", &due(n))).collect();
    let ids = world.enrol(workflow, &all).await;
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(world.outside.told(), ["2026-01-05 09:00 reminder-1 R1+R2"]);
    world.pay(ids[0], "p1", 10_000).await;
    world.live_until("2026-01-05 14:00").await;
    assert_eq!(world.outside.acts().len(), 1, "the customer had its notice today");
    assert_eq!(world.tells(ids[2]).await, "waiting reminder-1 2026-01-06 09:00");
    world.live_until("2026-01-06 09:00").await;
    assert_eq!(world.outside.told().last().unwrap(), "2026-01-06 09:00 reminder-1 R3");
    assert_eq!(counted(&world).await, (2, 0));
}

/// Whoever takes a place and whoever had one go into the sender's queue by their dates.
async fn those_who_enter_keep_their_turn_before_a_throttled_sender(ledger: TestLedger) {
    let world = World::throttled(ledger, 60).await;
    world.limit(Some(5));
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &[bill("R9", "K9", "2025-12-29")]).await;
    world.live_until("2026-01-05 09:00").await;
    // The second stage of the one that has begun, and two first stages of earlier dates, are due at one instant.
    world.wait_until("2026-01-08 10:30");
    world.enrol(workflow, &[bill("R1", "K1", "2025-12-20"), bill("R2", "K2", "2025-12-21")]).await;
    world.live_until("2026-01-08 10:32").await;
    let told = world.outside.told();
    let expected = ["10:30 reminder-1 R1", "10:31 reminder-1 R2", "10:32 reminder-2 R9"];
    assert_eq!(told[1..], expected.map(|told| format!("2026-01-08 {told}")));
    assert_eq!(counted(&world).await, (3, 0));
}
