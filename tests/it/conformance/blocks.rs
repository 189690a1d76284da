//! Blocks: what rests, how much of it, until when, and what happens to a notice under way.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, because, bill, morning, shared, single};
use mahnwerk::domain::ids::{CustomerId, InvoiceId};
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::ports::Outcome;
use mahnwerk::store::blocks::NewBlock;

on_both!(
    a_paused_customer_rests_with_all_invoices,
    a_paused_invoice_rests_alone,
    a_block_ends_on_its_date,
    a_pause_into_the_past_is_refused,
    several_blocks_overlap,
    a_part_that_rests_is_not_dunned,
    a_new_invoice_of_a_paused_customer_is_not_sent,
    a_pause_takes_back_what_has_not_left,
    what_was_paused_and_resumed_before_it_left_goes_on,
    a_pause_does_not_forget_an_unknown_notice,
    a_pause_does_not_forget_a_failed_notice
);

async fn customer(world: &World, number: &str) -> CustomerId {
    world.ledger.store.customer_numbered(world.tenant, number).await.unwrap().unwrap()
}

async fn three(world: &World) -> Vec<InvoiceId> {
    let workflow = world.publish(&single()).await;
    let bills = [bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-16"), bill("R3", "K2", "2026-01-09")];
    world.enrol(workflow, &bills).await
}

async fn a_paused_customer_rests_with_all_invoices(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let ids = three(&world).await;
    let scope = Scope::Customer(customer(&world, "K1").await);
    assert_eq!(world.engine.pause(world.tenant, scope, None, &because("call first")).await.unwrap(), 2);
    world.live_until("2026-01-13 00:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R3"]);
    assert_eq!(world.tells(ids[0]).await, "blocked reminder-1 call first");
    assert_eq!(world.engine.resume(world.tenant, scope, &because("called")).await.unwrap(), 1);
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-13 09:00", "its date has passed: at once, in the window");
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-1 2026-01-19 09:00");
    assert_eq!(world.engine.resume(world.tenant, scope, &because("again")).await.unwrap(), 0);
    let history = world.ledger.store.transitions_of(world.tenant, ids[0]).await.unwrap();
    let causes: Vec<_> = history.iter().map(|row| (row.transition.cause.as_str(), row.transition.actor.as_str())).collect();
    assert_eq!(causes, [("enrolled", "source:test"), ("blocked", "user:test"), ("resumed", "user:test")]);
    assert!(history[1].transition.detail.contains("\"why\":\"call first\""), "{}", history[1].transition.detail);
}

async fn a_paused_invoice_rests_alone(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let ids = three(&world).await;
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &because("dispute")).await.unwrap();
    world.live_until("2026-01-20 00:00").await;
    let mut told = world.outside.told();
    told.sort();
    assert_eq!(told, ["2026-01-12 09:00 reminder-1 R3", "2026-01-19 09:00 reminder-1 R2", "2026-01-19 10:30 reminder-2 R3"]);
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    let open = tx.open_blocks(customer(&world, "K1").await).await.unwrap();
    let seen: Vec<_> = open.iter().map(|block| (block.invoice, block.kind.as_str(), block.reason.as_str(), block.owner.as_str())).collect();
    assert_eq!(seen, [(Some(ids[0]), "pause", "dispute", "user:test")]);
    drop(tx);
    world.engine.resume(world.tenant, Scope::Invoice(ids[0]), &because("solved")).await.unwrap();
    world.live_until("2026-01-21 00:00").await;
    assert!(world.outside.told().contains(&"2026-01-20 09:00 reminder-1 R1".to_owned()), "one stage, however long it rested");
}

async fn a_block_ends_on_its_date(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let ids = three(&world).await;
    let until = Some("2026-01-14".parse().unwrap());
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), until, &because("promise")).await.unwrap();
    assert_eq!(world.ledger.store.next_timer(world.tenant, 0).await.unwrap().at, Some(berlin("2026-01-12 09:00")));
    world.live_until("2026-01-13 23:59").await;
    assert_eq!(world.ledger.store.next_timer(world.tenant, 0).await.unwrap().at, Some(morning("2026-01-14")));
    assert_eq!(world.tells(ids[0]).await, "blocked reminder-1 promise");
    world.live_until("2026-01-14 12:00").await;
    assert_eq!(world.outside.told()[1], "2026-01-14 09:00 reminder-1 R1");
    let ended = world.ledger.number("SELECT COUNT(*) AS n FROM block WHERE ended_by = 'system' AND ended_at = until_at").await;
    assert_eq!(ended, 1);
}

async fn a_pause_into_the_past_is_refused(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let ids = three(&world).await;
    for date in ["2026-01-04", "2026-01-05"] {
        let until = Some(date.parse().unwrap());
        let error = world.engine.pause(world.tenant, Scope::Invoice(ids[0]), until, &because("x")).await.unwrap_err();
        assert!(error.to_string().contains("is not in the future"), "{error}");
    }
    let missing = world.engine.pause(world.tenant, Scope::Invoice(InvoiceId(999)), None, &because("x")).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no instance 999");
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM block").await, 0);
}

