//! What a person may do, and what it does to the ledger.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, because, bill, shared, single};
use mahnwerk::domain::ids::NoticeId;
use mahnwerk::engine::operate::Resolution;
use mahnwerk::engine::ports::Outcome;

on_both!(
    a_proposal_waits_for_its_release,
    a_released_proposal_takes_the_next_free_slot,
    a_failed_notice_is_sent_again_with_all_its_invoices,
    a_skipped_stage_is_left_out,
    a_claim_is_withdrawn_or_handed_over,
    what_is_open_is_settled_by_hand,
    an_unknown_notice_did_arrive,
    an_unknown_notice_is_sent_again,
    what_makes_no_sense_is_refused,
    a_throttle_that_is_switched_off_frees_its_queue
);

async fn notice(world: &World, state: &str) -> NoticeId {
    NoticeId(world.ledger.store.notice_list(world.tenant, state, 10).await.unwrap().remove(0).id)
}

fn proposing() -> String {
    shared().replace("after_days = 3\n", "after_days = 3\nautomation = \"propose\"\n")
}

async fn a_proposal_waits_for_its_release(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&proposing()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.live_until("2026-01-13 12:00").await;
    assert_eq!(world.outside.acts(), []);
    assert_eq!(world.tells(ids[0]).await, "proposed reminder-1");
    let proposal = notice(&world, "proposed").await;
    world.engine.release(world.tenant, &proposal, &because("checked")).await.unwrap();
    world.live_until("2026-01-13 12:01").await;
    assert_eq!(world.outside.told(), ["2026-01-13 12:00 reminder-1 R1+R2"]);
    let error = world.engine.release(world.tenant, &proposal, &because("again")).await.unwrap_err();
    assert!(error.to_string().contains("not proposed"), "{error}");
    world.verified().await;
}

async fn a_released_proposal_takes_the_next_free_slot(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let workflow = world.publish(&proposing()).await;
    let mut bills = ["R1", "R2", "R3", "R4"].map(|number| bill(number, number, "2026-01-09"));
    bills[3].customer.email = String::new(); // paper takes no slot
    world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 10:00").await;
    for _ in 0..4 {
        let proposal = notice(&world, "proposed").await;
        world.engine.release(world.tenant, &proposal, &because("checked")).await.unwrap();
    }
    world.live_until("2026-01-12 12:00").await;
    let mut times: Vec<_> = world.outside.told().iter().map(|told| told[11..16].to_owned()).collect();
    times.sort();
    assert_eq!(times, ["10:00", "10:00", "10:10", "10:20"]);
}

async fn a_failed_notice_is_sent_again_with_all_its_invoices(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.outside.will([Outcome::Failed { reason: "550".to_owned() }]);
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(world.tells(ids[1]).await, "failed reminder-1 550");
    assert_eq!(world.engine.retry(world.tenant, ids[0], &because("address corrected")).await.unwrap(), 2);
    world.live_until("2026-01-13 00:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 12:00 reminder-1 R1+R2"]);
    let acts = world.outside.acts();
    assert_ne!(acts[0].notice, acts[1].notice, "another notice, so another Message-ID");
    let counts = world.ledger.store.notice_counts(world.tenant).await.unwrap();
    assert_eq!(counts, [("recalled".to_owned(), 1), ("sent".to_owned(), 1)]);
    world.verified().await;
}

async fn a_skipped_stage_is_left_out(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.engine.skip(world.tenant, ids[0], &because("friendly customer")).await.unwrap();
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-2 2026-01-19 10:30");
    world.live_until("2026-02-20 00:00").await;
    assert_eq!(world.outside.told(), ["2026-01-19 10:30 reminder-2 R1", "2026-01-26 09:00 dunning-1 R1"]);
    let history = world.ledger.store.transitions_of(world.tenant, ids[0]).await.unwrap();
    assert_eq!((history[1].transition.cause.as_str(), history[1].transition.actor.as_str()), ("skipped", "user:test"));
    assert!(history[1].transition.detail.contains("friendly customer"));
}

