//! A worker that was taken for dead and lives: what it says later counts, as long as no person has decided.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, because, bill, single};
use mahnwerk::domain::ids::InvoiceId;
use mahnwerk::engine::commit::Writer;
use mahnwerk::engine::operate::{Resolution, Scope};
use mahnwerk::engine::ports::Outcome;
use mahnwerk::engine::settle::Ended;
use mahnwerk::engine::start::Task;
use std::sync::Arc;

on_both! {
    it_was_sent_after_all,
    it_was_not_sent_after_all,
    it_had_not_even_begun,
    a_person_was_faster,
    what_is_unknown_stays_so_when_it_is_said_twice,
    what_is_told_of_one_that_waits_makes_what_was_read_of_it_old,
}

/// A mail that was begun, whose worker was taken for dead when its lease ended.
async fn given_up(world: &World) -> (InvoiceId, Arc<Task>) {
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    let chunk = world.engine.chunks(world.tenant, &ready).remove(0);
    let [task] = world.started(&world.engine, &chunk).await.try_into().expect("one step");
    world.wait_until("2026-01-12 23:00");
    assert_eq!(world.round().await, []);
    assert_eq!(notice(world).await.0, "unknown");
    (ids[0], task)
}

async fn says(world: &World, task: &Arc<Task>, outcome: Outcome) {
    let ended = Ended { task: task.clone(), outcome, at: world.clock_now() };
    Writer::start(world.engine.clone()).ended(ended).await.unwrap();
}

/// It was started ahead of its connection, and its turn has not come.
async fn says_not_begun(world: &World, task: &Arc<Task>) {
    assert_eq!(Writer::start(world.engine.clone()).put_back(task.clone()).await.unwrap(), []);
}

fn sent() -> Outcome {
    Outcome::Done { reply: "250 kept".to_owned() }
}

async fn notice(world: &World) -> (String, Option<String>) {
    let notice = world.ledger.store.notice_list(world.tenant, "", 10).await.unwrap().remove(0);
    (notice.state, notice.reason)
}

async fn it_was_sent_after_all(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (invoice, job) = given_up(&world).await;
    says(&world, &job, sent()).await;
    let (state, reason) = notice(&world).await;
    assert_eq!(state, "sent");
    assert!(reason.unwrap().contains("said later"), "the history of the doubt is kept");
    assert!(world.tells(invoice).await.starts_with("waiting reminder-2"), "{}", world.tells(invoice).await);
    world.verified().await;
}

async fn it_was_not_sent_after_all(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, job) = given_up(&world).await;
    says(&world, &job, Outcome::Retry { reason: "the process stood still".to_owned(), after: None }).await;
    assert_eq!(notice(&world).await.0, "released");
    world.live_until("2026-01-14 00:00").await;
    assert_eq!(world.outside.acts().len(), 1, "it is sent now");
    assert_eq!(notice(&world).await.0, "sent");
    world.verified().await;
}

async fn it_had_not_even_begun(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, job) = given_up(&world).await;
    // The second time since the answer to the first was lost.
    for _ in 0..2 {
        says_not_begun(&world, &job).await;
        let (state, reason) = notice(&world).await;
        assert_eq!(state, "released");
        assert!(reason.unwrap().contains("said later"), "the history of the doubt is kept");
    }
    world.live_until("2026-01-14 00:00").await;
    assert_eq!(world.outside.acts().len(), 1, "it is sent now");
    assert_eq!(notice(&world).await.0, "sent");
    world.verified().await;
}

async fn a_person_was_faster(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (invoice, job) = given_up(&world).await;
    world.engine.resolve(world.tenant, &job.job.notice.id, Resolution::SendAgain, &because("not in the server's log")).await.unwrap();
    let before = (world.tells(invoice).await, world.verified().await);
    says_not_begun(&world, &job).await;
    assert_eq!((world.tells(invoice).await, world.verified().await), before);
    says(&world, &job, sent()).await;
    assert_eq!((world.tells(invoice).await, world.verified().await), before);
}

async fn what_is_unknown_stays_so_when_it_is_said_twice(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (invoice, job) = given_up(&world).await;
    for _ in 0..2 {
        says(&world, &job, Outcome::Unknown { reason: "no answer to the last byte".to_owned() }).await;
        assert_eq!(notice(&world).await, ("unknown".to_owned(), Some("no answer to the last byte".to_owned())));
    }
    assert_eq!(world.tells(invoice).await, "issued reminder-1");
}

/// A round that has read ahead what waits must not go on with it.
async fn what_is_told_of_one_that_waits_makes_what_was_read_of_it_old(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (invoice, job) = given_up(&world).await;
    let store = &world.ledger.store;
    let before = store.changes(world.tenant).expect("nobody commits");
    says(&world, &job, Outcome::Unknown { reason: "no answer to the last byte".to_owned() }).await;
    assert_eq!(store.changes(world.tenant), Some(before), "it stands on its notice: nothing that waited has changed");

    world.engine.pause(world.tenant, Scope::Invoice(invoice), None, &because("a dispute")).await.unwrap();
    world.engine.resume(world.tenant, Scope::Invoice(invoice), &because("settled")).await.unwrap();
    assert!(world.tells(invoice).await.starts_with("waiting reminder-1"), "{}", world.tells(invoice).await);
    let before = store.changes(world.tenant).expect("nobody commits");
    says(&world, &job, sent()).await;
    assert!(world.tells(invoice).await.starts_with("waiting reminder-2"), "{}", world.tells(invoice).await);
    assert_ne!(store.changes(world.tenant), Some(before));
    world.verified().await;
}
