//! Invoices and payments brought by a program: once, changed, refused one by one.

use super::interface::{Interface, invoice, payment};
use crate::support::ledger::TestLedger;
use serde_json::{Value, json};

on_both!(an_invoice_is_brought_once_and_may_change, each_item_is_answered_by_itself, payments_settle_and_come_back, pages_go_on_by_ids,);

async fn an_invoice_is_brought_once_and_may_change(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let first = program.post("/api/v1/invoices", &json!({"invoices": [invoice("a", 10_000)]})).await;
    assert_eq!(first.results(), ["created"]);
    let id = first.body["items"][0]["id"].clone();
    let instance = program.get(&format!("/api/v1/instances/{id}")).await.body;
    assert_eq!(instance["instance"]["state"], "waiting");
    assert_eq!(
        instance["why"],
        json!({"rule": "date", "stage_date": "2026-01-10", "date_rule": "due_date", "days": 3, "legal_shift": false})
    );
    let before = interface.world.verified().await;
    let again = program.post("/api/v1/invoices", &json!({"invoices": [invoice("a", 10_000)]})).await;
    assert_eq!((again.results(), interface.world.verified().await), (vec!["unchanged"], before));
    let mut later = invoice("a", 12_000);
    later["due_date"] = "2026-03-02".into();
    let changed = program.post("/api/v1/invoices", &json!({"invoices": [later]})).await;
    assert_eq!(changed.body["items"][0]["changed"], json!(["amount_minor", "due_date"]));
    let shown = program.get(&format!("/api/v1/invoices/{id}")).await.body;
    assert_eq!((&shown["open_minor"], &shown["due_date"]), (&json!(12_000), &json!("2026-03-02")));
    assert_eq!(program.get(&format!("/api/v1/instances/{id}")).await.body["why"]["stage_date"], "2026-03-05");
    let history = program.get("/api/v1/transitions?limit=1000").await.body;
    let own: Vec<_> = history["data"].as_array().unwrap().iter().filter(|entry| entry["instance_id"] == id).collect();
    assert!(own.len() >= 2 && own.iter().all(|entry| entry["actor"] == "token:probe"), "{own:?}");
    let mut dollars = invoice("a", 12_000);
    dollars["currency"] = "USD".into();
    assert_eq!(program.post("/api/v1/invoices", &json!({"invoices": [dollars]})).await.results(), ["refused"]);
    let unknown = program.post("/api/v1/invoices", &json!({"workflow": "../etc", "invoices": [invoice("b", 1)]})).await;
    assert_eq!((unknown.status, &unknown.body["errors"][0]["pointer"]), (422, &json!("/workflow")));
}

