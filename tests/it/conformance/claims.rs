//! A step's way through a worker: started once, before the act, and settled by whoever still holds it.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, bill, single};
use futures::future::BoxFuture;
use mahnwerk::domain::ids::{InvoiceId, StepId};
use mahnwerk::domain::pool::{Chunk, Pool};
use mahnwerk::domain::step::StepState;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::issue::Ready;
use mahnwerk::engine::ports::{Bell, Outcome};
use mahnwerk::store::begun::{StartStep, StepOutcome};
use std::time::Duration;

on_both!(
    a_step_is_started_once,
    a_stale_pointer_starts_nothing,
    a_stale_start_settles_nothing,
    a_started_step_whose_lease_ended_is_unknown,
    a_restart_of_the_embedded_ledger_voids_all_leases,
    a_step_is_tried_again_with_backoff_and_then_given_up,
    the_other_side_may_ask_for_more_patience,
    a_refusal_fails_at_once,
    what_nobody_can_know_is_never_repeated,
    an_unheard_bell_is_rung_again,
    a_chunk_that_comes_twice_sends_once,
    two_processes_share_the_work
);

/// One invoice whose first notice is issued and not yet performed; its step.
async fn issued(world: &World) -> (InvoiceId, StepId) {
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    assert_eq!(ready.len(), 1);
    (ids[0], ready[0].step)
}

/// Starts a step as it was read; whether it still was so.
async fn start(world: &World, step: StepId, (attempt, epoch): (i64, i64), owner: &str, lease: &str) -> bool {
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    let wanted = StartStep { id: step, attempt, epoch, at: berlin("2026-01-12 09:00"), lease_until: berlin(lease) };
    let started = tx.start_steps(&[wanted], owner).await.unwrap();
    tx.commit().await.unwrap();
    started.contains(&step)
}

async fn settle(world: &World, step: StepId, epoch: i64) -> bool {
    let now = berlin("2026-01-12 09:01");
    let outcome = StepOutcome { id: step, epoch, state: StepState::Done, attempt: 1, due_at: now, ended_at: now, error: None };
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    let settled = tx.settle_steps(&[outcome]).await.unwrap();
    tx.commit().await.unwrap();
    settled.contains(&step)
}

/// `queued 1`: a step's state and attempt.
async fn step_is(world: &World, step: StepId) -> String {
    let rows = world.ledger.rows(&format!("SELECT state, attempt FROM step WHERE id = {step}")).await;
    format!("{} {}", rows[0].text("state").unwrap(), rows[0].int("attempt").unwrap())
}

async fn notice_is(world: &World) -> (String, Option<String>) {
    let notice = world.ledger.store.notice_list(world.tenant, "", 10).await.unwrap().remove(0);
    (notice.state, notice.reason)
}

async fn a_step_is_started_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, step) = issued(&world).await;
    let starts = futures::future::join_all((0..6).map(|worker| {
        let owner = format!("w{worker}");
        let world = &world;
        async move { start(world, step, (1, 0), &owner, "2026-01-12 09:05").await }
    }));
    assert_eq!(starts.await.into_iter().filter(|started| *started).count(), 1, "one of six");
    assert_eq!(world.ledger.store.busy_steps(world.tenant).await.unwrap(), 1);
}

async fn a_stale_pointer_starts_nothing(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, step) = issued(&world).await;
    assert!(!start(&world, step, (2, 0), "w", "2026-01-12 09:05").await, "another attempt");
    assert!(!start(&world, step, (1, 1), "w", "2026-01-12 09:05").await, "another epoch");
    assert!(!start(&world, StepId(step.0 + 77), (1, 0), "w", "2026-01-12 09:05").await, "no such step");
    let world = &world;
    let queued = |attempt| async move { world.ledger.store.queued_steps(world.tenant, &[(step, attempt)]).await };
    assert_eq!((queued(1).await.unwrap().len(), queued(2).await.unwrap().len()), (1, 0));
    assert_eq!(step_is(world, step).await, "queued 1");
}

