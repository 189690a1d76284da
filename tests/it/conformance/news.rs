//! Word between processes of a shared ledger: an import is heard by a planner that sleeps.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, single};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const IN_TIME: Duration = Duration::from_secs(30);

#[tokio::test]
async fn another_processes_import_wakes_the_planner() {
    let world = World::new(TestLedger::postgres().await).await;
    let workflow = world.publish(&single()).await;
    let (planner, _) = world.another("planner");
    let stop = CancellationToken::new();
    let listening = tokio::spawn(planner.clone().listen(stop.clone()));
    // It may not listen yet when the first import is told: so there are some.
    let imports = async {
        for number in 0.. {
            world.enrol(workflow, &[bill(&format!("R{number}"), "K1", "2026-01-09")]).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let woken = async {
        tokio::select! {
            () = planner.woken.notified() => {}
            () = imports => {}
        }
    };
    assert!(tokio::time::timeout(IN_TIME, woken).await.is_ok(), "nothing was heard");
    stop.cancel();
    listening.await.unwrap();
}

#[tokio::test]
async fn an_embedded_ledger_is_not_listened_to() {
    let world = World::new(TestLedger::sqlite().await).await;
    let listening = world.engine.clone().listen(CancellationToken::new());
    assert!(tokio::time::timeout(IN_TIME, listening).await.is_ok());
}
