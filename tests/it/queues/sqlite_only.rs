//! What may happen to the queue's file.

use super::place::{IN_TIME, Place, Recorder, SEND, SOON, chunks, eventually};
use mahnwerk::domain::pool::Pool;
use mahnwerk::workers::{Drained, Queues};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_may_be_deleted_while_stopped() {
    let place = Place::sqlite().await;
    let recorder = Recorder::open();
    {
        let queues = place.open().await;
        let pools = queues.start(&SEND, recorder.clone());
        queues.bell().ring(chunks(1..2)).await.unwrap();
        eventually("the first chunk is done", SOON, async || recorder.ended() == [1]).await;
        assert_eq!(pools.stop(IN_TIME).await, Drained::Completely);
        queues.bell().ring(chunks(2..3)).await.unwrap();
    }
    // The file alone: a left-over write-ahead log must not hinder.
    std::fs::remove_file(place.file("queue.db")).unwrap();
    let queues = place.open().await;
    let _pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(chunks(3..4)).await.unwrap();
    eventually("a chunk rung afterwards is done", SOON, async || recorder.ended() == [1, 3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_existing_file_is_taken_over_with_what_waits_in_it() {
    let place = Place::sqlite().await;
    place.open().await.bell().ring(chunks(0..3)).await.unwrap();
    let queues = place.open().await;
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("what waited is done", SOON, async || recorder.ended().len() == 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_file_may_be_opened_by_several_at_once() {
    for _ in 0..5 {
        let place = Place::sqlite().await;
        let settings = place.settings();
        let opened = futures::future::join_all((0..4).map(|_| {
            let settings = settings.clone();
            tokio::spawn(async move { Queues::open(&settings).await.map(|_| ()).map_err(|error| error.to_string()) })
        }))
        .await;
        assert!(opened.iter().all(|result| matches!(result, Ok(Ok(())))), "{opened:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_message_is_dropped_and_stops_nobody() {
    let place = Place::sqlite().await;
    let queues = place.open().await;
    queues.bell().ring(chunks(1..2)).await.unwrap();
    sqlx::query("UPDATE Jobs SET job = x'00ff'").execute(&mut place.sql().await).await.unwrap();
    queues.bell().ring(chunks(2..3)).await.unwrap();
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("the readable chunk is done", SOON, async || recorder.ended() == [2]).await;
    eventually("the foreign one is acknowledged", SOON, async || queues.unfinished(Pool::Send).await == Ok(0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_dead_workers_are_removed() {
    let place = Place::sqlite().await;
    let queues = place.open().await;
    sqlx::query("INSERT INTO Workers (id, worker_type, storage_name, last_seen) VALUES ('dead', 'test:send', 'SqliteStorage', 1)")
        .execute(&mut place.sql().await)
        .await
        .unwrap();
    let _pools = queues.start(&SEND, Recorder::open());
    eventually("only the living worker is on record", IN_TIME, async || {
        let workers = place.workers().await;
        workers.len() == 1 && workers[0] != "dead"
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_none_is_named_with_what_to_do() {
    let place = Place::sqlite().await;
    std::fs::write(place.file("queue.db"), "this is no database, and long enough that nobody takes it for an empty one".repeat(20))
        .unwrap();
    let error = Queues::open(&place.settings()).await.unwrap_err().to_string();
    assert!(error.contains("queue.db") && error.contains("may be deleted"), "{error}");
}