async fn each_item_is_answered_by_itself(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let mut wrong = invoice("b", -5);
    wrong["customer"]["country"] = "Absurdistan".into();
    wrong["nothing"] = true.into();
    let body = json!({"invoices": [invoice("a", 100), wrong, 7, invoice("a", 200), invoice("c", 300)]});
    let told = program.post("/api/v1/invoices", &body).await;
    assert_eq!(told.results(), ["created", "refused", "refused", "refused", "created"]);
    assert_eq!((&told.body["created"], &told.body["refused"]), (&json!(2), &json!(3)));
    let pointers = |place: usize| -> Vec<Value> {
        told.body["items"][place]["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect()
    };
    assert_eq!(pointers(1), ["/invoices/1/nothing", "/invoices/1/amount_minor", "/invoices/1/customer/country"]);
    assert_eq!((pointers(2), pointers(3)), (vec![json!("/invoices/2")], vec![json!("/invoices/3/external_id")]));
    for (body, pointer) in
        [(json!([]), ""), (json!({}), "/invoices"), (json!({"invoices": 1}), "/invoices"), (json!({"invoices": [], "x": 1}), "/x")]
    {
        let told = program.post("/api/v1/invoices", &body).await;
        assert_eq!((told.status, told.problem(), &told.body["errors"][0]["pointer"]), (422, "invalid", &json!(pointer)));
    }
    let many: Vec<_> = (0..1001).map(|_| json!({})).collect();
    assert_eq!(program.post("/api/v1/invoices", &json!({"invoices": many})).await.status, 422);
    let malformed = program.request("POST", "/api/v1/invoices").header("Content-Type", "application/json").body("{");
    assert_eq!(super::interface::told(malformed).await.problem(), "malformed");
    let text = program.request("POST", "/api/v1/invoices").header("Content-Type", "text/plain").body("{}");
    assert_eq!(super::interface::told(text).await.problem(), "unsupported-media-type");
    let large =
        program.request("POST", "/api/v1/invoices").header("Content-Type", "application/json").body(" ".repeat(8 * 1024 * 1024 + 1));
    assert_eq!(super::interface::told(large).await.problem(), "too-large");
}

async fn payments_settle_and_come_back(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    program.post("/api/v1/invoices", &json!({"invoices": [invoice("a", 10_000)]})).await;
    let pay = async |payments: Value| program.post("/api/v1/payments", &json!({"payments": payments})).await;
    let paid = pay(json!([payment("p1", "a", 4_000), payment("p2", "a", 6_000), payment("p3", "gone", 1)])).await;
    assert_eq!(paid.results(), ["created", "created", "refused"]);
    let id = paid.body["items"][0]["id"].clone();
    let state = async || program.get(&format!("/api/v1/instances/{id}")).await.body["instance"]["state"].clone();
    assert_eq!(state().await, "settled");
    let before = interface.world.verified().await;
    assert_eq!(pay(json!([payment("p1", "a", 4_000)])).await.results(), ["unchanged"]);
    assert_eq!(interface.world.verified().await, before);
    assert_eq!(pay(json!([payment("p1", "a", 4_001)])).await.results(), ["refused"], "payments never change");
    assert_eq!(pay(json!([payment("p4", "a", -6_000)])).await.results(), ["created"], "a return debit");
    assert_eq!(state().await, "waiting");
    let mut dollars = payment("p5", "a", 1);
    dollars["currency"] = "USD".into();
    let mut nobody = payment("p6", "a", 1);
    nobody["invoice_external_id"] = Value::Null;
    let mut wrong = payment("p7", "a", 1);
    wrong["kind"] = "return_debit".into();
    assert_eq!(pay(json!([dollars, nobody, wrong, payment("p8", "a", 0)])).await.results(), ["refused"; 4]);
    let by_id = json!([{"external_id": "p9", "invoice_id": program.id_of("R1").await, "amount_minor": 10_000, "currency": "EUR", "date": "2026-01-04"}]);
    assert_eq!(pay(by_id).await.results(), ["created"], "an invoice of a file");
    assert_eq!(program.get(&format!("/api/v1/invoices/{}", program.id_of("R1").await)).await.body["state"], "settled");
}

async fn pages_go_on_by_ids(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let invoices: Vec<_> = (0..5).map(|place| invoice(&format!("x{place}"), 100)).collect();
    program.post("/api/v1/invoices", &json!({"invoices": invoices})).await;
    let (mut path, mut numbers) = (Some("/api/v1/invoices?limit=3&customer=K9".to_owned()), Vec::new());
    while let Some(asked) = path {
        let page = program.get(&asked).await.body;
        numbers.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["number"].as_str().unwrap().to_owned()));
        path = page["next"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!(numbers, ["RE-x0", "RE-x1", "RE-x2", "RE-x3", "RE-x4"]);
    let found = program.get("/api/v1/invoices?external_id=x3").await.body;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    let customers = program.get("/api/v1/customers?number=K9").await.body;
    assert_eq!(customers["data"][0]["city"], "Augsburg");
    let id = &customers["data"][0]["id"];
    assert_eq!(program.get(&format!("/api/v1/customers/{id}")).await.body["number"], "K9");
    let (mut after, mut seqs) = (0, Vec::new());
    loop {
        let page = program.get(&format!("/api/v1/transitions?after={after}&limit=2")).await.body;
        seqs.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["seq"].as_i64().unwrap()));
        after = *seqs.last().unwrap();
        if page["next"].is_null() {
            break;
        }
    }
    assert_eq!(seqs, (1..=interface.world.verified().await).collect::<Vec<_>>());
}
