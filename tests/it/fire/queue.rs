//! Redis is killed, emptied and slow while a fleet works: nothing is lost with it, and the pools come back by themselves.

use super::fleet::{Fleet, Task};
use super::rounds;
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point};
use std::time::Duration;

/// Two processes, four chunks each, sixteen steps a chunk: so many mails come without the queue.
const IN_HAND: u64 = 2 * 4 * 16;

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_dies_forgets_and_stalls() {
    let rounds = rounds(1);
    let mut fleet = Fleet::shared(Task::burst(900 * rounds as usize)).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 40 })).await.unwrap();
    let (_serve, _worker) = (fleet.serve(), fleet.work());
    for _ in 0..rounds {
        fleet.more_mails(40).await;
        // What is claimed goes on: the queue is not asked for it.
        fleet.redis.as_mut().unwrap().kill();
        fleet.until("no work is left in hand", async || fleet.in_hand().await == 0).await;
        fleet.redis.as_mut().unwrap().restart().await;
        println!("fire: Redis killed: first mail {:.1?} after it was back", fleet.more_mails(1).await);
        fleet.more_mails(40).await;
        let before = fleet.mails.total();
        empty(&fleet).await;
        fleet.more_mails(2 * IN_HAND).await;
        let silence = fleet.longest_silence(before);
        println!("fire: Redis emptied: no mail for {silence:.1?} at most");
        assert!(silence < Duration::from_secs(10), "{silence:?}: forgotten bells were not rung again{}", fleet.logs());
        let before = fleet.mails.total();
        pause(&fleet, Duration::from_secs(3)).await;
        fleet.more_mails(2 * IN_HAND).await;
        println!("fire: Redis paused for 3 s: no mail for {:.1?} at most", fleet.longest_silence(before));
    }
    println!("fire: Redis: the rest after {:.1?}", fleet.finished().await);
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
}

async fn empty(fleet: &Fleet) {
    let mut connection = fleet.redis.as_ref().unwrap().connect().await;
    redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await.unwrap();
}

async fn pause(fleet: &Fleet, time: Duration) {
    let mut connection = fleet.redis.as_ref().unwrap().connect().await;
    let millis = u64::try_from(time.as_millis()).unwrap();
    redis::cmd("CLIENT").arg("PAUSE").arg(millis).arg("ALL").query_async::<()>(&mut connection).await.unwrap();
}
