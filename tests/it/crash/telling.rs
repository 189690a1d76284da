//! Tells a story from its first thing to the quiet after its last, and says what was wrong with it.

use super::fault::Mode;
use super::judgement::{Dispatched, dispatched};
use super::op::Op;
use super::outside::Sighting;
use super::place::Place;
use super::scene::Scene;
use super::story::Story;
use mahnwerk::engine::clock::Clock;
use std::sync::Arc;

/// How long after its last thing a story is followed: longer than its ladder and all its gaps.
const AFTERWARDS_DAYS: i64 = 120;
/// How often a person may have to come until nothing waits for one.
const VISITS: usize = 12;

/// What came of a telling.
#[derive(Debug)]
pub(crate) struct Told {
    /// What was wrong; empty is good.
    pub(crate) wrong: Vec<String>,
    /// The points that were passed, by name.
    pub(crate) points: Vec<String>,
    /// Where it was struck.
    pub(crate) struck: Vec<(String, Mode)>,
    pub(crate) dispatched: Dispatched,
    /// What the outside saw, a line each.
    pub(crate) seen: Vec<String>,
    /// A digest of the whole ledger; empty where it was not asked for.
    pub(crate) digest: String,
}

/// Tells it; with a strike at a point counted from its first process on.
pub(crate) async fn tell(story: &Story, place: Place, strike: Option<(usize, Mode)>) -> Told {
    let scene = Scene::open(story, place, strike).await;
    let mut wrong = Vec::new();
    for (place, op) in story.ops.iter().enumerate() {
        scene.happen(op).await;
        wrong.extend(scene.astray().await.into_iter().map(|what| format!("after line {}, `{op}`: {what}", place + 1)));
        if matches!(op, Op::Live { .. } | Op::Until(_)) {
            wrong.extend(scene.wrong_at_rest().await.into_iter().map(|what| format!("after line {}, `{op}`: {what}", place + 1)));
        }
    }
    end(&scene).await;
    wrong.extend(scene.judge().await);
    wrong.sort();
    wrong.dedup();
    let digest = scene.place.digest().await;
    let (points, struck) = (scene.faults.names(), scene.faults.struck());
    let told = Told { wrong, points, struck, dispatched: dispatched(&scene), seen: seen(&scene), digest };
    scene.close().await;
    told
}

fn seen(scene: &Scene) -> Vec<String> {
    let line = |sighting: Sighting| {
        let lines: Vec<_> = sighting.lines.iter().map(|(number, stage)| format!("{number} {stage}")).collect();
        let (at, pool) = (super::acts::told(sighting.at), sighting.pool.as_str());
        format!("{at} {pool} {} {} happened {} again {}", sighting.notice, lines.join(", "), sighting.happened, sighting.again)
    };
    scene.outside.sightings().into_iter().map(line).collect()
}

/// The world calms down, and people look after what waits for them until nothing does.
async fn end(scene: &Arc<Scene>) {
    scene.outside.clear_up();
    scene.queue.behave();
    // What could not be done before is done first.
    scene.live_until(scene.clock.now()).await;
    scene.happen(&Op::Sending { on: true }).await;
    for _ in 0..VISITS {
        let until = scene.clock.now().plus_seconds(AFTERWARDS_DAYS * 86_400);
        scene.live_until(until).await;
        if scene.nobody_is_awaited().await {
            break;
        }
        scene.happen(&Op::Attend).await;
    }
    scene.faults.disarm();
}

impl Scene {
    async fn nobody_is_awaited(&self) -> bool {
        for state in ["proposed", "failed", "unknown"] {
            if !self.notices_in(state).await.is_empty() {
                return false;
            }
        }
        true
    }
}
