//! SIGTERM in mid-burst: nothing new is begun, what is on the wire ends and is written down, and the rest is left whole.

use super::fleet::{Fleet, Task};
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point};
use std::time::{Duration, Instant};

/// A mail that hangs so long does not end before the test does.
const HANGS: Fault = Fault { at: Point::Dot, act: Act::Delay { ms: 50_000 }, matching: None, times: None };

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_serve_leaves_nothing_unknown() {
    let fleet = Fleet::embedded(Task::burst(300)).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 30 })).await.unwrap();
    let mut serve = fleet.serve();
    fleet.mails(20).await;
    serve.signal("TERM");
    let asked = Instant::now();
    assert!(fleet.gone(&mut serve).await.success(), "{}", serve.said());
    println!("fire: drained in {:.1?}", asked.elapsed());
    assert!(fleet.mails.total() < 300, "it began new work: {} mails", fleet.mails.total());
    let _next = fleet.serve();
    fleet.finished().await;
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
}

/// Its claims are free as soon as it has signed off, though their leases have ten minutes to go.
#[tokio::test(flavor = "multi_thread")]
async fn a_drained_worker_hands_over_at_once() {
    let fleet = Fleet::shared(Task { lease_seconds: 600, ..Task::burst(120) }).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 30 })).await.unwrap();
    let _serve = fleet.serve();
    let mut worker = fleet.work();
    fleet.mails(20).await;
    worker.signal("TERM");
    assert!(fleet.gone(&mut worker).await.success(), "{}", worker.said());
    fleet.finished().await;
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn past_its_time_it_says_what_it_left() {
    let task = Task { drain_seconds: 1, delivery_seconds: 60, ..Task::burst(40) };
    let fleet = Fleet::embedded(task).await;
    fleet.mails.set_fault(HANGS).await.unwrap();
    let mut serve = fleet.serve();
    fleet.mails(4).await;
    serve.signal("TERM");
    let status = fleet.gone(&mut serve).await;
    assert_eq!(status.code(), Some(1), "{}", serve.said());
    assert!(serve.said().contains("[pools] drain_seconds"), "{}", serve.said());
    fleet.mails.clear_faults().await;
    let _next = fleet.serve();
    fleet.finished().await;
    assert_eq!(fleet.judge().await, 4, "those on the wire{}", fleet.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_signal_ends_it_at_once() {
    let fleet = Fleet::embedded(Task { drain_seconds: 60, delivery_seconds: 60, ..Task::burst(20) }).await;
    fleet.mails.set_fault(HANGS).await.unwrap();
    let mut serve = fleet.serve();
    fleet.mails(4).await;
    serve.signal("TERM");
    fleet.until("the first signal was heard", async || serve.said().contains("nothing new is begun")).await;
    serve.signal("INT");
    let asked = Instant::now();
    assert_eq!(fleet.gone(&mut serve).await.code(), Some(1));
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    assert!(serve.said().contains("a second time"), "{}", serve.said());
}
