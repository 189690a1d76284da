//! How many messages a second. `cargo test --test it queues::rate -- --ignored --nocapture` prints it.

use super::place::{Place, Recorder, SEND, chunks};
use mahnwerk::domain::ids::StepId;
use mahnwerk::domain::pool::Chunk;
use std::time::Instant;

/// A pool must take 20,000 steps a second in chunks of 64.
const NEEDED: f64 = 20_000.0 / 64.0;

async fn rate(name: &str, place: Place) {
    const COUNT: usize = 4_000;
    let queues = place.open().await;
    let full: Vec<Chunk> = chunks(0..4_000)
        .into_iter()
        .map(|chunk| Chunk { steps: (0..64).map(|offset| (StepId(chunk.steps[0].0.0 * 64 + offset), 0)).collect(), ..chunk })
        .collect();
    let began = Instant::now();
    queues.bell().ring(full).await.unwrap();
    let pushed = began.elapsed().as_secs_f64();
    let recorder = Recorder::open();
    let began = Instant::now();
    let _pools = queues.start(&SEND, recorder.clone());
    queues.drained().await.unwrap();
    let worked = began.elapsed().as_secs_f64();
    assert_eq!(recorder.ended().len(), COUNT);
    let (pushed, worked) = (COUNT as f64 / pushed, COUNT as f64 / worked);
    println!("{name}: {pushed:.0} pushed/s, {worked:.0} worked off/s, chunks of 64");
    assert!(worked > NEEDED, "{worked:.0} messages/s are too few for 20,000 steps/s");
}

async fn lateness(name: &str, place: Place) {
    let queues = place.open().await;
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    queues.bell().ring(chunks(0..1)).await.unwrap();
    queues.drained().await.unwrap();
    let mut waits = Vec::new();
    for step in 1..201 {
        let began = Instant::now();
        queues.bell().ring(chunks(step..step + 1)).await.unwrap();
        while recorder.ended().last() != Some(&step) {
            tokio::task::yield_now().await;
        }
        waits.push(began.elapsed());
    }
    waits.sort_unstable();
    println!("{name}: from ring to performance {:?} median, {:?} 95th, {:?} 99th percentile", waits[100], waits[190], waits[197]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; needs a quiet machine"]
async fn on_redis() {
    rate("redis", Place::redis().await).await;
    lateness("redis", Place::redis().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; needs a quiet machine"]
async fn on_sqlite() {
    rate("sqlite", Place::sqlite().await).await;
    lateness("sqlite", Place::sqlite().await).await;
}
