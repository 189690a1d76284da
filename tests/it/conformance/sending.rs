//! The owner's switch: off, nothing is issued and no step is begun; on again, everything goes on as after a downtime.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, bill, single};
use mahnwerk::domain::instance::State;
use mahnwerk::engine::ports::Outcome;
use mahnwerk::engine::unit::OWN;

on_both! {
    nothing_leaves_while_it_is_off,
    what_was_issued_before_is_not_begun,
    one_stage_each_and_at_the_senders_pace_afterwards,
    a_retry_waits_too,
    the_switch_stands_on_the_chain,
    facts_come_in_all_the_same,
}

async fn switch(world: &World, on: bool) {
    let changed = world.engine.switch_sending(world.tenant, on, &World::cause("holidays")).await.expect("switched");
    assert!(changed);
}

async fn nothing_leaves_while_it_is_off(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-02")]).await;
    switch(&world, false).await;
    assert_eq!(world.engine.next_round(world.tenant).await.expect("a plan"), None, "the planner has nothing to wake for");
    world.wait_until("2026-01-20 10:00");
    let round = world.engine.round(world.tenant).await.expect("a round");
    assert!(round.shut && round.ready.is_empty());
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-05 09:00");
    switch(&world, true).await;
    world.live_until("2026-01-20 10:00").await;
    assert_eq!(world.outside.told(), ["2026-01-20 10:00 reminder-1 R1"]);
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-2 2026-01-23 10:30", "at most one stage, and the gap is kept");
}

async fn what_was_issued_before_is_not_begun(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-02")]).await;
    world.wait_until("2026-01-05 09:00");
    let ready = world.round().await;
    assert_eq!(ready.len(), 1);
    switch(&world, false).await;
    world.perform(&ready).await;
    assert_eq!(world.outside.acts(), [], "issued, but not begun");
    assert!(matches!(world.state(ids[0]).await, State::Issued { .. }));
    assert_eq!(world.engine.unheard(world.tenant, berlin("2026-02-01 00:00")).await.expect("read"), [], "nobody is rung for in vain");
    world.wait_until("2026-01-06 11:00");
    switch(&world, true).await;
    world.live_until("2026-01-06 11:01").await;
    assert_eq!(world.outside.told(), ["2026-01-06 11:00 reminder-1 R1"]);
}

async fn one_stage_each_and_at_the_senders_pace_afterwards(ledger: TestLedger) {
    let world = World::throttled(ledger, 60).await;
    let workflow = world.publish(&single()).await;
    let bills: Vec<_> = (1..=4).map(|n| bill(&format!("R{n}"), &format!("K{n}"), &format!("2025-12-0{n}"))).collect();
    world.enrol(workflow, &bills).await;
    switch(&world, false).await;
    world.wait_until("2026-02-10 14:58");
    switch(&world, true).await;
    world.live_until("2026-02-12 00:00").await;
    let told: Vec<_> = world.outside.acts().iter().map(|act| format!("{} {}", act.at.rfc3339_in(chrono_tz::Tz::UTC), act.stage)).collect();
    let first = |at: &str| format!("{at} reminder-1");
    let expected = ["2026-02-10T13:58:00", "2026-02-10T13:59:00", "2026-02-11T08:00:00", "2026-02-11T08:01:00"];
    assert_eq!(told, expected.map(|at| first(&format!("{at}+00:00"))).to_vec());
}

async fn a_retry_waits_too(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &[bill("R1", "K1", "2026-01-02")]).await;
    world.outside.will([Outcome::Retry { reason: "451 later".to_owned(), after: None }]);
    world.live_until("2026-01-05 09:00").await;
    switch(&world, false).await;
    world.wait_until("2026-01-05 12:00");
    assert!(world.round().await.is_empty());
    assert_eq!(world.outside.acts().len(), 1);
    switch(&world, true).await;
    world.live_until("2026-01-05 12:00").await;
    assert_eq!(world.outside.told(), ["2026-01-05 12:00 reminder-1 R1"]);
}

async fn the_switch_stands_on_the_chain(ledger: TestLedger) {
    let world = World::new(ledger).await;
    switch(&world, false).await;
    let again = world.engine.switch_sending(world.tenant, false, &World::cause("twice")).await.expect("switched");
    assert!(!again, "it was off already");
    switch(&world, true).await;
    let own = world.ledger.store.transitions_of(world.tenant, OWN).await.expect("read");
    let told: Vec<_> = own
        .iter()
        .map(|entry| &entry.transition)
        .map(|entry| (entry.actor.as_str(), entry.cause.as_str(), entry.from.as_str(), entry.to.as_str(), entry.detail.as_str()))
        .collect();
    let why = "{\"why\":\"holidays\"}";
    assert_eq!(told, [("user:anna", "sending", "on", "off", why), ("user:anna", "sending", "off", "on", why)]);
    assert_eq!(world.verified().await, 2);
}

async fn facts_come_in_all_the_same(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    switch(&world, false).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2025-12-01"), bill("R2", "K2", "2025-12-01")]).await;
    world.wait_until("2026-01-07 10:00");
    world.pay(ids[0], "p1", 10_000).await;
    assert_eq!(world.tells(ids[0]).await, "settled");
    switch(&world, true).await;
    world.live_until("2026-01-07 10:00").await;
    assert_eq!(world.outside.told(), ["2026-01-07 10:00 reminder-1 R2"]);
}
