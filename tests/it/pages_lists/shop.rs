//! A small creditor with pages: a ledger, an engine, the site on a port, and people who are signed in by its forms.

use crate::support::http::client;
use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, limits, single, tenancy, tenant_settings};
use mahnwerk::domain::account::Role;
use mahnwerk::domain::ids::InvoiceId;
use mahnwerk::engine::Engine;
use mahnwerk::engine::clock::SystemEntropy;
use mahnwerk::engine::intake::Incoming;
use mahnwerk::store::accounts::Membership;
use mahnwerk::web::site::{Site, router};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use std::sync::Arc;

const PASSWORD: &str = "a horse and a battery";

pub(super) struct Shop {
    pub(super) world: World,
    /// Acts by the world's clock, and with chance: sessions and links are not alike.
    pub(super) engine: Arc<Engine>,
    pub(super) invoices: Vec<InvoiceId>,
    base: String,
}

/// Somebody in front of a browser.
pub(super) struct Person {
    base: String,
    client: reqwest::Client,
    cookie: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: String,
}

impl Shop {
    /// With these bills, a notice for each.
    pub(super) async fn with(bills: &[Incoming]) -> Self {
        let world = World::new(TestLedger::hasty().await).await;
        let workflow = world.publish(&single()).await;
        let invoices = world.enrol(workflow, bills).await;
        let settings = tenant_settings(world.tenant, "muster", 0);
        let store = world.ledger.store.clone();
        let engine = Engine::new(store, world.clock.clone(), Arc::new(SystemEntropy), "pages".to_owned(), limits(), vec![settings]);
        let engine = Arc::new(engine);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let pages = router(Arc::new(Site::new(tenancy(engine.clone(), &std::env::temp_dir()), base.clone())));
        tokio::spawn(async move { axum::serve(listener, pages).await });
        Self { world, engine, invoices, base }
    }

    /// Three bills of two customers.
    pub(super) async fn small() -> Self {
        Self::with(&[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-10"), bill("R3", "K2", "2026-01-11")]).await
    }

    /// The first account, which may do everything.
    pub(super) async fn owner(&self) -> Person {
        let token = self.engine.first_link().await.unwrap().unwrap();
        self.welcomed(&token, "owner@muster.example").await
    }

    /// Somebody with this role here.
    pub(super) async fn somebody(&self, role: Role) -> Person {
        let email = format!("{}@muster.example", role.as_str());
        let membership = Membership { tenant: self.world.tenant, role };
        let token = self.engine.invite("user:owner@muster.example", &email, membership).await.unwrap();
        self.welcomed(&token, &email).await
    }

    async fn welcomed(&self, token: &str, email: &str) -> Person {
        let mut person = Person { base: self.base.clone(), client: client(), cookie: String::new() };
        let form = form(&[("email", email), ("name", "Anna Muster"), ("password", PASSWORD)]);
        let answer = person.send("POST", &format!("/welcome/{token}"), form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let cookie = answer.headers.get(SET_COOKIE).unwrap().to_str().unwrap();
        cookie.split(';').next().unwrap_or_default().clone_into(&mut person.cookie);
        person
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params("http://form/", fields).unwrap();
    url.query().unwrap_or_default().to_owned()
}

impl Person {
    async fn send(&self, method: &str, path: &str, body: String) -> Answer {
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.base));
        let request = request.header(COOKIE, &self.cookie).header("accept-language", "en").body(body);
        let answer = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let location = headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
        Answer { status, location, headers, body }
    }

    pub(super) async fn try_get(&self, path: &str) -> Answer {
        self.send("GET", path, String::new()).await
    }

    /// A page that must be there.
    #[track_caller]
    pub(super) fn get(&self, path: &str) -> impl Future<Output = String> {
        let path = path.to_owned();
        async move {
            let answer = self.try_get(&path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            answer.body
        }
    }

    /// Sends a form with the token that the page before it carries.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get("/account").await;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a token");
        let token = rest.split('"').next().unwrap_or_default();
        self.send("POST", path, form(&[&[("csrf", token)][..], fields].concat())).await
    }

    /// A form that must be taken, and the page that it leads to.
    pub(super) async fn does(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        self.get(&answer.location).await
    }
}

/// The text between these two, once for each time that it is there.
pub(super) fn between<'p>(page: &'p str, start: &str, end: &str) -> Vec<&'p str> {
    page.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// Where the link with this relation leads.
pub(super) fn next_page(page: &str) -> Option<String> {
    let href = between(page, "rel=\"next\" href=\"", "\"").first().copied()?;
    Some(href.replace("&amp;", "&").replace("&#38;", "&"))
}
