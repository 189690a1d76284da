//! A ledger that is joined to the sandbox's lexoffice and told by it, as `serve` is: a page that listens, and the loop that keeps in step.

use super::joined::Joined;
use crate::sandbox_lexoffice::office::Office;
use crate::support::ledger::TestLedger;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mahnwerk::engine::source::status::Status;
use mahnwerk::web::hooks;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA512, RsaKeyPair};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The key pair with which the sandbox signs.
const SANDBOX_KEY: &[u8] = include_bytes!("../../../src/adapters/sandbox/lexoffice/webhook/public-test-key.pkcs8.der");
const SOON: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);

pub(super) struct Hooked {
    pub(super) joined: Joined,
    pub(super) callback: String,
    stop: CancellationToken,
    keeper: Option<JoinHandle<()>>,
}

impl Hooked {
    /// It listens, and asks nothing yet.
    pub(super) async fn listening(ledger: TestLedger) -> Self {
        let joined = Joined::start(ledger, Office::start().await).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback = format!("http://{}/hooks/lexoffice/muster", listener.local_addr().unwrap());
        let router = hooks::router(joined.world.engine.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        joined.connect(&joined.world.engine, Some(callback.clone())).await;
        Self { joined, callback, stop: CancellationToken::new(), keeper: None }
    }

    /// In step, and subscribed to everything.
    pub(super) async fn start(ledger: TestLedger) -> Self {
        let mut hooked = Self::listening(ledger).await;
        hooked.keep();
        hooked.until_quiet().await;
        assert_eq!(hooked.subscriptions().await.len(), 17);
        hooked
    }

    /// Keeps in step from now on.
    pub(super) fn keep(&mut self) {
        self.stop = CancellationToken::new();
        self.keeper = Some(tokio::spawn(self.joined.world.engine.clone().keep_in_step(self.stop.clone())));
    }

    pub(super) async fn stop(&mut self) {
        self.stop.cancel();
        self.keeper.take().unwrap().await.unwrap();
    }

    pub(super) fn office(&self) -> &Office {
        &self.joined.office
    }

    /// Something happens there.
    pub(super) async fn act(&self, name: &str, body: Value) {
        self.joined.act(name, body).await;
    }

    pub(super) async fn status(&self) -> Status {
        self.joined.world.engine.source_status(self.joined.world.tenant).await.unwrap().unwrap()
    }

    /// The state of an invoice; empty if it is not in the ledger.
    pub(super) async fn tells(&self, number: &str) -> String {
        let world = &self.joined.world;
        match world.ledger.store.invoices_numbered(world.tenant, number).await.unwrap().first() {
            Some(invoice) => world.tells(*invoice).await,
            None => String::new(),
        }
    }

    /// Waits until `wanted` comes about.
    pub(super) async fn until<F: Future<Output = bool>>(&self, what: &str, wanted: impl Fn() -> F) {
        let looking = async {
            while !wanted().await {
                tokio::time::sleep(LOOK).await;
            }
        };
        let came = tokio::time::timeout(SOON, looking).await;
        assert!(came.is_ok(), "{what} did not come about: {:?}\n{}", self.status().await, self.office().look("webhooks").await);
    }

    pub(super) async fn until_tells(&self, number: &str, start: &str) {
        self.until(&format!("{number} {start}"), || async { self.tells(number).await.starts_with(start) }).await;
    }

    /// Waits until it is in step, subscribed, and nothing that was told waits.
    pub(super) async fn until_quiet(&self) {
        self.until("quiet", || async {
            let (status, webhooks) = (self.status().await, self.office().look("webhooks").await);
            let row = status.row;
            let in_step = row.is_some_and(|row| row.state == "in_step" && row.cursor.is_none());
            let subscribed = status.hooks.row.is_some_and(|row| row.wanted == row.subscribed && row.checked_at.is_some());
            in_step && subscribed && status.undetailed == 0 && status.hooks.waiting == 0 && webhooks["unsettled"] == 0
        })
        .await;
    }

    /// Of all callbacks: event and address.
    pub(super) async fn subscriptions(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.listed().await.iter().map(|known| (text(&known["eventType"]), text(&known["callbackUrl"]))).collect()
    }

    async fn listed(&self) -> Vec<Value> {
        self.office().get("/event-subscriptions").await.with(200)["content"].as_array().unwrap().clone()
    }

    /// Somebody deletes our subscriptions to this event.
    pub(super) async fn lose(&self, event: &str) {
        let lost: Vec<_> = self.listed().await.into_iter().filter(|known| known["eventType"] == event).collect();
        assert!(!lost.is_empty(), "{event}");
        for known in lost {
            let id = known["subscriptionId"].as_str().unwrap().to_owned();
            assert_eq!(self.office().delete(&format!("/event-subscriptions/{id}")).await.status, 204);
        }
    }

    /// What was asked, the webhooks' own side left out.
    pub(super) async fn asked(&self, resource: &str) -> i64 {
        let seen = self.office().look("requests").await;
        let counts = seen["counts"].as_array().unwrap().iter().filter(|count| count["resource"] == resource);
        counts.map(|count| count["count"].as_i64().unwrap()).sum()
    }

    pub(super) async fn organisation(&self) -> String {
        self.office().get("/profile").await.json()["organizationId"].as_str().unwrap().to_owned()
    }

    /// A call as lexoffice makes it.
    pub(super) async fn body(&self, event: &str, number: &str) -> Vec<u8> {
        let (organisation, resource) = (self.organisation().await, self.office().id(number).await);
        let body = json!({
            "organizationId": organisation, "eventType": event, "resourceId": resource, "eventDate": "2026-03-02T09:00:00.000+01:00",
        });
        body.to_string().into_bytes()
    }

    /// Calls us; the status of the answer.
    pub(super) async fn call(&self, url: &str, body: &[u8], signature: Option<&str>) -> u16 {
        let headers: Vec<_> = signature.map(|signature| ("x-lxo-signature", signature)).into_iter().collect();
        self.office().call("POST", url, &headers, body).await.unwrap().status
    }
}

/// As the sandbox signs.
pub(super) fn signed(body: &[u8]) -> String {
    let pair = RsaKeyPair::from_pkcs8(SANDBOX_KEY).unwrap();
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), body, &mut signature).unwrap();
    STANDARD.encode(signature)
}
