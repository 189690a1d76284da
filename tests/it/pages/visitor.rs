//! Pages over a ledger of their own, and people who visit them: a client that keeps its cookie, sends forms and remembers their token.

use crate::support::http::client;
use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, limits, shared, tenancy, tenant_settings};
use mahnwerk::domain::account::Role;
use mahnwerk::domain::ids::TenantId;
use mahnwerk::engine::Engine;
use mahnwerk::engine::accounts::Invited;
use mahnwerk::engine::clock::SystemEntropy;
use mahnwerk::store::accounts::{EVERY_TENANT, Membership};
use mahnwerk::web::site::{self, Site};
use reqwest::{Client, Response, StatusCode};
use std::sync::{Arc, Mutex};

pub(super) const PASSWORD: &str = "ein ganzer Satz";

/// Two tenants with their pages: `muster` with three invoices, `anders` with one.
pub(super) struct Pages {
    pub(super) world: World,
    pub(super) engine: Arc<Engine>,
    pub(super) site: Arc<Site>,
    pub(super) base: String,
    /// Where mails and letters become files.
    pub(super) folder: tempfile::TempDir,
}

impl Pages {
    pub(super) async fn open(ledger: TestLedger) -> Self {
        let world = World::new(ledger).await;
        let store = world.ledger.store.clone();
        let other = store.tenant_named("anders", world.clock_now()).await.unwrap();
        let settings = vec![tenant_settings(world.tenant, "muster", 0), tenant_settings(other, "anders", 0)];
        // Sessions need keys that differ.
        let engine = Engine::new(store, world.clock.clone(), Arc::new(SystemEntropy), "pages".to_owned(), limits(), settings);
        engine.unlock(&[5; 32]);
        let engine = Arc::new(engine);
        let workflow = world.publish(&shared()).await;
        world.enrol(workflow, &[bill("R1", "K1", "2026-01-07"), bill("R2", "K1", "2026-01-08"), bill("R3", "K2", "2026-02-09")]).await;
        let theirs = engine.publish(other, &mahnwerk::domain::workflow::parse(&shared()).workflow.unwrap()).await.unwrap();
        engine.take_in(other, "test", theirs, &[bill("X1", "Y1", "2026-01-07")]).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let site = Arc::new(Site::new(tenancy(engine.clone(), folder.path()), base.clone()));
        let router = site::router(site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { world, engine, site, base, folder }
    }

    pub(super) fn visitor(&self) -> Visitor {
        Visitor { client: client(), base: self.base.clone(), cookie: Mutex::default(), csrf: Mutex::default() }
    }

    /// Somebody with this role at this tenant, signed in.
    pub(super) async fn person(&self, email: &str, tenant: TenantId, role: Role) -> Visitor {
        let link = self.engine.invite("system", email, Membership { tenant, role }).await.unwrap();
        let said = Invited { email, name: "Anna Muster", password: PASSWORD, language: "de" };
        self.engine.accept(&link, &said).await.unwrap();
        let visitor = self.visitor();
        visitor.sign_in(email, PASSWORD).await;
        visitor
    }

    /// Who owns everything.
    pub(super) async fn owner(&self) -> Visitor {
        self.person("inhaber@muster.example", EVERY_TENANT, Role::Owner).await
    }
}

/// A browser without a script.
pub(super) struct Visitor {
    client: Client,
    base: String,
    pub(super) cookie: Mutex<String>,
    csrf: Mutex<String>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) location: String,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: String,
}

impl Visitor {
    pub(super) async fn get(&self, path: &str) -> Page {
        let request = self.client.get(format!("{}{path}", self.base)).header("Cookie", self.cookie.lock().unwrap().clone());
        self.take(request.send().await.unwrap()).await
    }

    /// Sends a form with the token of the page that was read last.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf.lock().unwrap().clone();
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.send(path, &fields, None).await
    }

    /// Sends just these fields, from a page of `origin`.
    pub(super) async fn send(&self, path: &str, fields: &[(&str, &str)], origin: Option<&str>) -> Page {
        let form: Vec<_> = fields.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        let request = self.client.post(format!("{}{path}", self.base)).header("Cookie", self.cookie.lock().unwrap().clone());
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form.join("&"));
        let request = if let Some(origin) = origin { request.header("Origin", origin) } else { request };
        self.take(request.send().await.unwrap()).await
    }

    /// Sends a file as a browser's form does, with the token in the address.
    pub(super) async fn upload(&self, path: &str, field: &str, bytes: &[u8]) -> Page {
        let csrf = self.csrf.lock().unwrap().clone();
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"field\"\r\n\r\n{field}\r\n--edge\r\nContent-Disposition: form-data; name=\"file\"; \
             filename=\"x.svg\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
        let request = self.client.post(format!("{}{path}?csrf={csrf}", self.base)).header("Cookie", self.cookie.lock().unwrap().clone());
        let request = request.header("Content-Type", "multipart/form-data; boundary=edge").body(body);
        self.take(request.send().await.unwrap()).await
    }

    pub(super) async fn sign_in(&self, email: &str, password: &str) -> Page {
        let page = self.post("/sign-in", &[("email", email), ("password", password)]).await;
        self.get("/account").await;
        page
    }

    async fn take(&self, response: Response) -> Page {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let cookie = text("set-cookie");
        if let Some(pair) = cookie.split(';').next().filter(|pair| pair.starts_with("mahnwerk=")) {
            pair.clone_into(&mut self.cookie.lock().unwrap());
        }
        let location = text("location");
        let body = response.text().await.unwrap();
        if let Some(token) = body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()) {
            token.clone_into(&mut self.csrf.lock().unwrap());
        }
        Page { status, location, headers, body }
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
