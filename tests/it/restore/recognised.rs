//! A ledger that has forgotten the last days: what left meanwhile is known again by its Message-IDs.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, because, bill, shared, single};
use mahnwerk::domain::ids::NoticeId;
use mahnwerk::engine::EngineError;
use mahnwerk::engine::fence::{Answer, Lift, Lifted, Recorded};
use mahnwerk::engine::operate::{Resolution, Scope};
use mahnwerk::store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// What left, each with its instant, as an archive has it.
fn archive(world: &World) -> Recorded {
    let done = world.outside.acts().into_iter().map(|act| (NoticeId(act.notice), Some(act.at)));
    Recorded { ids: done.collect(), letters: true }
}

async fn lift(world: &World, recorded: &Recorded, answer: Answer) -> Result<Lifted, EngineError> {
    let others = BTreeSet::new();
    let lift = Lift { recorded, answer, others: &others, try_only: false };
    world.engine.lift_fence(world.tenant, &lift, &because("restored from yesterday")).await
}

/// How often each line left: invoice and stage.
fn lines(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for act in world.outside.acts() {
        for (invoice, _) in act.lines {
            *counts.entry(format!("{invoice} {}", act.stage)).or_default() += 1;
        }
    }
    counts
}

async fn restored(world: &World, backup: TestLedger) -> World {
    let restored = world.with_ledger(backup);
    restored.engine.fence_restored(restored.tenant).await.expect("fenced");
    restored
}

#[tokio::test]
async fn a_fenced_ledger_takes_facts_in_and_sends_nothing() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "C1", "2026-01-05"), bill("R2", "C2", "2026-01-05")]).await;
    let world = restored(&world, world.ledger.copy().await).await;
    world.wait_until("2026-01-12 09:00");
    let round = world.engine.round(world.tenant).await.expect("a round");
    assert!(round.shut && round.ready.is_empty());
    assert_eq!(world.pay(ids[0], "P1", 10_000).await.len(), 1);
    assert_eq!(world.tells(ids[0]).await, "settled");
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-1 2026-01-08 09:00");
    // Nor does a worker begin what had been queued before the backup.
    assert_eq!(world.outside.acts(), []);
    let nothing = Recorded::default();
    lift(&world, &nothing, Answer::NothingSent).await.expect("lifted");
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R2"]);
    let again = lift(&world, &nothing, Answer::NothingSent).await.unwrap_err();
    assert_eq!(again.to_string(), "no fence holds: notices leave");
}

#[tokio::test]
async fn what_was_claimed_or_started_at_the_backup_does_not_leave_from_it() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &[bill("R1", "C1", "2026-01-05"), bill("R2", "C2", "2026-01-05")]).await;
    world.wait_until("2026-01-08 09:00");
    let ready = world.round().await;
    let backup = world.ledger.copy().await;
    world.perform(&ready[..1]).await;
    let world = restored(&world, backup).await;
    world.perform(&ready).await;
    assert_eq!(world.outside.acts().len(), 1, "the queue's messages find nothing to claim");
    let lifted = lift(&world, &archive(&world), Answer::NothingSent).await.expect("lifted");
    assert_eq!((lifted.ended.len(), lifted.freed.len(), lifted.recognised.len()), (1, 2 - 1, 0));
    world.live_until("2026-01-08 12:00").await;
    assert_eq!(lines(&world).values().copied().collect::<Vec<_>>(), [1, 1]);
    world.verified().await;
}

#[tokio::test]
async fn two_stages_on_shared_notices_are_known_again_though_one_invoice_was_paid_since() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&shared()).await;
    let bills =
        [bill("R1", "C1", "2026-01-05"), bill("R2", "C1", "2026-01-06"), bill("R3", "C2", "2026-01-05"), bill("R4", "C1", "2026-02-20")];
    let ids = world.enrol(workflow, &bills).await;
    let backup = world.ledger.copy().await;
    // Three weeks: both stages of reminders, two lines on a notice, a payment, and a dunning.
    world.live_until("2026-01-12 12:00").await;
    world.pay(ids[1], "P1", 10_000).await;
    world.live_until("2026-01-26 12:00").await;
    let before = lines(&world);
    assert!(before.keys().any(|line| line.contains("dunning-1")), "{before:?}");
    let expected = (world.tells(ids[0]).await, world.tells(ids[2]).await);

    let world = restored(&world, backup).await;
    // What came in since comes in again, before the fence is lifted.
    world.pay(ids[1], "P1", 10_000).await;
    let lifted = lift(&world, &archive(&world), Answer::NothingSent).await.expect("all is explained");
    assert_eq!(lifted.recognised.len(), archive(&world).ids.len());
    assert_eq!((world.tells(ids[0]).await, world.tells(ids[2]).await), expected, "each stands where it stood");
    world.live_until("2026-03-31 12:00").await;
    let after = lines(&world);
    assert!(after.values().all(|times| *times == 1), "{after:?}");
    assert!(after.len() > before.len(), "what had not left leaves: {after:?}");
    world.verified().await;
}