async fn a_stale_start_settles_nothing(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, step) = issued(&world).await;
    world.outside.will([Outcome::Retry { reason: "451".to_owned(), after: None }]);
    let ready = [Ready { pool: Pool::Send, step, attempt: 1 }];
    world.perform(&ready).await;
    world.wait_until("2026-01-12 09:01");
    world.round().await;
    assert_eq!(step_is(&world, step).await, "queued 2");
    assert!(!start(&world, step, (1, 0), "first", "2026-01-12 10:00").await, "the first must not send any more");
    assert!(start(&world, step, (2, 1), "second", "2026-01-12 10:00").await);
    assert!(start(&world, step, (2, 1), "second", "2026-01-12 10:00").await, "again, because the answer to its commit was lost");
    assert!(!start(&world, step, (2, 1), "third", "2026-01-12 10:00").await, "nor anybody else");
    assert!(!settle(&world, step, 1).await);
    assert!(settle(&world, step, 2).await);
    assert!(!settle(&world, step, 2).await);
    assert_eq!(step_is(&world, step).await, "done 1");
}

async fn a_started_step_whose_lease_ended_is_unknown(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (invoice, step) = issued(&world).await;
    assert!(start(&world, step, (1, 0), "dead", "2026-01-12 09:20").await);
    assert_eq!(world.engine.next_round(world.tenant).await.unwrap(), Some(berlin("2026-01-12 09:20")), "the lease's end wakes");
    world.live_until("2026-01-12 09:19").await;
    assert_eq!(step_is(&world, step).await, "started 1");
    world.live_until("2026-02-20 00:00").await;
    assert_eq!(step_is(&world, step).await, "unknown 1");
    let why = "the worker ended while it was being carried out".to_owned();
    assert_eq!(notice_is(&world).await, ("unknown".to_owned(), Some(why)));
    assert_eq!(world.tells(invoice).await, "issued reminder-1");
    assert_eq!(world.outside.acts(), [], "it is never repeated by itself");
}

/// Keeps what was rung.
#[derive(Debug, Default)]
struct Heard(std::sync::Mutex<Vec<Chunk>>);

impl Bell for Heard {
    fn ring(&self, chunks: Vec<Chunk>) -> BoxFuture<'_, Result<(), String>> {
        self.0.lock().unwrap().extend(chunks);
        Box::pin(async { Ok(()) })
    }
}

async fn a_restart_of_the_embedded_ledger_voids_all_leases(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &["R1", "R2", "R3"].map(|number| bill(number, &format!("K{number}"), "2026-01-09"))).await;
    world.wait_until("2026-01-12 09:00");
    let steps: Vec<_> = world.round().await.iter().map(|ready| ready.step).collect();
    assert!(start(&world, steps[1], (1, 0), "dead", "2026-01-12 12:00").await);
    let (engine, _) = world.another("second");
    let heard = Heard::default();
    engine.recover(&heard).await.unwrap();
    let states = [step_is(&world, steps[0]).await, step_is(&world, steps[1]).await, step_is(&world, steps[2]).await];
    assert_eq!(states, ["queued 1", "unknown 1", "queued 1"]);
    let rung: Vec<_> = heard.0.lock().unwrap().iter().flat_map(|chunk| chunk.steps.clone()).map(|(step, _)| step).collect();
    assert!(rung.contains(&steps[0]) && rung.contains(&steps[2]) && !rung.contains(&steps[1]), "{rung:?}");
}

async fn a_step_is_tried_again_with_backoff_and_then_given_up(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (invoice, step) = issued(&world).await;
    let later = || Outcome::Retry { reason: "451 try again".to_owned(), after: None };
    world.outside.will([later(), later(), later(), later()]);
    world.live_until("2026-01-12 12:00").await;
    let first = berlin("2026-01-12 09:00").0;
    let times: Vec<_> = world.outside.acts().iter().map(|act| ((act.at.0 - first) / 1000, act.attempt)).collect();
    // Performed only when its bell was rung again after 30 s; from then on 60, 120 and 240 s.
    assert_eq!(times, [(30, 1), (90, 2), (210, 3), (450, 4)]);
    assert_eq!(step_is(&world, step).await, "gave_up 4");
    assert_eq!(notice_is(&world).await, ("failed".to_owned(), Some("451 try again".to_owned())));
    assert_eq!(world.tells(invoice).await, "failed reminder-1 451 try again");
    let view = world.ledger.store.steps_of_notice(world.tenant, &world.outside.acts()[0].notice).await.unwrap();
    assert_eq!((view[0].pool.as_str(), view[0].error.as_deref()), ("send", Some("451 try again")));
}

