//! Senders' throttles: one message each so many seconds, in windows, across restarts; and the queue before them.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, because, bill, shared, single};
use mahnwerk::domain::compose::Sender;
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::ports::Outcome;
use std::time::Duration;

on_both!(
    one_leaves_each_so_many_seconds,
    what_finds_no_slot_today_leaves_tomorrow,
    a_place_that_becomes_free_is_filled_by_those_behind,
    an_emptied_place_is_given_up,
    a_slot_of_a_notice_that_fell_away_is_filled,
    a_customer_stands_once_in_a_queue_and_takes_all_along,
    who_does_not_leave_with_the_head_of_his_place_is_due_again,
    who_wants_a_notice_for_each_invoice_shares_no_place,
    a_retry_takes_the_next_free_slot,
    a_restart_keeps_the_distance,
    paper_takes_no_slot,
    each_sender_has_its_own
);

async fn three(world: &World) -> Vec<mahnwerk::domain::ids::InvoiceId> {
    let workflow = world.publish(&single()).await;
    let bills = ["R1", "R2", "R3"].map(|number| bill(number, &format!("K-{number}"), "2026-01-09"));
    world.enrol(workflow, &bills).await
}

async fn one_leaves_each_so_many_seconds(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    three(&world).await;
    world.wait_until("2026-01-12 09:00");
    assert_eq!(world.round().await.len(), 1, "one slot, one notice");
    assert_eq!(world.round().await.len(), 0, "the slot is taken");
    assert_eq!(world.ledger.store.backlog(world.tenant).await.unwrap(), [("mail".to_owned(), 2)]);
    assert_eq!(world.engine.next_round(world.tenant).await.unwrap(), Some(berlin("2026-01-12 09:00").plus_seconds(30)), "its step's bell");
    world.wait_until("2026-01-12 09:09");
    assert_eq!(world.round().await.len(), 1, "the first one's bell, unheard");
    world.wait_until("2026-01-12 09:10");
    let ready = world.round().await;
    assert_eq!(ready.len(), 1, "the first one's bell again: while it is on its way the second would leave close to it");
    assert_eq!(world.ledger.store.backlog(world.tenant).await.unwrap(), [("mail".to_owned(), 2)]);
    world.perform(&ready).await;
    assert_eq!(world.ledger.store.queue_of(world.tenant, Sender::Mail).await.unwrap().1, Some(berlin("2026-01-12 09:10")));
    assert_eq!(world.ledger.store.queue_of(world.tenant, Sender::Post).await.unwrap(), (vec![], None));
    world.live_until("2026-01-12 10:00").await;
    let mut told = world.outside.told();
    told.sort();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[2], "2026-01-12 09:30 reminder-1 R3");
}

async fn what_finds_no_slot_today_leaves_tomorrow(ledger: TestLedger) {
    let world = World::throttled(ledger, 4 * 3600).await;
    three(&world).await;
    world.live_until("2026-01-14 00:00").await;
    let expected = ["2026-01-12 09:00 reminder-1 R1", "2026-01-12 13:00 reminder-1 R2", "2026-01-13 09:00 reminder-1 R3"];
    assert_eq!(world.outside.told(), expected);
}

async fn a_place_that_becomes_free_is_filled_by_those_behind(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let ids = three(&world).await;
    world.live_until("2026-01-12 09:05").await;
    world.pay(ids[1], "p1", 10_000).await;
    world.live_until("2026-01-12 10:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R1", "2026-01-12 09:10 reminder-1 R3"]);
}

/// A customer whose queued invoice was paid does not keep its place for another one.
async fn an_emptied_place_is_given_up(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let workflow = world.publish(&shared()).await;
    let bills = ["R1", "R2", "R3", "R4"].map(|number| bill(number, &format!("K-{number}"), "2026-01-09"));
    let ids = world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 09:05").await;
    world.pay(ids[1], "p1", 10_000).await;
    let mut late = bill("R5", "K-R2", "2026-01-08");
    late.invoice.external_id = "late".to_owned();
    world.enrol(workflow, &[late]).await;
    world.live_until("2026-01-12 10:00").await;
    let order: Vec<_> = world.outside.acts().into_iter().map(|act| act.lines[0].0.clone()).collect();
    assert_eq!(order, ["R1", "R3", "R4", "R5"]);
}

/// The notice had its slot and was recalled at the claim: the next one leaves at once, not a slot later.
async fn a_slot_of_a_notice_that_fell_away_is_filled(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let ids = three(&world).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    world.pay(ids[0], "p1", 10_000).await;
    world.perform(&ready).await;
    assert_eq!(world.outside.acts(), []);
    world.live_until("2026-01-12 10:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R2", "2026-01-12 09:10 reminder-1 R3"]);
}

