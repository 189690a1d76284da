//! A restart with more queued steps than one sweep takes up.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, single};
use std::time::Duration;

/// It once rang the same two thousand for ever.
#[tokio::test]
async fn a_large_backlog_is_rung_once_at_a_start() {
    let world = World::new(TestLedger::sqlite().await).await;
    let workflow = world.publish(&single()).await;
    let bills: Vec<_> = (0..2_500).map(|number| bill(&format!("R{number}"), &format!("K{number}"), "2026-01-09")).collect();
    world.enrol(workflow, &bills).await;
    world.wait_until("2026-01-12 09:00");
    world.rounds().await;
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM step WHERE state = 'queued'").await, 2_500);
    let reopened = tokio::time::timeout(Duration::from_secs(60), world.reopened(0)).await;
    assert!(reopened.is_ok(), "the recovery ends within a minute");
}
