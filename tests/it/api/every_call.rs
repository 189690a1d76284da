//! Every call that the router has, taken from its own list: nobody gets in without a token, without its scope, or to another tenant.

use super::interface::{Interface, Program, Told, told};
use crate::support::ledger::TestLedger;
use mahnwerk::domain::scope::Scope;
use mahnwerk::engine::accounts::NewToken;
use mahnwerk::web::api::{Declared, Pace, declared};
use serde_json::json;

on_both!(nobody_gets_in_without_a_token_that_holds, a_token_gets_as_far_as_its_scopes, what_is_another_tenants_does_not_exist);

/// Asks for the call with `id` in the place of each parameter.
async fn asked(program: &Program, call: &Declared, id: &str) -> Told {
    let path: Vec<_> = call.path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
    let query = if call.path.starts_with("/api/v1/blocks/") { "?reason=Test" } else { "" };
    let request = program.request(call.method, &format!("{}{query}", path.join("/")));
    if call.method == "POST" {
        return told(request.header("Content-Type", "application/json").body(body_of(call).to_string())).await;
    }
    told(request).await
}

/// A body that the call takes.
fn body_of(call: &Declared) -> serde_json::Value {
    match call.path {
        "/api/v1/invoices" => json!({"invoices": []}),
        "/api/v1/payments" => json!({"payments": []}),
        "/api/v1/blocks" => json!({"customer": "K1", "kind": "pause", "reason": "Test"}),
        "/api/v1/webhooks" => json!({"url": "http://127.0.0.1:9/hook"}),
        "/api/v1/instances/{id}/workflow" | "/api/v1/customers/{id}/migrate" => json!({"version": 1, "reason": "Test"}),
        path if path.ends_with("/resolve") => json!({"outcome": "sent", "reason": "Test"}),
        _ => json!({"reason": "Test"}),
    }
}

async fn nobody_gets_in_without_a_token_that_holds(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let day = NewToken { tenant: interface.world.tenant, name: "a-day", scopes: &Scope::ALL, days: Some(1) };
    let expired = interface.engine.make_token("user:anna", &day).await.unwrap();
    let revoked = interface.engine.make_token("user:anna", &NewToken { name: "revoked", days: None, ..day }).await.unwrap();
    assert_eq!(interface.with_token(&expired).get("/api/v1/invoices").await.status, 200);
    assert_eq!(interface.with_token(&revoked).get("/api/v1/invoices").await.status, 200);
    interface.world.wait_until("2026-01-06 00:00");
    interface.engine.revoke_token("user:anna", interface.world.tenant, "revoked").await.unwrap();
    let before = interface.world.verified().await;
    let calls = declared();
    assert!(calls.len() > 25, "the list is the router's own");
    for call in &calls {
        for token in ["", "mahnwerk_guessed", &expired, &revoked] {
            let told = asked(&interface.with_token(token), call, "1").await;
            assert_eq!((told.status, told.problem()), (401, "unauthenticated"), "{} {}", call.method, call.path);
            assert!(told.header("www-authenticate").starts_with("Bearer"));
        }
    }
    assert_eq!(interface.world.verified().await, before, "nothing happened");
}

async fn a_token_gets_as_far_as_its_scopes(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    for scope in Scope::ALL {
        let program = interface.program_of(interface.world.tenant, scope.as_str().replace(':', "-").as_str(), &[scope]).await;
        for call in declared() {
            let told = asked(&program, &call, "999999").await;
            assert_eq!(told.status == 403, call.scope != scope, "{} {} with {scope:?} answered {}", call.method, call.path, told.status);
            assert!(told.status < 500, "{} {} answered {}", call.method, call.path, told.status);
        }
    }
}

