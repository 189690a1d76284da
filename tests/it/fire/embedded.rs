//! One `serve` on one SQLite file: killed in mid-burst again and again, and a second one refused.

use super::fleet::{Fleet, Task};
use super::rounds;
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point};
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_sends_nothing_twice_and_shows_what_nobody_knows() {
    let rounds = rounds(3);
    let fleet = Fleet::embedded(Task::burst(100 * (rounds as usize))).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 8 })).await.unwrap();
    let mut serve = fleet.serve();
    for round in 1..=rounds {
        fleet.more_mails(60).await;
        serve.kill();
        serve = fleet.serve();
        println!("fire: embedded, kill {round}: first mail {:.1?} after the restart", fleet.more_mails(1).await);
    }
    fleet.finished().await;
    let unknown = fleet.judge().await;
    // At most what was on the wire: one per connection and kill.
    assert!(unknown <= 4 * rounds as usize, "{unknown} unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_serve_on_the_same_ledger_is_refused() {
    let fleet = Fleet::embedded(Task::burst(5)).await;
    let _first = fleet.serve();
    fleet.mails(1).await;
    let second =
        Command::new(env!("CARGO_BIN_EXE_mahnwerk")).args(["serve", "--config"]).arg(fleet.folder().join("worker.toml")).output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("in use by another process"), "{said}");
}
