//! How many letters are set at once: as many as the print pool has places, however many steps a message brings.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, single};
use futures::future::BoxFuture;
use mahnwerk::domain::ids::TenantId;
use mahnwerk::engine::perform::Work;
use mahnwerk::engine::ports::{Effects, Job, Material, Outcome, Performer};
use mahnwerk::engine::width::Width;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Letters that take their time; how many were set at once at most.
#[derive(Debug, Default)]
struct Slow {
    now: AtomicUsize,
    most: AtomicUsize,
    set: AtomicUsize,
}

impl Effects for Slow {
    fn prepare<'a>(&'a self, _: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>> {
        Box::pin(async {
            self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            self.now.fetch_sub(1, Ordering::SeqCst);
            self.set.fetch_add(1, Ordering::SeqCst);
            Ok(Material::default())
        })
    }

    fn act<'a>(&'a self, _: &'a Job, _: &'a Material) -> BoxFuture<'a, Outcome> {
        Box::pin(async { Outcome::Done { reply: "printed".to_owned() } })
    }

    fn language(&self, _: TenantId, _: &str, wanted: &str) -> String {
        wanted.to_owned()
    }
}

#[tokio::test]
async fn as_many_letters_are_set_at_once_as_the_pool_has_places() {
    let world = World::new(TestLedger::hasty().await).await;
    let by_post = single().replace("kind = \"reminder\"", "kind = \"reminder\"\nchannel = \"post\"");
    let workflow = world.publish(&by_post).await;
    let bills: Vec<_> = (0..20).map(|n| bill(&format!("R{n}"), &format!("K-{n}"), "2026-01-09")).collect();
    world.enrol(workflow, &bills).await;
    world.wait_until("2026-01-12 09:00");
    let chunks = world.engine.chunks(world.tenant, &world.round().await);
    assert_eq!(chunks.iter().map(|chunk| chunk.steps.len()).collect::<Vec<_>>(), [8, 8, 4], "few letters travel together");
    let slow = Arc::new(Slow::default());
    let work = Work::new(world.engine.clone(), slow.clone(), Width::new(2, 1, 1));
    futures::future::join_all(chunks.into_iter().map(|chunk| work.perform(chunk))).await;
    assert_eq!(slow.set.load(Ordering::SeqCst), 20);
    assert_eq!(slow.most.load(Ordering::SeqCst), 2);
}
