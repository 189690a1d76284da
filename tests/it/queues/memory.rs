//! The queue of a rehearsal.

use super::place::{Recorder, SEND, SOON, chunk, settings};
use futures::FutureExt;
use futures::future::BoxFuture;
use mahnwerk::domain::pool::{Chunk, Pool};
use mahnwerk::engine::ports::{Bell, Performer};
use mahnwerk::workers::{Drained, PoolSizes, Queues};
use std::sync::{Arc, Mutex};

const ALL: PoolSizes = PoolSizes { print: 4, send: 4, post: 4 };

/// Rings for the next pool when a chunk is done, as the engine does.
struct Chain {
    bell: Arc<dyn Bell>,
    seen: Mutex<Vec<(Pool, i64)>>,
}

impl Performer for Chain {
    fn perform(&self, chunk: Chunk) -> BoxFuture<'_, ()> {
        async move {
            let step = chunk.steps[0].0.0;
            self.seen.lock().unwrap().push((chunk.pool, step));
            if chunk.pool == Pool::Print {
                self.bell.ring(vec![super::place::chunk(Pool::Post, step)]).await.unwrap();
            }
        }
        .boxed()
    }
}

#[tokio::test]
async fn chunks_come_in_the_order_of_their_rings_and_draining_waits_for_the_last() {
    let queues = Queues::open(&settings("memory")).await.unwrap();
    let chain = Arc::new(Chain { bell: queues.bell(), seen: Mutex::default() });
    let pools = queues.start(&ALL, chain.clone());
    for _ in 0..50 {
        queues.bell().ring(vec![chunk(Pool::Print, 1), chunk(Pool::Send, 2), chunk(Pool::Print, 3)]).await.unwrap();
        tokio::time::timeout(SOON, queues.drained()).await.expect("drained in time").unwrap();
        let seen = std::mem::take(&mut *chain.seen.lock().unwrap());
        assert_eq!(seen, [(Pool::Print, 1), (Pool::Send, 2), (Pool::Print, 3), (Pool::Post, 1), (Pool::Post, 3)]);
    }
    assert_eq!(pools.stop(SOON).await, Drained::Completely);
}

#[tokio::test]
async fn chunks_of_pools_that_do_not_run_wait() {
    let queues = Queues::open(&settings("memory")).await.unwrap();
    let recorder = Recorder::open();
    let pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(vec![chunk(Pool::Print, 1), chunk(Pool::Send, 2)]).await.unwrap();
    tokio::time::timeout(SOON, queues.drained()).await.expect("drained in time").unwrap();
    assert_eq!(recorder.ended(), [2]);
    assert_eq!(queues.check().await.unwrap(), "in this process's memory; unfinished: print 1, send 0, post 0");
    assert_eq!(pools.stop(SOON).await, Drained::Completely);
}

#[tokio::test]
async fn a_panic_costs_one_chunk() {
    let queues = Queues::open(&settings("memory")).await.unwrap();
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(vec![chunk(Pool::Send, -1), chunk(Pool::Send, 2)]).await.unwrap();
    tokio::time::timeout(SOON, queues.drained()).await.expect("drained in time").unwrap();
    assert_eq!(recorder.ended(), [2]);
}
