//! Webhooks: transitions are told in order, signed, again after a failure, and not for ever.

use super::interface::{Interface, Program, invoice};
use crate::support::http::{Answer, ScriptedServer};
use crate::support::ledger::TestLedger;
use mahnwerk::adapters::webhook::HttpTeller;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::web::api::message;
use ring::hmac;
use serde_json::{Value, json};

on_both!(
    transitions_are_told_in_order_and_signed,
    a_secret_is_told_again_to_the_same_request_and_to_nobody_else,
    a_message_that_fails_is_sent_again_and_given_up_after_days,
    two_processes_tell_once
);

fn ok() -> Answer {
    Answer::json(200, "{}")
}

async fn tell(interface: &Interface) -> bool {
    let teller = HttpTeller::new(true).unwrap();
    interface.engine.tell_tenant(interface.world.tenant, &teller, &message).await.unwrap()
}

async fn hook(program: &Program, body: Value) -> Value {
    let made = program.post("/api/v1/webhooks", &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body
}

fn seqs(body: &str) -> Vec<i64> {
    let body: Value = serde_json::from_str(body).unwrap();
    body["transitions"].as_array().unwrap().iter().map(|entry| entry["seq"].as_i64().unwrap()).collect()
}

async fn transitions_are_told_in_order_and_signed(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let server = ScriptedServer::start([ok(), ok(), ok()]).await;
    let made = hook(&program, json!({"url": server.url("/all"), "after": 0})).await;
    hook(&program, json!({"url": server.url("/withdrawn"), "causes": ["withdrawn"]})).await;
    assert!(!tell(&interface).await);
    let first = server.asked();
    assert_eq!((first.len(), first[0].line.as_str(), seqs(&first[0].body)), (1, "POST /all", vec![1, 2, 3]));
    let (time, tag) = first[0].headers["mahnwerk-signature"].split_once(",v1=").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, made["secret"].as_str().unwrap().as_bytes());
    let signed = format!("{}.{}", time.strip_prefix("t=").unwrap(), first[0].body);
    let bytes: Vec<_> = (0..32).map(|place| u8::from_str_radix(&tag[place * 2..place * 2 + 2], 16).unwrap()).collect();
    hmac::verify(&key, signed.as_bytes(), &bytes).unwrap();
    let id = program.id_of("R1").await;
    program.post(&format!("/api/v1/instances/{id}/withdraw"), &json!({"reason": "void"})).await;
    tell(&interface).await;
    let mut lines = server.lines();
    lines.sort();
    assert_eq!(lines, ["POST /all", "POST /all", "POST /withdrawn"]);
    tell(&interface).await;
    assert_eq!(server.asked().len(), 3, "nothing new, nothing told");
    let listed = program.get("/api/v1/webhooks").await.body;
    assert!(listed["data"].as_array().unwrap().iter().all(|hook| hook["told_seq"] == 4 && hook["secret"].is_null()), "{listed}");
}

async fn a_message_that_fails_is_sent_again_and_given_up_after_days(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let server = ScriptedServer::start([Answer::json(500, ""), Answer::Reset, ok()]).await;
    let made = hook(&program, json!({"url": server.url("/h"), "after": 0})).await;
    let state = async || program.get("/api/v1/webhooks").await.body["data"][0].clone();
    tell(&interface).await;
    let failing = state().await;
    assert_eq!((&failing["state"], &failing["failures"], &failing["told_seq"]), (&json!("failing"), &json!(1), &json!(0)));
    assert!(failing["error"].as_str().unwrap().contains("500"), "{failing}");
    tell(&interface).await;
    assert_eq!(server.asked().len(), 1, "not before its time");
    let later = |seconds: i64| interface.world.clock.advance_to(Timestamp(interface.world.clock_now().0 + seconds * 1000));
    later(5);
    tell(&interface).await;
    assert_eq!(state().await["failures"], 2);
    later(10);
    tell(&interface).await;
    let told = state().await;
    assert_eq!((&told["state"], &told["told_seq"], &told["error"]), (&json!("active"), &json!(3), &Value::Null));
    let bodies: Vec<_> = server.asked().iter().map(|asked| seqs(&asked.body)).collect();
    assert_eq!(bodies, [[1, 2, 3], [1, 2, 3], [1, 2, 3]]);
    // From now on it answers 418 for days.
    program.post("/api/v1/invoices", &json!({"invoices": [invoice("a", 100)]})).await;
    for _ in 0..100 {
        tell(&interface).await;
        later(3600);
    }
    let stopped = state().await;
    assert_eq!(stopped["state"], "stopped", "{stopped}");
    let asked = server.asked().len();
    tell(&interface).await;
    assert_eq!(server.asked().len(), asked);
    server.then(ok());
    let id = made["id"].as_str().unwrap();
    assert_eq!(program.request("POST", &format!("/api/v1/webhooks/{id}/restart")).send().await.unwrap().status().as_u16(), 200);
    tell(&interface).await;
    assert_eq!((&state().await["state"], &state().await["told_seq"]), (&json!("active"), &json!(4)));
    assert_eq!(program.delete(&format!("/api/v1/webhooks/{id}")).await.status, 200);
    assert_eq!(program.get("/api/v1/webhooks").await.body["data"], json!([]));
    for url in ["http://example.com/", "https://10.0.0.1/", "nonsense"] {
        let refused = program.post("/api/v1/webhooks", &json!({"url": url})).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/url")), "{url}");
    }
}

/// The answer that has the secret is kept for repeats; nobody reads it in the ledger.
async fn a_secret_is_told_again_to_the_same_request_and_to_nobody_else(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let body = json!({"url": "https://example.com/hook"});
    let first = program.post_once("/api/v1/webhooks", "k", &body).await;
    let again = program.post_once("/api/v1/webhooks", "k", &body).await;
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    assert_eq!(program.get("/api/v1/webhooks").await.body["data"].as_array().unwrap().len(), 1);
    let secret = first.body["secret"].as_str().unwrap();
    let kept = interface.world.ledger.rows("SELECT answer FROM api_request").await[0].text("answer").unwrap();
    assert!(secret.starts_with("mahnwerk_hook_") && !kept.contains(secret) && !kept.contains("example.com"), "{kept}");
}

/// Two processes look at the same webhook at the same moment.
async fn two_processes_tell_once(ledger: TestLedger) {
    let mut interface = Interface::open(ledger).await;
    let program = interface.program().await;
    let server = ScriptedServer::start([ok(), ok()]).await;
    hook(&program, json!({"url": server.url("/h"), "after": 0})).await;
    let first = interface.engine.clone();
    interface.reopened().await;
    let (tenant, teller) = (interface.world.tenant, HttpTeller::new(true).unwrap());
    let both = tokio::join!(first.tell_tenant(tenant, &teller, &message), interface.engine.tell_tenant(tenant, &teller, &message));
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(server.asked().len(), 1, "one of them had the turn");
}