async fn several_blocks_overlap(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let ids = three(&world).await;
    let whole = Scope::Customer(customer(&world, "K1").await);
    world.engine.pause(world.tenant, whole, Some("2026-01-14".parse().unwrap()), &because("holiday")).await.unwrap();
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &because("dispute")).await.unwrap();
    world.live_until("2026-01-15 00:00").await;
    assert_eq!(world.tells(ids[0]).await, "blocked reminder-1 dispute", "the other one still holds");
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-1 2026-01-19 09:00");
    world.engine.resume(world.tenant, whole, &because("all of it")).await.unwrap();
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-15 09:00");
}

async fn a_part_that_rests_is_not_dunned(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let ids = three(&world).await;
    let block = NewBlock {
        customer: customer(&world, "K1").await,
        invoice: Some(ids[0]),
        amount_minor: Some(2_500),
        kind: "dispute",
        reason: "one item was broken".to_owned(),
        owner: "user:test".to_owned(),
        until: None,
    };
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    let first = tx.insert_block(&block, world.clock_now()).await.unwrap();
    tx.commit().await.unwrap();
    world.live_until("2026-01-13 00:00").await;
    let acts = world.outside.acts();
    let sent = acts.iter().find(|act| act.lines[0].0 == "R1").expect("what remains is dunned");
    assert_eq!(sent.lines[0].1, 7_500);
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    tx.insert_block(&NewBlock { amount_minor: Some(7_001), ..block }, world.clock_now()).await.unwrap();
    tx.commit().await.unwrap();
    world.live_until("2026-01-20 00:00").await;
    assert_eq!(world.tells(ids[0]).await, "blocked reminder-2 below_minimum", "4.99 of it remain");
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    tx.end_block(first, "user:test", "replaced", world.clock_now()).await.unwrap();
    let owner = tx.cases([ids[0]]).await.unwrap()[0].customer;
    assert_eq!(tx.open_blocks(owner).await.unwrap().len(), 1);
}

async fn a_new_invoice_of_a_paused_customer_is_not_sent(ledger: TestLedger) {
    let world = World::new(ledger).await;
    three(&world).await;
    world.engine.pause(world.tenant, Scope::Customer(customer(&world, "K2").await), None, &because("insolvent")).await.unwrap();
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R4", "K2", "2026-01-09")]).await;
    world.live_until("2026-01-13 00:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R1"]);
    assert_eq!(world.tells(ids[0]).await, "blocked reminder-1 insolvent");
}

async fn a_pause_takes_back_what_has_not_left(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &because("dispute")).await.unwrap();
    assert_eq!(world.tells(ids[0]).await, "blocked reminder-1 dispute");
    world.perform(&ready).await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R2"]);
    assert_eq!(world.ledger.store.notice_counts(world.tenant).await.unwrap(), [("recalled".to_owned(), 1), ("sent".to_owned(), 1)]);
    world.engine.resume(world.tenant, Scope::Invoice(ids[0]), &because("solved")).await.unwrap();
    world.live_until("2026-01-13 12:00").await;
    assert_eq!(world.outside.told()[1], "2026-01-13 09:00 reminder-1 R1", "one message a day");
    world.verified().await;
}

/// The bell was lost, the customer paused and resumed: the notice that stands is the one that goes.
async fn what_was_paused_and_resumed_before_it_left_goes_on(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let ids = three(&world).await;
    world.wait_until("2026-01-12 09:00");
    assert_eq!(world.round().await.len(), 2);
    let scope = Scope::Invoice(ids[0]);
    world.engine.pause(world.tenant, scope, None, &because("wait")).await.unwrap();
    world.engine.resume(world.tenant, scope, &because("go on")).await.unwrap();
    world.live_until("2026-01-12 12:00").await;
    let mut told = world.outside.told();
    told.sort();
    assert_eq!(told, ["2026-01-12 09:00 reminder-1 R1", "2026-01-12 09:00 reminder-1 R3"]);
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-2 2026-01-19 10:30");
    world.verified().await;
}

async fn a_pause_does_not_forget_an_unknown_notice(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.outside.will([Outcome::Unknown { reason: "lost".to_owned() }]);
    world.live_until("2026-01-12 12:00").await;
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &because("ask them")).await.unwrap();
    world.engine.resume(world.tenant, Scope::Invoice(ids[0]), &because("asked")).await.unwrap();
    let other = world.enrol(workflow, &[bill("R2", "K2", "2026-01-09")]).await;
    world.live_until("2026-01-13 12:00").await;
    assert_eq!(world.outside.acts().len(), 2, "others are dunned, this one is not repeated");
    assert_eq!(world.tells(ids[0]).await, "issued reminder-1");
    assert_eq!(world.tells(other[0]).await, "waiting reminder-2 2026-01-19 10:30");
    world.verified().await;
}

async fn a_pause_does_not_forget_a_failed_notice(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.outside.will([Outcome::Failed { reason: "550 no".to_owned() }]);
    world.live_until("2026-01-12 12:00").await;
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &because("ask them")).await.unwrap();
    world.engine.resume(world.tenant, Scope::Invoice(ids[0]), &because("asked")).await.unwrap();
    world.live_until("2026-01-13 12:00").await;
    assert_eq!(world.outside.acts().len(), 1);
    assert_eq!(world.tells(ids[0]).await, "failed reminder-1 550 no");
    world.engine.retry(world.tenant, ids[0], &because("new address")).await.unwrap();
    world.live_until("2026-01-14 12:00").await;
    assert_eq!(world.outside.acts().len(), 2);
    world.verified().await;
}