async fn a_customer_stands_once_in_a_queue_and_takes_all_along(ledger: TestLedger) {
    let world = World::throttled(ledger, 4 * 3600).await;
    let workflow = world.publish(&shared()).await;
    let bills =
        [bill("R1", "K1", "2026-01-09"), bill("R2", "K2", "2026-01-09"), bill("R3", "K3", "2026-01-09"), bill("R4", "K3", "2026-01-10")];
    world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 14:00").await;
    assert_eq!(world.ledger.store.backlog(world.tenant).await.unwrap(), [("mail".to_owned(), 1)]);
    world.live_until("2026-01-13 10:00").await;
    // Its queue let K3 wait until R4 was due as well: one message with both.
    assert_eq!(world.outside.told()[2], "2026-01-13 09:00 reminder-1 R3+R4");
    assert_eq!(world.ledger.store.backlog(world.tenant).await.unwrap(), []);
}

/// What a person releases stands where the rest of the customer's stands, and can't leave on the same notice.
async fn who_does_not_leave_with_the_head_of_his_place_is_due_again(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let workflow = world.publish(&shared()).await;
    let reviewed = shared().replace("\"probe\"", "\"reviewed\"").replace("after_days = 3\n", "after_days = 3\nautomation = \"propose\"\n");
    let reviewed = world.publish(&reviewed).await;
    world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K2", "2026-01-09")]).await;
    world.live_until("2026-01-12 09:05").await;
    let late = world.enrol(reviewed, &[bill("R3", "K2", "2026-01-08")]).await;
    world.live_until("2026-01-12 15:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R1", "2026-01-12 09:10 reminder-1 R2"]);
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM instance WHERE slot_seq IS NOT NULL").await, 0);
    assert_eq!(world.tells(late[0]).await, "waiting reminder-1 2026-01-13 09:00", "its customer had a notice today");
    world.live_until("2026-01-14 00:00").await;
    assert_eq!(world.tells(late[0]).await, "proposed reminder-1");
}

async fn who_wants_a_notice_for_each_invoice_shares_no_place(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let each = world.publish(&single()).await;
    let together = world.publish(&shared().replace("\"probe\"", "\"together\"")).await;
    world.enrol(each, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K2", "2026-01-09")]).await;
    world.live_until("2026-01-12 09:05").await;
    world.enrol(together, &[bill("R3", "K2", "2026-01-08")]).await;
    world.live_until("2026-01-14 00:00").await;
    // The third's customer had a notice on that day.
    let expected = ["2026-01-12 09:00 reminder-1 R1", "2026-01-12 09:10 reminder-1 R2", "2026-01-13 09:00 reminder-1 R3"];
    assert_eq!(world.outside.told(), expected);
}

async fn a_retry_takes_the_next_free_slot(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    three(&world).await;
    world.outside.will([Outcome::Retry { reason: "450 later".to_owned(), after: Some(Duration::from_secs(60)) }]);
    world.live_until("2026-01-12 10:00").await;
    let acts = world.outside.acts();
    let times: Vec<_> = acts.iter().map(|act| (act.lines[0].0.as_str(), act.attempt, (act.at.0 - acts[0].at.0) / 60_000)).collect();
    assert_eq!(times, [("R1", 1, 0), ("R1", 2, 10), ("R2", 1, 20), ("R3", 1, 30)]);
}

async fn a_restart_keeps_the_distance(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    three(&world).await;
    world.live_until("2026-01-12 09:00").await;
    let (engine, _) = world.another("second");
    world.wait_until("2026-01-12 09:09");
    assert_eq!(engine.round(world.tenant).await.unwrap().ready, []);
    world.wait_until("2026-01-12 09:10");
    assert_eq!(engine.round(world.tenant).await.unwrap().ready.len(), 1);
}

async fn paper_takes_no_slot(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let workflow = world.publish(&single()).await;
    let mut bills = ["R1", "R2", "R3"].map(|number| bill(number, &format!("K-{number}"), "2026-01-09"));
    bills[0].customer.email = String::new();
    bills[1].customer.email = String::new();
    world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 09:00").await;
    let mut told = world.outside.told();
    told.sort();
    assert_eq!(told, ["R1", "R2", "R3"].map(|number| format!("2026-01-12 09:00 reminder-1 {number}")));
    let notices = world.ledger.store.notice_list(world.tenant, "paper", 10).await.unwrap();
    assert_eq!(notices.iter().map(|notice| notice.reason.as_deref()).collect::<Vec<_>>(), [Some("no_address"); 2]);
}

async fn each_sender_has_its_own(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let post =
        single().replace("name = \"probe\"", "name = \"letters\"").replace("after_days = 3\n", "after_days = 3\nchannel = \"post\"\n");
    let (mail, post) = (world.publish(&single()).await, world.publish(&post).await);
    world.enrol(mail, &[bill("M1", "K1", "2026-01-09"), bill("M2", "K2", "2026-01-09")]).await;
    world.enrol(post, &[bill("P1", "K3", "2026-01-09"), bill("P2", "K4", "2026-01-09")]).await;
    world.live_until("2026-01-12 10:00").await;
    let mut told = world.outside.told();
    told.sort();
    let expected = [("00", "M1"), ("00", "P1"), ("10", "M2"), ("10", "P2")];
    assert_eq!(told, expected.map(|(minute, number)| format!("2026-01-12 09:{minute} reminder-1 {number}")));
    let paused = world.engine.pause(world.tenant, Scope::Customer(mahnwerk::domain::ids::CustomerId(999)), None, &because("x")).await;
    assert!(paused.is_err(), "a block on nobody is refused by the database");
}