async fn what_is_another_tenants_does_not_exist(ledger: TestLedger) {
    let interface = Interface::open(ledger).await;
    let own = interface.program().await;
    let stranger = interface.program_of(interface.other, "stranger", &Scope::ALL).await;
    let id = own.id_of("R1").await;
    let set = own.post("/api/v1/blocks", &json!({"invoice_id": id, "kind": "dispute", "reason": "wrong"})).await;
    let hook = own.post("/api/v1/webhooks", &json!({"url": "http://127.0.0.1:9/hook"})).await;
    assert_eq!((set.status, hook.status), (201, 201));
    let before = interface.world.verified().await;
    for call in declared() {
        let ids = [id.to_string(), set.body["id"].to_string(), hook.body["id"].as_str().unwrap().to_owned()];
        for id in ids {
            let told = asked(&stranger, &call, &id).await;
            if call.path.contains('{') {
                assert_eq!(told.status, 404, "{} {}", call.method, call.path);
            } else if call.method == "GET" {
                let told = asked(&stranger, &call, &id).await;
                let mine = told.body["data"].as_array().unwrap().iter().all(|entry| entry["created_by"] == "token:stranger");
                assert!(mine, "{} shows {}", call.path, told.body);
            } else if call.path == "/api/v1/blocks" {
                assert_eq!(told.status, 422, "the customer is not theirs");
            }
        }
    }
    let foreign = stranger
        .post(
            "/api/v1/payments",
            &json!({"payments": [
                {"external_id": "p", "invoice_id": id, "amount_minor": 1, "currency": "EUR"}
            ]}),
        )
        .await;
    assert_eq!(foreign.results(), ["refused"]);
    assert_eq!(interface.world.verified().await, before, "nothing happened to muster");
    assert_eq!(own.get("/api/v1/webhooks").await.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_methods_and_queries_that_there_are_not_are_problems() {
    let interface = Interface::open(TestLedger::sqlite().await).await;
    let program = interface.program().await;
    assert_eq!(program.get("/api/v1/nothing").await.problem(), "not-found");
    assert_eq!(program.get("/api/v2/invoices").await.problem(), "not-found");
    let other = told(program.request("PUT", "/api/v1/invoices")).await;
    assert_eq!((other.status, other.problem(), other.header("allow")), (405, "method-not-allowed", "POST,GET,HEAD"));
    for path in [
        "/api/v1/invoices?after=x",
        "/api/v1/invoices?limit=0",
        "/api/v1/invoices?limit=5000",
        "/api/v1/invoices?nothing=1",
        "/api/v1/invoices?state=gone",
        "/api/v1/invoices?after=1&after=2",
        "/api/v1/invoices?customer=%00",
    ] {
        let told = program.get(path).await;
        assert_eq!((told.status, told.problem()), (422, "invalid"), "{path}");
        assert!(told.body["errors"][0]["parameter"].is_string(), "{path}: {}", told.body);
    }
    for path in [
        "/api/v1/invoices/0",
        "/api/v1/invoices/01",
        "/api/v1/invoices/-1",
        "/api/v1/invoices/99999999999999999999",
        "/api/v1/invoices/%FF",
        "/api/v1/notices/%00",
        "/api/v1/documents/abc",
        "/api/v1/documents/%00",
    ] {
        assert_eq!(program.get(path).await.problem(), "not-found", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_asks_too_much_waits() {
    let interface = Interface::paced(TestLedger::sqlite().await, Pace { per_second: 1, burst: 3 }).await;
    let program = interface.program().await;
    let lefts: Vec<_> = [program.get("/api/v1/blocks").await, program.get("/api/v1/blocks").await, program.get("/api/v1/blocks").await]
        .iter()
        .map(|told| told.header("ratelimit").to_owned())
        .collect();
    assert_eq!(lefts, ["\"token\";r=2;t=1", "\"token\";r=1;t=2", "\"token\";r=0;t=3"]);
    let refused = program.get("/api/v1/blocks").await;
    assert_eq!((refused.status, refused.problem(), refused.header("retry-after")), (429, "too-many-requests", "1"));
    assert_eq!(interface.program_of(interface.world.tenant, "another", &[Scope::Read]).await.get("/api/v1/blocks").await.status, 200);
    interface.world.wait_until("2026-01-05 00:01");
    assert_eq!(program.get("/api/v1/blocks").await.status, 200);
}