async fn the_other_side_may_ask_for_more_patience(ledger: TestLedger) {
    let world = World::new(ledger).await;
    issued(&world).await;
    world.outside.will([Outcome::Retry { reason: "greylisted".to_owned(), after: Some(Duration::from_secs(300)) }]);
    world.live_until("2026-01-12 12:00").await;
    let acts = world.outside.acts();
    assert_eq!((acts[1].at.0 - acts[0].at.0) / 1000, 300);
    assert_eq!(notice_is(&world).await.0, "sent");
}

async fn a_refusal_fails_at_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (invoice, _) = issued(&world).await;
    world.outside.will([Outcome::Failed { reason: "550 no such user".to_owned() }]);
    world.live_until("2026-03-01 00:00").await;
    assert_eq!(world.outside.acts().len(), 1);
    assert_eq!(world.tells(invoice).await, "failed reminder-1 550 no such user");
    assert_eq!(world.ledger.store.notice_counts(world.tenant).await.unwrap(), [("failed".to_owned(), 1)]);
    let steps = world.ledger.store.step_counts(world.tenant).await.unwrap();
    assert_eq!(steps, [("send".to_owned(), "gave_up".to_owned(), 1)]);
}

async fn what_nobody_can_know_is_never_repeated(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (invoice, step) = issued(&world).await;
    world.outside.will([Outcome::Unknown { reason: "connection lost after the dot".to_owned() }]);
    world.live_until("2026-03-01 00:00").await;
    assert_eq!(world.outside.acts().len(), 1);
    assert_eq!(step_is(&world, step).await, "unknown 1");
    assert_eq!(world.tells(invoice).await, "issued reminder-1");
}

async fn an_unheard_bell_is_rung_again(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, step) = issued(&world).await;
    let next = world.engine.next_round(world.tenant).await.unwrap();
    assert_eq!(next, Some(berlin("2026-01-12 09:00").plus_seconds(30)));
    assert_eq!(world.round().await, [], "not yet");
    world.clock.advance_to(next.unwrap());
    assert_eq!(world.round().await.iter().map(|ready| ready.step).collect::<Vec<_>>(), [step]);
    assert_eq!(world.round().await, [], "and not at once again");
    assert_eq!(world.engine.unheard(world.tenant, world.clock_now()).await.unwrap().len(), 1);
}

async fn a_chunk_that_comes_twice_sends_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &["R1", "R2", "R3"].map(|number| bill(number, "K1", "2026-01-09"))).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    let twice = [ready.clone(), ready.clone()].concat();
    futures::join!(world.perform(&ready), world.perform(&twice), world.perform(&ready));
    assert_eq!(world.outside.acts().len(), 3);
    world.perform(&ready).await;
    assert_eq!(world.outside.acts().len(), 3);
    world.verified().await;
}

/// Two engines plan and perform at once: nothing is issued or sent twice, and the chain has no gap.
async fn two_processes_share_the_work(ledger: TestLedger) {
    use mahnwerk::engine::ports::Performer;
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let bills: Vec<_> = (0..60).map(|number| bill(&format!("R{number:02}"), &format!("K{}", number % 7), "2026-01-09")).collect();
    world.enrol(workflow, &bills).await;
    world.wait_until("2026-01-12 09:00");
    let (other, work) = world.another("second");
    let theirs = async {
        let ready = other.round(world.tenant).await.unwrap().ready;
        for chunk in other.chunks(world.tenant, &ready) {
            work.perform(chunk).await;
        }
        ready.len()
    };
    let ours = async {
        let ready = world.round().await;
        world.perform(&ready).await;
        ready.len()
    };
    let (ours, theirs) = futures::join!(ours, theirs);
    assert_eq!(ours + theirs, 60);
    assert_eq!(world.outside.told().len(), 60);
    assert_eq!(world.verified().await, 180, "enrolled, issued, delivered");
    let timer = world.ledger.store.next_timer(world.tenant, 30_000).await.unwrap();
    assert_eq!((timer.at, timer.queued), (Some(berlin("2026-01-19 10:30")), false));
    assert!(Timestamp(0) < world.engine.next_round(world.tenant).await.unwrap().unwrap());
}
