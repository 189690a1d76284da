//! The figures move when things happen.

use super::Page;
use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, shared, single};
use mahnwerk::engine::ports::Outcome;
use mahnwerk::engine::run::Pulse;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const ACME: (&str, &str) = ("tenant", "muster");

#[tokio::test]
async fn what_is_due_waits_fails_and_left() {
    let world = World::throttled(TestLedger::sqlite().await, 3600).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &(1..=8).map(|n| bill(&format!("R{n}"), &format!("C{n}"), "2026-01-05")).collect::<Vec<_>>()).await;
    world.wait_until("2026-01-12 09:02");
    let due = Page::open(&world).await.metrics().await;
    assert_eq!(due.value("mahnwerk_instances", &[ACME, ("state", "waiting")]), 8.0);
    assert_eq!(due.value("mahnwerk_instances_due", &[ACME]), 8.0);
    assert_eq!(due.value("mahnwerk_instances_overdue", &[ACME]), 8.0);
    let days = f64::from(4 * 24 * 3600 + 120);
    assert_eq!(due.value("mahnwerk_instances_oldest_due_seconds", &[ACME]), days);
    assert_eq!(due.value("mahnwerk_chain_entries", &[ACME]), 8.0);
    assert_eq!(due.value("mahnwerk_ledger_up", &[]), 1.0);
    assert_eq!(due.value("mahnwerk_backup_last_success_timestamp_seconds", &[]), 0.0);

    // One leaves; seven stand in the queue: one an hour, six hours a day, five days a week.
    let ready = world.round().await;
    world.outside.will([Outcome::Retry { reason: "busy".to_owned(), after: None }]);
    world.perform(&ready).await;
    world.ledger.store.note_backup(world.clock_now(), "backup", 9).await.expect("taken down");
    let now = Page::open(&world).await.metrics().await;
    assert_eq!(now.value("mahnwerk_instances_due", &[ACME]), 0.0);
    assert_eq!(now.value("mahnwerk_slot_backlog", &[ACME, ("sender", "mail")]), 7.0);
    let backlog = now.value("mahnwerk_slot_backlog_seconds", &[ACME, ("sender", "mail")]);
    assert!((backlog / 86_400.0 - 7.0 / 6.0 * 7.0 / 5.0).abs() < 0.001, "{backlog}");
    assert_eq!(now.value("mahnwerk_steps", &[ACME, ("pool", "send"), ("state", "retry")]), 1.0);
    assert_eq!(now.value("mahnwerk_effect_duration_seconds_count", &[("pool", "send"), ("outcome", "retry")]), 1.0);
    assert_eq!(now.value("mahnwerk_dispatch_lateness_seconds_count", &[]), 0.0);
    assert!(now.value("mahnwerk_backup_last_success_timestamp_seconds", &[]) > 1.7e9);

    // The retry may take the slot after the next; it fails for good. The others leave, the last of nobody knows where to.
    world.outside.will([Outcome::Failed { reason: "550".to_owned() }, Outcome::Unknown { reason: "lost".to_owned() }]);
    world.live_until("2026-01-12 14:30").await;
    let now = Page::open(&world).await.metrics().await;
    assert_eq!(now.value("mahnwerk_notices", &[ACME, ("state", "failed")]), 1.0);
    assert_eq!(now.value("mahnwerk_notices", &[ACME, ("state", "unknown")]), 1.0);
    assert_eq!(now.value("mahnwerk_notices_ended_total", &[("state", "unknown")]), 1.0);
    let left = now.value("mahnwerk_dispatch_lateness_seconds_count", &[]);
    assert_eq!(now.value("mahnwerk_notices_ended_total", &[("state", "sent")]), left);
    assert!(left >= 3.0 && now.value("mahnwerk_dispatch_lateness_seconds_sum", &[]) > left * days, "they were due four days ago");
    assert!(now.value("mahnwerk_commit_writes_count", &[]) > 0.0);
}

#[tokio::test]
async fn a_proposal_a_fence_and_a_ledger_that_is_gone() {
    let world = World::new(TestLedger::sqlite().await).await;
    let reviewed = shared().replace("kind = \"reminder\"\nafter_days = 3", "kind = \"reminder\"\nafter_days = 3\nautomation = \"propose\"");
    let workflow = world.publish(&reviewed).await;
    world.enrol(workflow, &[bill("R1", "C1", "2026-01-05")]).await;
    world.live_until("2026-01-12 10:00").await;
    let pulse = Arc::new(Pulse::default());
    pulse.last_ok.store(world.clock_now().0, Ordering::Relaxed);
    let page = Page::of(&world, Some(pulse)).await;
    let now = page.metrics().await;
    assert_eq!(now.value("mahnwerk_notices", &[ACME, ("state", "proposed")]), 1.0);
    assert_eq!(now.value("mahnwerk_fenced", &[ACME]), 0.0);
    assert!(page.get("/healthz").await.starts_with("HTTP/1.1 200"), "{}", page.get("/healthz").await);

    world.engine.fence_restored(world.tenant).await.expect("fenced");
    let health = page.get("/healthz").await;
    assert!(health.starts_with("HTTP/1.1 503") && health.contains("\"fenced\":[\"muster\"]"), "{health}");
    assert_eq!(Page::open(&world).await.metrics().await.value("mahnwerk_fenced", &[ACME]), 1.0);

    world.ledger.store.close().await;
    let gone = Page::open(&world).await.metrics().await;
    assert_eq!(gone.value("mahnwerk_ledger_up", &[]), 0.0);
    assert_eq!(gone.value("mahnwerk_queue_up", &[]), 1.0, "what still answers is shown");
}

#[tokio::test]
async fn a_process_that_only_works_tells_of_its_work_alone() {
    let world = World::new(TestLedger::sqlite().await).await;
    let metrics = Page::of(&world, None).await.metrics().await;
    assert_eq!(metrics.value("mahnwerk_build_info", &[("part", "work")]), 1.0);
    assert!(!metrics.names().contains("mahnwerk_instances_due"), "one process reads the ledger, not each");
}
