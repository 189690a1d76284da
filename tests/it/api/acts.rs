//! What a program may do to instances, blocks and notices, and the documents that it may fetch.

use super::interface::Interface;
use crate::support::ledger::TestLedger;
use mahnwerk::engine::ports::Outcome;
use serde_json::json;

on_both!(blocks_are_set_and_ended_one_by_one, acts_need_a_reason_and_stand_in_the_history, notices_are_shown_with_their_documents);

async fn blocks_are_set_and_ended_one_by_one(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let id = program.id_of("R1").await;
    let state = async || program.get(&format!("/api/v1/instances/{id}")).await.body["instance"]["state"].clone();
    let part =
        program.post("/api/v1/blocks", &json!({"invoice_id": id, "kind": "dispute", "amount_minor": 100, "reason": "one item"})).await;
    let whole =
        program.post("/api/v1/blocks", &json!({"customer": "K1", "kind": "promise", "until": "2026-02-01", "reason": "will pay"})).await;
    assert_eq!((part.status, whole.status), (201, 201));
    assert_eq!(
        (&whole.body["owner"], &whole.body["until"], state().await),
        (&json!("token:probe"), &json!("2026-02-01"), json!("blocked"))
    );
    let listed = program.get("/api/v1/blocks?customer=K1").await.body;
    assert_eq!(listed["data"], json!([part.body, whole.body]));
    let path = format!("/api/v1/blocks/{}", whole.body["id"]);
    assert_eq!(program.delete(&path).await.body["errors"][0]["parameter"], "reason");
    assert_eq!(program.delete(&format!("{path}?reason=paid%20in%20part")).await.status, 200);
    assert_eq!((program.delete(&format!("{path}?reason=again")).await.problem(), state().await), ("not-found", json!("waiting")));
    for (body, pointer) in [
        (json!({"kind": "pause", "reason": "x"}), ""),
        (json!({"customer": "K1", "invoice_id": id, "kind": "pause", "reason": "x"}), ""),
        (json!({"customer": "nobody", "kind": "pause", "reason": "x"}), "/customer"),
        (json!({"customer": "K1", "kind": "pause", "amount_minor": 5, "reason": "x"}), "/amount_minor"),
        (json!({"customer": "K1", "kind": "nap", "reason": "x"}), "/kind"),
    ] {
        let told = program.post("/api/v1/blocks", &body).await;
        assert_eq!((told.status, &told.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{body}");
    }
    let past = program.post("/api/v1/blocks", &json!({"customer": "K1", "kind": "pause", "until": "2026-01-05", "reason": "x"})).await;
    assert_eq!((past.status, past.problem()), (409, "conflict"));
}

async fn acts_need_a_reason_and_stand_in_the_history(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let id = program.id_of("R1").await;
    let act = async |what: &str| program.post(&format!("/api/v1/instances/{id}/{what}"), &json!({"reason": "wegen Absprache"})).await;
    for what in ["pause", "resume", "skip", "retry", "settle", "withdraw", "hand-over"] {
        let without = program.post(&format!("/api/v1/instances/{id}/{what}"), &json!({})).await;
        assert_eq!((without.status, &without.body["errors"][0]["pointer"]), (422, &json!("/reason")), "{what}");
        let blank = program.post(&format!("/api/v1/instances/{id}/{what}"), &json!({"reason": " \u{200b} "})).await;
        assert_eq!(blank.status, 422, "{what}");
    }
    assert_eq!(act("pause").await.body["why"], json!({"rule": "block", "reason": "wegen Absprache", "until": null}));
    assert_eq!(act("resume").await.body["why"]["rule"], "date");
    assert_eq!(act("skip").await.body["instance"]["stage"], "reminder-2");
    assert_eq!(act("retry").await.problem(), "conflict");
    assert_eq!(act("settle").await.body["why"]["rule"], "settled");
    assert_eq!(act("settle").await.problem(), "conflict");
    let other = program.id_of("R2").await;
    let gone = program.post(&format!("/api/v1/instances/{other}/withdraw"), &json!({"reason": "void"})).await;
    assert_eq!((&gone.body["instance"]["state"], &gone.body["why"]["rule"]), (&json!("withdrawn"), &json!("ended")));
    let history = program.get("/api/v1/transitions?limit=1000").await.body;
    let told: Vec<_> = history["data"].as_array().unwrap().iter().filter(|entry| entry["detail"]["why"] == "wegen Absprache").collect();
    assert_eq!(told.iter().map(|entry| entry["cause"].as_str().unwrap()).collect::<Vec<_>>().len(), 4, "{told:?}");
    assert!(told.iter().all(|entry| entry["actor"] == "token:probe"));
}

async fn notices_are_shown_with_their_documents(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    interface.world.outside.will([Outcome::Unknown { reason: "the line broke".to_owned() }]);
    interface.world.live_until("2026-01-12 15:00").await;
    let listed = program.get("/api/v1/notices").await.body;
    let notice = &listed["data"][0];
    assert_eq!((&notice["state"], &notice["customer"]), (&json!("unknown"), &json!("K1")), "{listed}");
    let path = format!("/api/v1/notices/{}", notice["id"].as_str().unwrap());
    let shown = program.get(&path).await.body;
    assert_eq!((shown["lines"].as_array().unwrap().len(), &shown["steps"][0]["pool"]), (2, &json!("send")));
    let resolved = program.post(&format!("{path}/resolve"), &json!({"outcome": "sent", "reason": "he says so"})).await;
    assert_eq!(resolved.body["notice"]["state"], "sent", "{resolved:?}");
    assert_eq!(program.post(&format!("{path}/resolve"), &json!({"outcome": "sent", "reason": "again"})).await.problem(), "conflict");
    assert_eq!(program.post(&format!("{path}/release"), &json!({"reason": "x"})).await.problem(), "conflict");
    assert_eq!(program.post(&format!("{path}/recall"), &json!({"reason": "x"})).await.problem(), "conflict");
    let hash = resolved.body["notice"]["mail"].as_str().unwrap();
    let document = program.get(&format!("/api/v1/documents/{hash}")).await;
    assert_eq!((document.status, document.header("content-type")), (200, "message/rfc822"));
    assert_eq!(document.header("content-disposition"), format!("attachment; filename=\"{hash}.eml\""));
    assert_eq!(document.header("x-content-type-options"), "nosniff");
    assert!(!document.bytes.is_empty());
    assert_eq!(program.get("/api/v1/notices?state=sent&limit=1").await.body["data"].as_array().unwrap().len(), 1);
}