#[tokio::test]
async fn without_the_facts_of_the_gap_the_fence_stays() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &[bill("R1", "C1", "2026-01-05")]).await;
    let backup = world.ledger.copy().await;
    world.enrol(workflow, &[bill("R2", "C2", "2026-01-05")]).await;
    world.live_until("2026-01-08 12:00").await;
    assert_eq!(world.outside.acts().len(), 2);
    let world = restored(&world, backup).await;
    let recorded = archive(&world);
    let refused = lift(&world, &recorded, Answer::NothingSent).await.unwrap_err();
    assert_eq!(refused.to_string(), "1 recorded Message-IDs are not explained by the ledger");
    assert!(world.engine.round(world.tenant).await.expect("a round").shut, "nothing was changed");
    world.enrol(workflow, &[bill("R2", "C2", "2026-01-05")]).await;
    assert_eq!(lift(&world, &recorded, Answer::NothingSent).await.expect("explained").recognised.len(), 2);
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(lines(&world).values().max(), Some(&1));
}

#[tokio::test]
async fn a_pause_that_was_ended_and_a_notice_that_was_taken_back_are_known_again() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "C1", "2026-01-05"), bill("R2", "C2", "2026-01-05")]).await;
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &because("asked for time")).await.expect("paused");
    world.wait_until("2026-01-08 09:00");
    let _lost = world.round().await;
    let backup = world.ledger.copy().await;
    world.engine.resume(world.tenant, Scope::Invoice(ids[0]), &because("time is over")).await.expect("resumed");
    let standing = world.instance(ids[1]).await.state.notice().cloned().expect("on a notice");
    world.engine.recall(world.tenant, &standing, &because("looked at it")).await.expect("recalled");
    world.live_until("2026-01-08 12:00").await;
    assert_eq!(lines(&world).len(), 2);
    let world = restored(&world, backup).await;
    let lifted = lift(&world, &archive(&world), Answer::NothingSent).await.expect("explained");
    assert_eq!(lifted.recognised.len(), 2);
    world.engine.resume(world.tenant, Scope::Invoice(ids[0]), &because("time is over")).await.expect("resumed");
    world.live_until("2026-01-14 12:00").await;
    assert!(lines(&world).values().all(|times| *times == 1), "{:?}", world.outside.told());
    world.verified().await;
}

#[tokio::test]
async fn what_was_composed_anew_in_the_gap_is_known_again() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&shared()).await;
    let ids = world.enrol(workflow, &[bill("R1", "C1", "2026-01-05"), bill("R2", "C1", "2026-01-05")]).await;
    let backup = world.ledger.copy().await;
    world.wait_until("2026-01-08 09:00");
    let ready = world.round().await;
    world.pay(ids[1], "P1", 10_000).await;
    world.perform(&ready).await;
    assert_eq!(world.outside.told(), ["2026-01-08 09:00 reminder-1 R1"]);
    let world = restored(&world, backup).await;
    world.pay(ids[1], "P1", 10_000).await;
    assert_eq!(lift(&world, &archive(&world), Answer::NothingSent).await.expect("explained").recognised.len(), 1);
    world.live_until("2026-01-14 12:00").await;
    assert_eq!(world.outside.told().len(), 1, "{:?}", world.outside.told());
    world.verified().await;
}

