//! A process that is killed while it works on a chunk.

use super::place::{IN_TIME, Place, Recorder, SEND, chunks, eventually, settings};
use futures::FutureExt;
use futures::future::BoxFuture;
use mahnwerk::domain::pool::{Chunk, Pool};
use mahnwerk::engine::ports::Performer;
use mahnwerk::workers::Queues;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

const URL: &str = "MAHNWERK_TEST_QUEUE";
const MARKER: &str = "MAHNWERK_TEST_MARKER";

/// Says by a file that it began, and never ends.
struct Stuck(PathBuf);

impl Performer for Stuck {
    fn perform(&self, _chunk: Chunk) -> BoxFuture<'_, ()> {
        async {
            std::fs::write(&self.0, "begun").unwrap();
            std::future::pending().await
        }
        .boxed()
    }
}

/// The process that is killed: this test binary, started again by [`a_killed_process_loses_nothing`].
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is started by the tests below as a process of its own"]
async fn stuck_process() {
    let (Ok(url), Ok(marker)) = (std::env::var(URL), std::env::var(MARKER)) else { return };
    let queues = Queues::open(&settings(&url)).await.unwrap();
    let pools = queues.start(&SEND, Arc::new(Stuck(marker.into())));
    pools.failed().await;
}

/// Does not outlive the test, however that ends.
struct OtherProcess(Child);

impl OtherProcess {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

async fn a_killed_process_loses_nothing(place: Place) {
    let marker = place.file("marker");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "queues::killed::stuck_process"])
        .env(URL, place.url())
        .env(MARKER, &marker)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut process = OtherProcess(child);
    let queues = place.open().await;
    queues.bell().ring(chunks(7..8)).await.unwrap();
    eventually("the other process works on the chunk", IN_TIME, async || marker.exists()).await;
    process.kill();
    let recorder = Recorder::open();
    let _pools = queues.start(&SEND, recorder.clone());
    eventually("its chunk is delivered again", IN_TIME, async || recorder.ended() == [7]).await;
    eventually("and acknowledged", IN_TIME, async || queues.unfinished(Pool::Send).await == Ok(0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    a_killed_process_loses_nothing(Place::redis().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    a_killed_process_loses_nothing(Place::sqlite().await).await;
}
