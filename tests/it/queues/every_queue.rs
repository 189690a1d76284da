//! What holds on Redis and on SQLite alike.

use super::place::{IN_TIME, Place, Recorder, SEND, SOON, chunk, chunks, eventually};
use mahnwerk::domain::pool::Pool;
use mahnwerk::workers::{Drained, PoolSizes, QueueSettings, Queues};
use std::time::{Duration, Instant};

macro_rules! on_every_queue {
    ($($name:ident),+ $(,)?) => {
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Place::redis().await).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Place::sqlite().await).await;
            })+
        }
    };
}

on_every_queue!(
    a_ring_wakes_at_once,
    an_idle_worker_keeps_looking,
    heartbeats_go_on_during_a_long_chunk,
    a_chunk_rung_twice_comes_twice_and_harms_nobody,
    what_is_done_leaves_no_trace,
    a_new_worker_starts_while_the_old_is_registered,
    stopping_finishes_what_is_in_work,
    stopping_gives_up_after_its_time,
    a_full_queue_refuses_and_says_so,
    a_panic_costs_one_chunk,
    pools_without_a_size_leave_their_chunks,
    doctor_sees_what_waits,
);

/// Neither the poll nor the heartbeat would come in time here.
async fn a_ring_wakes_at_once(place: Place) {
    let lazy = QueueSettings { poll: Duration::from_secs(30), heartbeat: Duration::from_secs(30), ..place.settings() };
    let queues = Queues::open(&lazy).await.unwrap();
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("the worker is registered", SOON, async || place.workers().await.len() == 1).await;
    for step in 0..20 {
        queues.bell().ring(chunks(step..step + 1)).await.unwrap();
        eventually("the chunk is done", SOON, async || recorder.ended().contains(&step)).await;
    }
}

/// The ring comes over another connection, so only the poll can find it; a lost wake-up would wait for the heartbeat.
async fn an_idle_worker_keeps_looking(place: Place) {
    let settings = QueueSettings { heartbeat: Duration::from_secs(60), ..place.settings() };
    let queues = Queues::open(&settings).await.unwrap();
    let recorder = Recorder::open();
    let _pools = queues.start(&PoolSizes { print: 1, send: 2, post: 1 }, recorder.clone());
    let elsewhere = place.open().await.bell();
    for step in 0..12 {
        // The idle time is what is tested: some polls that find nothing.
        tokio::time::sleep(Duration::from_millis(300)).await;
        elsewhere.ring(Pool::ALL.map(|pool| chunk(pool, step)).to_vec()).await.unwrap();
        eventually("all three idle pools saw the chunk", SOON, async || {
            recorder.ended().iter().filter(|ended| **ended == step).count() == 3
        })
        .await;
    }
}

async fn heartbeats_go_on_during_a_long_chunk(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let (long, other) = (Recorder::shut(), Recorder::open());
    let pools = first.start(&PoolSizes { send: 1, ..PoolSizes::default() }, long.clone());
    // Several, because a worker that fetches ahead stops its heartbeats while it has some in hand.
    first.bell().ring(chunks(1..6)).await.unwrap();
    eventually("a long chunk is in work", SOON, async || long.begun().len() == 1).await;
    let _others = second.start(&SEND, other.clone());
    // Two missed heartbeats count as death: without heartbeats the other worker takes the chunk after three seconds.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut others = other.ended();
    others.extend(long.begun());
    others.sort_unstable();
    assert_eq!(others, [1, 2, 3, 4, 5], "a living worker's chunk was given away, or a waiting one was not taken");
    long.open_gate();
    eventually("the chunk is acknowledged", SOON, async || first.unfinished(Pool::Send).await == Ok(0)).await;
    assert_eq!(long.ended().len(), 1);
    assert_eq!(pools.stop(IN_TIME).await, Drained::Completely);
}

async fn a_chunk_rung_twice_comes_twice_and_harms_nobody(place: Place) {
    let queues = place.open().await;
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(chunks(1..2)).await.unwrap();
    queues.bell().ring([chunks(1..2), chunks(1..2), chunks(2..3)].concat()).await.unwrap();
    queues.drained().await.unwrap();
    let mut ended = recorder.ended();
    ended.sort_unstable();
    assert_eq!(ended, [1, 1, 1, 2]);
}

async fn what_is_done_leaves_no_trace(place: Place) {
    let queues = place.open().await;
    let recorder = Recorder::open();
    let pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(chunks(0..1_200)).await.unwrap();
    eventually("all chunks are done", IN_TIME, async || recorder.ended().len() == 1_200).await;
    eventually("the queue keeps nothing of them", IN_TIME, async || place.leftovers().await == 0).await;
    queues.bell().ring(chunks(0..1)).await.unwrap();
    eventually("the pool still works", SOON, async || recorder.ended().len() == 1_201).await;
    assert_eq!(pools.stop(IN_TIME).await, Drained::Completely);
    assert_eq!(place.leftovers().await, 0, "stopping tidies up");
    assert_eq!(place.workers().await, [""; 0], "a worker that ended well is forgotten");
}

