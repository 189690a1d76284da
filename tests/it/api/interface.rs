//! The interface over a ledger of its own, and programs that call it.

use crate::support::http::client;
use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, limits, shared, tenant_settings};
use mahnwerk::adapters::webhook::HttpTeller;
use mahnwerk::domain::ids::TenantId;
use mahnwerk::domain::scope::Scope;
use mahnwerk::domain::workflow::parse;
use mahnwerk::engine::Engine;
use mahnwerk::engine::accounts::NewToken;
use mahnwerk::engine::clock::SystemEntropy;
use mahnwerk::web::api::{self, Api, Pace};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::sync::Arc;

/// A pace that no test runs into.
const FREE: Pace = Pace { per_second: 1000, burst: 100_000 };

/// Two tenants: `muster` with three invoices of a file, `anders` without any.
pub(super) struct Interface {
    pub(super) world: World,
    pub(super) engine: Arc<Engine>,
    pub(super) base: String,
    pub(super) other: TenantId,
}

/// A program with a token.
pub(super) struct Program {
    client: Client,
    base: String,
    token: String,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Value,
    pub(super) bytes: Vec<u8>,
}

impl Interface {
    pub(super) async fn open(ledger: TestLedger) -> Self {
        Self::paced(ledger, FREE).await
    }

    pub(super) async fn paced(ledger: TestLedger, pace: Pace) -> Self {
        let world = World::new(ledger).await;
        let store = world.ledger.store.clone();
        let other = store.tenant_named("anders", world.clock_now()).await.unwrap();
        let workflow = world.publish(&shared()).await;
        world.enrol(workflow, &[bill("R1", "K1", "2026-01-07"), bill("R2", "K1", "2026-01-08"), bill("R3", "K2", "2026-02-09")]).await;
        let engine = engine(&world, other, "api");
        let base = serve(engine.clone(), pace).await;
        Self { world, engine, base, other }
    }

    /// The process ended, and another one serves the same ledger.
    pub(super) async fn reopened(&mut self) {
        self.engine = engine(&self.world, self.other, "api-again");
        self.base = serve(self.engine.clone(), FREE).await;
    }

    pub(super) async fn program_of(&self, tenant: TenantId, name: &str, scopes: &[Scope]) -> Program {
        let token = self.engine.make_token("user:anna", &NewToken { tenant, name, scopes, days: None }).await.unwrap();
        self.with_token(&token)
    }

    /// May everything at `muster`.
    pub(super) async fn program(&self) -> Program {
        self.program_of(self.world.tenant, "probe", &Scope::ALL).await
    }

    pub(super) fn with_token(&self, token: &str) -> Program {
        Program { client: client(), base: self.base.clone(), token: token.to_owned() }
    }
}

fn engine(world: &World, other: TenantId, owner: &str) -> Arc<Engine> {
    let settings = vec![tenant_settings(world.tenant, "muster", 0), tenant_settings(other, "anders", 0)];
    let store = world.ledger.store.clone();
    let engine = Engine::new(store, world.clock.clone(), Arc::new(SystemEntropy), owner.to_owned(), limits(), settings);
    engine.unlock(&[5; 32]);
    Arc::new(engine)
}

async fn serve(engine: Arc<Engine>, pace: Pace) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let workflows = |name: &str| {
        if name == "probe" || name == "standard" {
            Ok(parse(&shared()).workflow.unwrap())
        } else {
            Err(format!("there is no workflow `{name}`"))
        }
    };
    let teller = Arc::new(HttpTeller::new(true).unwrap());
    let router = api::router(Arc::new(Api::new(engine, Arc::new(workflows), teller, pace)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

impl Program {
    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.header("Authorization", format!("Bearer {}", self.token)) }
    }

    pub(super) async fn get(&self, path: &str) -> Told {
        told(self.request("GET", path)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Told {
        told(self.request("POST", path).header("Content-Type", "application/json").body(body.to_string())).await
    }

    pub(super) async fn post_once(&self, path: &str, key: &str, body: &Value) -> Told {
        let request = self.request("POST", path).header("Content-Type", "application/json").header("Idempotency-Key", key);
        told(request.body(body.to_string())).await
    }

    pub(super) async fn delete(&self, path: &str) -> Told {
        told(self.request("DELETE", path)).await
    }

    /// The id of the invoice with this number.
    pub(super) async fn id_of(&self, number: &str) -> i64 {
        let page = self.get("/api/v1/invoices").await;
        let found = page.body["data"].as_array().unwrap().iter().find(|invoice| invoice["number"] == number).cloned();
        found.unwrap()["id"].as_i64().unwrap()
    }
}

pub(super) async fn told(request: RequestBuilder) -> Told {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.bytes().await.unwrap().to_vec();
    Told { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default(), bytes }
}

impl Told {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The end of the problem's type: `not-found`.
    pub(super) fn problem(&self) -> &str {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        self.body["type"].as_str().unwrap().strip_prefix("/api/v1/docs#problem-").unwrap()
    }

    /// `created`, `refused` and so on, of each item.
    pub(super) fn results(&self) -> Vec<&str> {
        assert_eq!(self.status, 200, "{self:?}");
        self.body["items"].as_array().unwrap().iter().map(|item| item["result"].as_str().unwrap()).collect()
    }
}

pub(super) fn invoice(external_id: &str, amount_minor: i64) -> Value {
    json!({
        "external_id": external_id, "number": format!("RE-{external_id}"), "currency": "EUR", "amount_minor": amount_minor,
        "invoice_date": "2025-12-20", "due_date": "2026-01-07",
        "customer": {"number": "K9", "name": "Neun GmbH", "email": "neun@customers.example", "street": "Weg 9", "postcode": "86150", "city": "Augsburg", "country": "DE"},
    })
}

pub(super) fn payment(external_id: &str, invoice: &str, amount_minor: i64) -> Value {
    json!({"external_id": external_id, "invoice_external_id": invoice, "amount_minor": amount_minor, "currency": "EUR"})
}

impl Program {
    /// The same program at another process.
    pub(super) fn at(&self, base: &str) -> Self {
        Self { client: self.client.clone(), base: base.to_owned(), token: self.token.clone() }
    }
}
