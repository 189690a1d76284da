//! What Redis does to its clients.

use super::place::{IN_TIME, Place, Recorder, SEND, SOON, chunk, chunks, eventually};
use mahnwerk::domain::pool::Pool;
use mahnwerk::workers::{PoolSizes, QueueSettings, Queues};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_of_redis_the_pools_live_again() {
    let mut place = Place::redis().await;
    let queues = place.open().await;
    let recorder = Recorder::open();
    let _pools = queues.start(&PoolSizes { print: 1, send: 1, post: 1 }, recorder.clone());
    queues.bell().ring(Pool::ALL.map(|pool| chunk(pool, 1)).to_vec()).await.unwrap();
    eventually("all pools work", SOON, async || recorder.ended().len() == 3).await;
    place.redis.as_mut().unwrap().kill();
    let bell = queues.bell();
    let ringing = tokio::spawn(async move { bell.ring(Pool::ALL.map(|pool| chunk(pool, 2)).to_vec()).await });
    // Several polls of each worker fall into the outage.
    tokio::time::sleep(Duration::from_secs(1)).await;
    place.redis.as_mut().unwrap().restart().await;
    assert_eq!(ringing.await.unwrap(), Ok(()), "a ring outlasts a short outage");
    let done = async |step| recorder.ended().iter().filter(|ended| **ended == step).count() >= 3;
    eventually("what was rung during the outage is done", IN_TIME, async || done(2).await).await;
    queues.bell().ring(Pool::ALL.map(|pool| chunk(pool, 3)).to_vec()).await.unwrap();
    eventually("what is rung afterwards is done", IN_TIME, async || done(3).await).await;
}

/// The only command under way is the worker's own fetch, so it is the worker that learns of the crash and ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_redis_cuts_no_chunk_in_work() {
    let mut place = Place::redis().await;
    let settings = QueueSettings { heartbeat: Duration::from_secs(30), ..place.settings() };
    let queues = Queues::open(&settings).await.unwrap();
    let recorder = Recorder::shut();
    let _pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(chunks(1..2)).await.unwrap();
    eventually("a chunk is in work", SOON, async || recorder.begun() == [1]).await;
    place.redis.as_mut().unwrap().kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    recorder.open_gate();
    eventually("the chunk in work ends well", SOON, async || recorder.ended() == [1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stall_of_two_seconds_ends_no_worker() {
    let place = Place::redis().await;
    let settings = QueueSettings { missed_heartbeats: 6, ..place.settings() };
    let queues = Queues::open(&settings).await.unwrap();
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("the worker is registered", SOON, async || place.workers().await.len() == 1).await;
    let before = place.workers().await;
    let mut connection = place.redis.as_ref().unwrap().connect().await;
    let began = Instant::now();
    redis::cmd("CLIENT").arg("PAUSE").arg(2_000).arg("ALL").exec_async(&mut connection).await.unwrap();
    queues.bell().ring(chunks(1..2)).await.expect("a ring waits for the end of the stall");
    assert!(began.elapsed() > Duration::from_millis(1_900), "Redis did not stall");
    eventually("the chunk is done", SOON, async || recorder.ended() == [1]).await;
    assert_eq!(place.workers().await, before, "the stall ended the worker");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_never_reaches_the_limit_of_unpack() {
    let place = Place::redis().await;
    let queues = place.open().await;
    queues.bell().ring(chunks(0..8_500)).await.unwrap();
    let mut connection = place.redis.as_ref().unwrap().connect().await;
    let scheduled: usize = redis::cmd("ZCARD").arg("test:send:scheduled").query_async(&mut connection).await.unwrap();
    assert_eq!(scheduled, 0, "the set that a fetch moves at once must stay short though nobody fetches");
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("all 8,500 are done", IN_TIME, async || recorder.ended().len() == 8_500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flooded_queue_heals() {
    let place = Place::redis().await;
    let queues = place.open().await;
    queues.bell().ring(chunks(0..8_500)).await.unwrap();
    let mut connection = place.redis.as_ref().unwrap().connect().await;
    let ids: Vec<String> = redis::cmd("LRANGE").arg("test:send:active").arg(0).arg(-1).query_async(&mut connection).await.unwrap();
    assert_eq!(ids.len(), 8_500);
    for portion in ids.chunks(500) {
        let mut flood = redis::pipe();
        portion.iter().for_each(|id| {
            flood.zadd("test:send:scheduled", id, 1);
        });
        flood.exec_async(&mut connection).await.unwrap();
    }
    redis::cmd("DEL").arg("test:send:active").exec_async(&mut connection).await.unwrap();
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("all 8,500 are done", IN_TIME, async || recorder.ended().len() == 8_500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_flushall_new_rings_work() {
    let place = Place::redis().await;
    let queues = place.open().await;
    let recorder = Recorder::shut();
    let _pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(chunks(0..4)).await.unwrap();
    eventually("two chunks are in work, two wait", SOON, async || recorder.begun().len() == 2).await;
    let mut connection = place.redis.as_ref().unwrap().connect().await;
    redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
    recorder.open_gate();
    eventually("what was in work is done", SOON, async || recorder.ended().len() == 2).await;
    queues.bell().ring(chunks(10..11)).await.unwrap();
    eventually("a new ring is heard", IN_TIME, async || recorder.ended().contains(&10)).await;
    assert_eq!(recorder.ended().len(), 3, "the two that were flushed are gone: the ledger rings for them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_message_is_dropped_and_stops_nobody() {
    let place = Place::redis().await;
    let queues = place.open().await;
    queues.bell().ring(chunks(1..2)).await.unwrap();
    let mut connection = place.redis.as_ref().unwrap().connect().await;
    let ids: Vec<String> = redis::cmd("HKEYS").arg("test:send:data").query_async(&mut connection).await.unwrap();
    redis::cmd("HSET").arg("test:send:data").arg(&ids[0]).arg("{\"version\":2}").exec_async(&mut connection).await.unwrap();
    queues.bell().ring(chunks(2..3)).await.unwrap();
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("the readable chunk is done", SOON, async || recorder.ended() == [2]).await;
    eventually("the foreign one is acknowledged", SOON, async || queues.unfinished(Pool::Send).await == Ok(0)).await;
}

/// Metadata of workers is not removed by apalis; that of processes that died must go by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_workers_expire() {
    let place = Place::redis().await;
    let queues = place.open().await;
    let _pools = queues.start(&SEND, Recorder::open());
    let mut connection = place.redis.as_ref().unwrap().connect().await;
    eventually("the worker's record has a life span", SOON, async || {
        let Some(name) = place.workers().await.pop() else { return false };
        let span: i64 =
            redis::cmd("TTL").arg(format!("test:send:workers:metadata:{name}")).query_async(&mut connection.clone()).await.unwrap();
        (1..=6).contains(&span)
    })
    .await;
    redis::cmd("PING").exec_async(&mut connection).await.unwrap();
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named() {
    let mut place = Place::redis().await;
    place.redis.as_mut().unwrap().kill();
    let began = Instant::now();
    let error = Queues::open(&place.settings()).await.unwrap_err().to_string();
    assert!(error.starts_with("redis at 127.0.0.1:"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(12));
}