async fn a_new_worker_starts_while_the_old_is_registered(place: Place) {
    let settings = QueueSettings { heartbeat: Duration::from_secs(60), ..place.settings() };
    let crashed = Queues::open(&settings).await.unwrap();
    let pools = crashed.start(&SEND, Recorder::open());
    eventually("the first worker is registered", SOON, async || place.workers().await.len() == 1).await;
    drop(pools);
    drop(crashed);
    let queues = Queues::open(&settings).await.unwrap();
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(chunks(1..2)).await.unwrap();
    eventually("the second worker works", SOON, async || recorder.ended() == [1]).await;
    assert_eq!(place.workers().await.len(), 2, "the first one's record must still stand, or nothing was tested");
}

async fn stopping_finishes_what_is_in_work(place: Place) {
    let queues = place.open().await;
    let recorder = Recorder::shut();
    let pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(chunks(0..5)).await.unwrap();
    eventually("both seats are taken", SOON, async || recorder.begun().len() == 2).await;
    let stopping = tokio::spawn(pools.stop(IN_TIME));
    // Time to take a third chunk, if it would.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!stopping.is_finished(), "chunks are still in work");
    recorder.open_gate();
    assert_eq!(stopping.await.unwrap(), Drained::Completely);
    assert_eq!((recorder.begun().len(), recorder.ended().len()), (2, 2));
    let left = queues.unfinished(Pool::Send).await.unwrap();
    assert!(left == 3, "finished chunks are acknowledged and the others kept, but {left} are left");
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("the rest is done by the next pools", SOON, async || recorder.ended().len() == 5).await;
}

async fn stopping_gives_up_after_its_time(place: Place) {
    let queues = place.open().await;
    let recorder = Recorder::shut();
    let pools = queues.start(&SEND, recorder.clone());
    let failed = pools.failed();
    queues.bell().ring(chunks(0..1)).await.unwrap();
    eventually("the chunk is in work", SOON, async || recorder.begun().len() == 1).await;
    let mut failed = Box::pin(failed);
    assert!(futures::poll!(&mut failed).is_pending(), "nothing failed yet");
    let began = Instant::now();
    assert_eq!(pools.stop(Duration::from_millis(300)).await, Drained::Cut { running: 1 });
    assert!(began.elapsed() < SOON);
    tokio::time::timeout(SOON, failed).await.expect("supervision that is gone is reported");
    recorder.open_gate();
    eventually("the chunk in work was not cut", SOON, async || recorder.ended().len() == 1).await;
}

async fn a_full_queue_refuses_and_says_so(place: Place) {
    let queues = place.open().await;
    let refusal = queues.bell().ring(chunks(0..10_700)).await.unwrap_err();
    assert!(refusal.contains("700 chunks were not pushed"), "{refusal}");
    assert_eq!(queues.unfinished(Pool::Send).await, Ok(10_000));
    queues.bell().ring(vec![chunk(Pool::Post, 1)]).await.expect("other queues have room");
}

async fn a_panic_costs_one_chunk(place: Place) {
    let queues = place.open().await;
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("the worker is registered", SOON, async || place.workers().await.len() == 1).await;
    let before = place.workers().await;
    queues.bell().ring([chunks(-3..0), chunks(1..2)].concat()).await.unwrap();
    eventually("the sound chunk is done", SOON, async || recorder.ended() == [1]).await;
    eventually("all are acknowledged", SOON, async || queues.unfinished(Pool::Send).await == Ok(0)).await;
    assert_eq!(place.workers().await, before, "no worker died of it");
}

async fn pools_without_a_size_leave_their_chunks(place: Place) {
    let queues = place.open().await;
    let recorder = Recorder::open();
    let _pools = queues.start(&PoolSizes { print: 1, ..PoolSizes::default() }, recorder.clone());
    queues.bell().ring(vec![chunk(Pool::Post, 1), chunk(Pool::Print, 2)]).await.unwrap();
    eventually("the print chunk is done", SOON, async || recorder.ended() == [2]).await;
    assert_eq!(queues.unfinished(Pool::Post).await, Ok(1));
}

async fn doctor_sees_what_waits(place: Place) {
    let queues = place.open().await;
    queues.bell().ring(chunks(0..3)).await.unwrap();
    let report = queues.check().await.unwrap();
    assert!(report.ends_with("unfinished: print 0, send 3, post 0"), "{report}");
}
