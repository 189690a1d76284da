//! `kill -9` of `serve` and of `work` processes on a shared ledger, in mid-burst, again and again.

use super::fleet::{Fleet, Task};
use super::rounds;
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point};

/// What a dead worker had claimed goes to the others as soon as its lock is found free: within seconds, not when its lease
/// ends. With leases of a minute the burst could not end in time otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn workers_and_planners_die_in_mid_burst() {
    let rounds = rounds(2);
    let fleet = Fleet::shared(Task { lease_seconds: 600, ..Task::burst(160 * (rounds as usize)) }).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 15 })).await.unwrap();
    let mut serve = fleet.serve();
    let mut workers = [fleet.work(), fleet.work()];
    for round in 1..=rounds {
        fleet.more_mails(30).await;
        workers[0].kill();
        fleet.more_mails(20).await;
        serve.kill();
        fleet.more_mails(20).await;
        workers[1].kill();
        workers = [fleet.work(), fleet.work()];
        serve = fleet.serve();
        println!("fire: shared, round {round}: first mail {:.1?} after all were killed and started again", fleet.more_mails(1).await);
    }
    println!("fire: shared, the rest after {:.1?}", fleet.finished().await);
    let unknown = fleet.judge().await;
    assert!(unknown <= 4 * 3 * rounds as usize, "{unknown} unknown");
}

/// The proof of death: one worker holds claims and mails on the wire when it dies; another takes the claims over and shows
/// the mails as unknown while the leases still have most of their time.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_workers_leases_are_void_at_once() {
    let task = Task { lease_seconds: 600, ..Task::burst(60) };
    let fleet = Fleet::shared(task).await;
    // Every mail hangs after its last byte, so the first four are on the wire and the rest of the chunks are claimed.
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 2_500 })).await.unwrap();
    let mut serve = fleet.serve();
    let mut worker = fleet.work();
    fleet.mails(4).await;
    worker.kill();
    serve.kill();
    fleet.mails.clear_faults().await;
    let _other = fleet.serve();
    let took = fleet.finished().await;
    println!("fire: a dead worker's claims were taken over and all sent after {took:.1?}");
    let unknown = fleet.judge().await;
    assert!((1..=8).contains(&unknown), "{unknown} unknown");
}
