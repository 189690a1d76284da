//! The process dies at any call to its ledger, or between a request and its answer. Another one goes on, and nothing is made twice.

use super::stage::{Stage, ladder};
use crate::crash::fault::{Faults, Mode, Pulse};
use crate::support::ledger::TestLedger;
use crate::support::world::{World, limits};
use mahnwerk::adapters::sandbox::lexoffice::{Fault, Trouble};
use mahnwerk::domain::ids::NoticeId;
use mahnwerk::engine::Engine;
use mahnwerk::engine::clock::Entropy;
use mahnwerk::engine::operate::Resolution;
use mahnwerk::engine::perform::Work;
use mahnwerk::engine::ports::Performer;
use mahnwerk::engine::width::Width;
use std::sync::Arc;

/// The statement that every intent and every outcome is written with.
const SAVE: &str = "source dunning save";

#[derive(Debug)]
struct Keys;

impl Entropy for Keys {
    fn key(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// A process of its own on the stage's ledger; its calls may be struck.
fn process(stage: &Stage, name: &str, pulse: &Arc<Pulse>) -> Arc<Work> {
    let settings = stage.world.engine.tenant(stage.world.tenant).unwrap().settings.clone();
    let store = stage.world.ledger.store.clone().watched(pulse.clone());
    let engine = Engine::new(store, stage.world.clock.clone(), Arc::new(Keys), name.to_owned(), limits(), vec![settings]);
    stage.connect(&engine, |_| {});
    Work::new(Arc::new(engine), stage.outside.clone(), Width::unbounded())
}

async fn carried_out(stage: &Stage, work: &Work) {
    for chunk in stage.queued().await {
        work.perform(chunk).await;
    }
}

/// People look into lexoffice and say what they find: nothing that was not found by itself.
async fn looked_after(stage: &Stage) {
    for row in stage.world.ledger.rows("SELECT id FROM notice WHERE state = 'unknown'").await {
        let (id, cause) = (NoticeId(row.text("id").unwrap()), World::cause("looked"));
        let sent = stage.folder.path().join("mail").join(format!("{}.eml", id.0)).exists();
        let resolution = if sent { Resolution::Sent } else { Resolution::SendAgain };
        stage.world.engine.resolve(stage.world.tenant, &id, resolution, &cause).await.unwrap();
    }
}

/// Until everything has happened.
async fn in_the_end(stage: &Stage) {
    for day in ["2026-03-02 12:00", "2026-03-03 12:00", "2026-03-04 12:00"] {
        stage.live_until(day).await;
        looked_after(stage).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn struck_at_every_call_to_the_ledger_it_makes_none_twice() {
    let points = {
        let stage = Stage::new(TestLedger::hasty().await, &ladder("email", false)).await;
        let faults = Arc::new(Faults::default());
        stage.world.round().await;
        carried_out(&stage, &process(&stage, "counted", &Arc::new(Pulse::new(faults.clone())))).await;
        assert_eq!((stage.there().await.len(), stage.mails().len()), (2, 3));
        faults.names()
    };
    for name in [SAVE, "source dunnings by invoice", "document insert"] {
        assert!(points.iter().any(|point| point.ends_with(name)), "{name} is not among {points:?}");
    }
    let stride = std::env::var("MAHNWERK_SOURCE_STRIDE").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    // Every way at each call that writes a dunning down, and a share of all others.
    let writes = |at: &usize| points[*at].ends_with(SAVE) || (*at > 0 && points[*at - 1].ends_with(SAVE));
    let strikes = (0..points.len()).flat_map(|at| Mode::ALL.map(|mode| (at, mode)));
    let chosen = strikes.enumerate().filter(|(number, (at, _))| writes(at) || number % (8 * stride + 1) == 0).map(|(_, strike)| strike);
    let mut struck = Vec::new();
    for (at, mode) in chosen {
        let stage = Stage::new(TestLedger::hasty().await, &ladder("email", false)).await;
        let faults = Arc::new(Faults::default());
        faults.arm(at, mode);
        let pulse = Arc::new(Pulse::new(faults.clone()));
        let work = process(&stage, "struck", &pulse);
        stage.world.round().await;
        tokio::select! {
            () = carried_out(&stage, &work) => {}
            () = pulse.end() => {}
        }
        drop(work);
        struck.push(faults.struck().len());
        in_the_end(&stage).await;
        let told = format!("struck at {at} `{}` by {mode}: {:?} {:?}", points[at], stage.here().await, stage.notices().await);
        assert_eq!(stage.there().await, ["AR1", "RE1"], "{told}");
        assert_eq!(stage.mails().len(), 3, "{told}");
        stage.agrees().await;
    }
    assert!(struck.iter().sum::<usize>() * 10 >= struck.len() * 9, "too few strikes hit: {struck:?}");
}

on_both!(dying_before_the_answer_comes_it_is_found);

/// The request is out and done, the answer on its way: the process is gone.
async fn dying_before_the_answer_comes_it_is_found(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    let slow = Fault {
        path: Some("/dunnings".to_owned()),
        method: Some("POST".to_owned()),
        times: Some(1),
        ..Fault::always(Trouble::Delay { ms: 60_000 })
    };
    stage.office.sandbox.set_fault(slow).unwrap();
    stage.world.round().await;
    let work = process(&stage, "dead", &Arc::new(Pulse::new(Arc::default())));
    tokio::select! {
        () = carried_out(&stage, &work) => panic!("it was answered"),
        () = async { while stage.here().await.is_empty() || stage.there().await.is_empty() { tokio::task::yield_now().await } } => {}
    }
    drop(work);
    assert!(stage.here().await[0].ends_with("intended"), "{:?}", stage.here().await);
    in_the_end(&stage).await;
    assert_eq!((stage.there().await, stage.mails().len()), (vec!["AR1".to_owned(), "RE1".to_owned()], 3), "{:?}", stage.notices().await);
    stage.agrees().await;
}