async fn a_claim_is_withdrawn_or_handed_over(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.engine.end(world.tenant, ids[0], false, &because("our mistake")).await.unwrap();
    world.engine.end(world.tenant, ids[1], true, &because("to the lawyer")).await.unwrap();
    assert_eq!((world.tells(ids[0]).await, world.tells(ids[1]).await), ("withdrawn".to_owned(), "handed_over".to_owned()));
    world.live_until("2026-03-01 00:00").await;
    assert_eq!(world.outside.acts(), []);
    let error = world.engine.end(world.tenant, ids[0], true, &because("x")).await.unwrap_err();
    assert!(error.to_string().contains("cannot hand over an instance that is withdrawn"), "{error}");
}

async fn what_is_open_is_settled_by_hand(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.pay(ids[0], "p1", 4_000).await;
    world.engine.settle_by_hand(world.tenant, ids[0], &because("paid in cash")).await.unwrap();
    assert_eq!(world.tells(ids[0]).await, "settled");
    let booked = "SELECT CAST(SUM(amount_minor) AS BIGINT) AS n FROM payment WHERE kind = 'settled_by_hand'";
    assert_eq!(world.ledger.number(booked).await, 6_000);
}

async fn unknown(world: &World) -> (mahnwerk::domain::ids::InvoiceId, NoticeId) {
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.outside.will([Outcome::Unknown { reason: "lost".to_owned() }]);
    world.live_until("2026-01-14 12:00").await;
    (ids[0], notice(world, "unknown").await)
}

async fn an_unknown_notice_did_arrive(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (id, notice) = unknown(&world).await;
    world.engine.resolve(world.tenant, &notice, Resolution::Sent, &because("it is in the server's log")).await.unwrap();
    assert_eq!(world.tells(id).await, "waiting reminder-2 2026-01-19 10:30", "from the day it left, 2026-01-12");
    let dispatches = world.ledger.store.dispatches(world.tenant).await.unwrap();
    assert_eq!(dispatches[0].at, crate::support::ledger::berlin("2026-01-12 09:00"));
    let error = world.engine.resolve(world.tenant, &notice, Resolution::SendAgain, &because("x")).await.unwrap_err();
    assert!(error.to_string().contains("is sent, not unknown"), "{error}");
    world.verified().await;
}

async fn an_unknown_notice_is_sent_again(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (id, notice) = unknown(&world).await;
    world.engine.resolve(world.tenant, &notice, Resolution::SendAgain, &because("they did not get it")).await.unwrap();
    world.live_until("2026-01-14 13:00").await;
    assert_eq!(world.outside.told(), ["2026-01-14 12:00 reminder-1 R1"]);
    let acts = world.outside.acts();
    assert_ne!(acts[0].notice, acts[1].notice);
    assert_eq!(world.tells(id).await, "waiting reminder-2 2026-01-19 10:30");
    world.verified().await;
}

async fn what_makes_no_sense_is_refused(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    let nothing = NoticeId("00000000000000000000000000000000".to_owned());
    let (engine, tenant) = (&world.engine, world.tenant);
    assert!(engine.retry(tenant, ids[0], &because("x")).await.is_err());
    assert!(engine.release(tenant, &nothing, &because("x")).await.is_err());
    assert!(engine.resolve(tenant, &nothing, Resolution::Sent, &because("x")).await.is_err());
    assert!(engine.recall(tenant, &nothing, &because("x")).await.is_err());
    world.pay(ids[0], "p1", 10_000).await;
    let error = engine.skip(tenant, ids[0], &because("x")).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot skip an instance that is settled: no stage is left to skip");
    assert_eq!(world.verified().await, 2, "a refusal leaves no trace");
}

/// The configuration changed while some stood in the queue: they leave, and none is forgotten.
async fn a_throttle_that_is_switched_off_frees_its_queue(ledger: TestLedger) {
    let world = World::throttled(ledger, 4 * 3600).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &["R1", "R2", "R3"].map(|number| bill(number, number, "2026-01-09"))).await;
    world.live_until("2026-01-12 09:00").await;
    let world = World::reopened(world, 0).await;
    world.live_until("2026-01-12 10:00").await;
    assert_eq!(world.outside.told().len(), 3, "{:?}", world.outside.told());
}