#[tokio::test]
async fn in_a_window_of_which_nobody_knows_every_stage_waits_for_a_person() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    let ids =
        world.enrol(workflow, &[bill("R1", "C1", "2026-01-05"), bill("R2", "C2", "2026-01-05"), bill("R3", "C3", "2026-02-02")]).await;
    let backup = world.ledger.copy().await;
    // Until here both reminders of R1 and R2 may have left.
    world.wait_until("2026-01-20 08:00");
    let world = restored(&world, backup).await;
    let until = berlin("2026-01-20 08:00");
    lift(&world, &Recorded::default(), Answer::Unknown { until }).await.expect("lifted");
    world.live_until("2026-01-20 12:00").await;
    assert_eq!(world.outside.acts(), []);
    let unknown = |state: &'static str| world.engine.store.notice_list(world.tenant, state, 100);
    let first = unknown("unknown").await.expect("read");
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].reason.as_deref(), Some(mahnwerk::engine::fence::DOUBTFUL));
    // R1 was sent: then its second reminder may have been sent as well. R2 was not: it leaves.
    let of = |number: &str| first.iter().find(|notice| notice.customer_number == number).map(|notice| NoticeId(notice.id.clone())).unwrap();
    world.engine.resolve(world.tenant, &of("C1"), Resolution::Sent, &because("in the archive")).await.expect("resolved");
    world.engine.resolve(world.tenant, &of("C2"), Resolution::SendAgain, &because("not in the archive")).await.expect("resolved");
    world.live_until("2026-01-21 12:00").await;
    assert_eq!(world.outside.told(), ["2026-01-20 12:00 reminder-1 R2"]);
    assert_eq!(unknown("unknown").await.expect("read").len(), 1, "the second reminder of R1");
    // What falls due later is in no doubt.
    world.live_until("2026-02-06 12:00").await;
    assert!(world.outside.told().contains(&"2026-02-05 09:00 reminder-1 R3".to_owned()), "{:?}", world.outside.told());
    assert_eq!(world.tells(ids[0]).await, "issued reminder-2");
    world.verified().await;
}

#[tokio::test]
async fn an_older_ledger_is_known_by_the_mark_and_a_lift_makes_a_new_lineage() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &[bill("R1", "C1", "2026-01-05")]).await;
    let (old, other) = (world.ledger.copy().await, world.ledger.copy().await);
    world.live_until("2026-01-08 12:00").await;
    let mark = world.engine.store.marks().of(world.tenant).expect("a mark");
    assert_eq!((mark.seq, mark.at), (world.verified().await, berlin("2026-01-08 09:00")));

    // Behind: seen by the first transaction of a process that knows the mark.
    let world = world.with_ledger(old);
    world.engine.store.marks().learn(world.tenant, mark.clone());
    assert!(world.engine.round(world.tenant).await.expect("a round").shut);
    let fence = world.engine.open_fence(world.tenant).await.expect("fenced");
    assert_eq!((fence.cause.as_str(), fence.mark_seq, fence.mark_at), ("behind", Some(mark.seq), Some(mark.at)));
    lift(&world, &archive(&world), Answer::NothingSent).await.expect("lifted");
    assert!(!world.engine.round(world.tenant).await.expect("a round").shut, "the old mark is of an older lineage");
    world.live_until("2026-01-16 12:00").await;
    let newer = world.engine.store.marks().of(world.tenant).expect("a mark");
    assert_eq!((newer.lineage.as_str(), newer.at > mark.at), (fence.id.as_str(), true));

    // The same old file once more: it does not know that a fence was lifted since.
    let world = world.with_ledger(other);
    world.engine.store.marks().learn(world.tenant, newer);
    assert!(world.engine.confirm_mark(world.tenant).await.expect("compared"));
}

#[tokio::test]
async fn a_ledger_that_went_another_way_is_known_though_it_is_longer() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &[bill("R1", "C1", "2026-01-05")]).await;
    let old = world.ledger.copy().await;
    world.live_until("2026-01-08 12:00").await;
    let mark = world.engine.store.marks().of(world.tenant).expect("a mark");
    let world = world.with_ledger(old);
    world.enrol(workflow, &(2..9).map(|n| bill(&format!("R{n}"), "C2", "2026-01-05")).collect::<Vec<_>>()).await;
    assert!(world.verified().await > mark.seq);
    // Another process opens it, which knows the mark from its file.
    let store = Store::open(&world.ledger.url).await.expect("the ledger");
    store.marks().learn(world.tenant, mark);
    let mut tx = store.begin_tenant(world.tenant).await.expect("a transaction");
    tx.compare_with_mark(world.clock_now()).await.expect("compared");
    assert!(!tx.is_fenced(), "the length alone does not tell");
    tx.confirm_mark(world.clock_now()).await.expect("compared");
    assert!(tx.is_fenced());
    tx.commit().await.expect("kept");
    assert_eq!(world.engine.open_fence(world.tenant).await.expect("fenced").cause, "forked");
}
