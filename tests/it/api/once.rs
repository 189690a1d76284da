//! `Idempotency-Key`: a repeat gets the first answer, also after a crash and side by side.

use super::interface::{Interface, invoice};
use crate::support::ledger::TestLedger;
use futures::future::join_all;
use mahnwerk::domain::scope::Scope;
use serde_json::json;

on_both!(a_repeat_gets_the_first_answer, a_request_that_broke_off_is_repeated_only_where_that_is_harmless, side_by_side_it_is_done_once,);

async fn a_repeat_gets_the_first_answer(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let path = format!("/api/v1/instances/{}/skip", program.id_of("R1").await);
    let first = program.post_once(&path, "k1", &json!({"reason": "agreed"})).await;
    let stage = first.body["instance"]["stage"].clone();
    assert_eq!((first.status, stage.as_str()), (200, Some("reminder-2")));
    let again = program.post_once(&path, "k1", &json!({"reason": "agreed"})).await;
    assert_eq!((again.status, &again.body), (200, &first.body), "one stage was skipped");
    let other = program.post_once(&path, "k1", &json!({"reason": "another"})).await;
    assert_eq!((other.status, other.problem()), (422, "key-reused"));
    let refused = program.post_once(&path, "a b", &json!({"reason": "agreed"})).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    // A key belongs to its token.
    let another = interface.program_of(interface.world.tenant, "another", &[Scope::Operate]).await;
    assert_eq!(another.post_once(&path, "k1", &json!({"reason": "agreed"})).await.body["instance"]["stage"], "dunning-1");
    // What was refused is refused again with the same answer.
    let gone = program.post_once("/api/v1/instances/999999/skip", "k2", &json!({"reason": "x"})).await;
    assert_eq!(program.post_once("/api/v1/instances/999999/skip", "k2", &json!({"reason": "x"})).await.body, gone.body);
    // After a day the key is free.
    interface.world.wait_until("2026-01-06 01:00");
    let anew = program.post_once(&path, "k1", &json!({"reason": "another"})).await;
    assert_eq!(anew.status, 200, "{anew:?}");
}

/// A process dies after it has written the key and before it has kept an answer.
async fn a_request_that_broke_off_is_repeated_only_where_that_is_harmless(ledger: TestLedger) {
    let mut interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let path = format!("/api/v1/instances/{}/skip", program.id_of("R1").await);
    let (skip, bring) = (json!({"reason": "agreed"}), json!({"invoices": [invoice("a", 100)]}));
    program.post_once(&path, "k1", &skip).await;
    program.post_once("/api/v1/invoices", "k2", &bring).await;
    interface.world.ledger.sql("UPDATE api_request SET status = NULL, answer = NULL").await.unwrap();
    let broken = program.post_once(&path, "k1", &skip).await;
    assert_eq!((broken.status, broken.problem()), (409, "outcome-unknown"), "this process knows that it does not run any more");
    let token = program;
    interface.reopened().await;
    let program = interface.program_of(interface.world.tenant, "after", &[Scope::Read]).await;
    let before = program.get("/api/v1/transitions?limit=1000").await.body;
    let moved = token.at(&interface.base);
    let young = moved.post_once("/api/v1/invoices", "k2", &bring).await;
    assert_eq!((young.status, young.problem(), young.header("retry-after")), (409, "in-progress", "1"), "it may run elsewhere");
    interface.world.wait_until("2026-01-05 00:02");
    let broken = moved.post_once(&path, "k1", &skip).await;
    assert_eq!((broken.status, broken.problem()), (409, "outcome-unknown"));
    let repeated = moved.post_once("/api/v1/invoices", "k2", &bring).await;
    assert_eq!(repeated.results(), ["unchanged"], "it had been done");
    assert_eq!(moved.post_once("/api/v1/invoices", "k2", &bring).await.body, repeated.body);
    assert_eq!(program.get("/api/v1/transitions?limit=1000").await.body, before);
}

async fn side_by_side_it_is_done_once(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let path = format!("/api/v1/instances/{}/skip", program.id_of("R1").await);
    let body = json!({"reason": "agreed"});
    let told = join_all((0..8).map(|_| program.post_once(&path, "k", &body))).await;
    for told in &told {
        assert!(told.status == 200 || told.problem() == "in-progress", "{told:?}");
    }
    assert!(told.iter().any(|told| told.status == 200));
    let history = program.get("/api/v1/transitions?limit=1000").await.body;
    let skipped = history["data"].as_array().unwrap().iter().filter(|entry| entry["cause"] == "skipped").count();
    assert_eq!(skipped, 1);
}
