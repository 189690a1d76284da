//! Several machines on one ledger: two planners and several workers, each with a clock of its own, some of them asleep for
//! longer than their leases.

use super::fleet::{Fleet, Task};
use super::member::Member;
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point};
use std::time::Duration;

fn machines(fleet: &Fleet) -> Vec<Member> {
    let worker = ["work", "--pools", "send"];
    vec![
        fleet.member(&["serve"], 4_000),
        fleet.member(&["serve"], -3_000),
        fleet.member(&worker, 2_500),
        fleet.member(&worker, -5_000),
        fleet.member(&worker, 0),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_planner_does_anothers_work_twice() {
    let fleet = Fleet::shared(Task::burst(200)).await;
    let _machines = machines(&fleet);
    println!("fire: five machines, 200 mails after {:.1?}", fleet.finished().await);
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
}

/// The gaps between messages as the server sees them, whoever planned and sent them, by whichever clock.
#[tokio::test(flavor = "multi_thread")]
async fn the_throttle_holds_for_all_machines_together() {
    let fleet = Fleet::shared(Task { every_seconds: 1, ..Task::burst(10) }).await;
    let _machines = machines(&fleet);
    fleet.finished().await;
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
    let gaps = gaps(&fleet);
    println!("fire: gaps under a throttle of 1 s: {gaps:?}");
    assert!(gaps.iter().all(|gap| *gap >= EVERY_SECOND), "{gaps:?}{}", fleet.logs());
    // And nobody waits for much longer than asked.
    assert!(gaps.iter().sum::<Duration>() < Duration::from_secs(30), "{gaps:?}");
}

/// After an outage of the queue what was meant to leave meanwhile leaves one by one.
#[tokio::test(flavor = "multi_thread")]
async fn the_throttle_holds_when_work_was_held_up() {
    let mut fleet = Fleet::shared(Task { every_seconds: 1, ..Task::burst(8) }).await;
    let _serve = fleet.serve();
    fleet.mails(2).await;
    fleet.redis.as_mut().unwrap().kill();
    // The outage lasts for several slots.
    tokio::time::sleep(Duration::from_secs(4)).await;
    fleet.redis.as_mut().unwrap().restart().await;
    fleet.finished().await;
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
    let gaps = gaps(&fleet);
    println!("fire: gaps around an outage under a throttle of 1 s: {gaps:?}");
    assert!(gaps.iter().all(|gap| *gap >= EVERY_SECOND), "{gaps:?}{}", fleet.logs());
}

/// Less by what a dialogue with the server takes on a busy machine: the throttle counts from the start of each.
const EVERY_SECOND: Duration = Duration::from_millis(900);

fn gaps(fleet: &Fleet) -> Vec<Duration> {
    let mut received: Vec<_> = fleet.mails.messages().iter().map(|message| message.received_ms).collect();
    received.sort_unstable();
    received.windows(2).map(|pair| Duration::from_millis(u64::try_from(pair[1] - pair[0]).unwrap())).collect()
}

/// A planner and a worker stand still in mid-burst for longer than any lease: the others go on without them, also when one
/// of them held the tenant's head, and when they wake up nothing is sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_stalls_and_comes_back_does_no_harm() {
    let fleet = Fleet::shared(Task::burst(300)).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 40 })).await.unwrap();
    let mut machines = machines(&fleet);
    let stalled = [0, 2];
    fleet.mails(60).await;
    stalled.iter().for_each(|machine| machines[*machine].signal("STOP"));
    println!("fire: two of five machines stand still: 20 mails of the others after {:.1?}", fleet.more_mails(20).await);
    // Their claims are sent by the others, and what they had begun is unknown.
    println!("fire: everything was done without them after {:.1?}", fleet.finished().await);
    let unknown = fleet.judge().await;
    stalled.iter().for_each(|machine| machines[*machine].signal("CONT"));
    let received = fleet.mails.total();
    fleet.bill(300..320).await;
    fleet.mails(received + 20).await;
    // When all have ended, they have said all that they know.
    machines.iter().for_each(|machine| machine.signal("TERM"));
    for machine in &mut machines {
        assert!(fleet.gone(machine).await.success(), "{}", machine.said());
    }
    let _last = fleet.serve();
    fleet.finished_all(320).await;
    let known = fleet.judge_all(320).await;
    println!("fire: {unknown} unknown while they stood still, {known} when they were back; {} mails since", fleet.mails.total() - received);
    // Of each: what was on its four connections, and what they take in 60 ms, started ahead (decision 26); a few more on a busy machine.
    assert!(unknown <= 2 * (4 + 16), "{unknown}, then {known}{}", fleet.logs());
    assert_eq!(
        known,
        0,
        "{unknown} while they stood still: they know what they had not begun, and the answers of the others wait for them{}",
        fleet.logs()
    );
}

/// A worker dies; another machine, which can't read its flight log, gives up what it had started. Its own machine's next process
/// reads the log, and then only what was on its four connections is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_machine_gave_up_is_known_when_the_machine_is_back() {
    let fleet = Fleet::shared(Task { lease_seconds: 600, ..Task::burst(200) }).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 15 })).await.unwrap();
    let mut worker = fleet.work();
    let _serve = fleet.elsewhere(&["serve"]);
    fleet.mails(60).await;
    worker.kill();
    println!("fire: everything was done without the dead after {:.1?}", fleet.finished().await);
    let given_up = fleet.judge().await;
    let _next = fleet.work();
    let known = fleet.until("word from the flight log", async || fleet.counts().await.get("unknown").unwrap_or(&0) <= &4).await;
    fleet.finished().await;
    println!("fire: {given_up} unknown without its machine, {} {known:.1?} after that was back", fleet.judge().await);
}
