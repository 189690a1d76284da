//! The ledger goes away while a fleet works: PostgreSQL crashes, connections are cut, the disk is full. Who lives through
//! it remembers what it did: nothing becomes unknown.

use super::fleet::{Fleet, Task};
use super::rounds;
use crate::support::postgres::PostgresServer;
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point};
use sqlx::Connection;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_crashes_in_mid_burst() {
    let Some(mut server) = PostgresServer::start().await else {
        println!("fire: not run: PostgreSQL's server programs are not here, or this user can't start them");
        return;
    };
    let rounds = rounds(2);
    let fleet = Fleet::shared_on(Task::burst(150 * rounds as usize), &server.url(), Box::new(())).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 20 })).await.unwrap();
    let (_serve, _worker) = (fleet.serve(), fleet.work());
    for round in 1..=rounds {
        fleet.more_mails(40).await;
        server.crash();
        server.restart().await;
        println!("fire: PostgreSQL crash {round}: first mail {:.1?} after it was back", fleet.more_mails(1).await);
    }
    println!("fire: PostgreSQL crash: the rest after {:.1?}", fleet.finished().await);
    assert_eq!(fleet.judge().await, 0, "nobody died but the database{}", fleet.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_cut_again_and_again() {
    let rounds = rounds(5);
    let fleet = Fleet::shared(Task::burst(60 * rounds as usize)).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 20 })).await.unwrap();
    let (_serve, _worker) = (fleet.serve(), fleet.work());
    for _ in 0..rounds {
        fleet.more_mails(30).await;
        cut_all(&fleet.ledger).await;
    }
    println!("fire: connections cut {rounds} times: the rest after {:.1?}", fleet.finished().await);
    assert_eq!(fleet.judge().await, 0, "nobody died{}", fleet.logs());
}

/// Everybody is written down as dead and lives: their leases are void while they work on them. Whose step was taken away
/// does not begin it, who has begun it says later how it ended, and all go on under new names.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_buried_alive() {
    let rounds = rounds(3);
    let fleet = Fleet::shared(Task { lease_seconds: 600, ..Task::burst(150 * rounds as usize) }).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 30 })).await.unwrap();
    let (_serve, _worker) = (fleet.serve(), fleet.work());
    for _ in 0..rounds {
        fleet.more_mails(40).await;
        sql(&fleet.ledger, "UPDATE process SET ended_at = 1 WHERE ended_at IS NULL").await;
    }
    println!("fire: buried alive {rounds} times: the rest after {:.1?}", fleet.finished().await);
    fleet.until("the last late word", async || !fleet.counts().await.contains_key("unknown")).await;
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
}

async fn cut_all(url: &str) {
    sql(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").await;
}

async fn sql(url: &str, text: &'static str) {
    let options = sqlx::postgres::PgConnectOptions::from_str(url).unwrap();
    let mut connection = sqlx::PgConnection::connect_with(&options).await.unwrap();
    sqlx::query(text).execute(&mut connection).await.unwrap();
}

/// A file size limit stands in for a full disk: every newcomer may set one. SIGXFSZ is ignored, so that writes fail.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full_for_a_while() {
    let fleet = Fleet::embedded(Task::burst(200)).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 10 })).await.unwrap();
    let serve = fleet.serve();
    fleet.mails(20).await;
    limit_files(serve.id(), &largest(fleet.folder()).to_string());
    fleet.until("the disk is full", async || serve.said().contains("the outcome could not be stored; trying again")).await;
    limit_files(serve.id(), "unlimited");
    println!("fire: disk full: all sent {:.1?} after there was room again", fleet.finished().await);
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
}

fn limit_files(process: u32, bytes: &str) {
    let limited = Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={bytes}:unlimited")]).status();
    assert!(limited.expect("prlimit (Debian: util-linux)").success());
}

/// The size of the ledger's files: with this limit they can't grow.
fn largest(folder: &Path) -> u64 {
    ["ledger.db", "ledger.db-wal"].iter().filter_map(|name| Some(std::fs::metadata(folder.join(name)).ok()?.len())).max().unwrap_or(0)
}
