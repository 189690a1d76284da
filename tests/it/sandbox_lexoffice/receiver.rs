//! Somebody who subscribed: keeps what comes and answers as it is told.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const SOON: Duration = Duration::from_secs(20);

#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) body: Vec<u8>,
    pub(super) signature: String,
}

impl Hook {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn event(&self) -> String {
        self.json()["eventType"].as_str().unwrap().to_owned()
    }
}

#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    hooks: Mutex<Vec<Hook>>,
    answers: Mutex<u16>,
    came: Notify,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let shared = Arc::new(Shared { hooks: Mutex::default(), answers: Mutex::new(204), came: Notify::new() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    pub(super) fn answers(&self, status: u16) {
        *self.shared.answers.lock().unwrap() = status;
    }

    pub(super) fn hooks(&self) -> Vec<Hook> {
        self.shared.hooks.lock().unwrap().clone()
    }

    /// Waits until so many came, and gives all.
    pub(super) async fn wait_for(&self, count: usize) -> Vec<Hook> {
        let enough = async {
            loop {
                let came = self.shared.came.notified();
                if self.hooks().len() >= count {
                    return;
                }
                came.await;
            }
        };
        let waited = tokio::time::timeout(SOON, enough).await;
        assert!(waited.is_ok(), "{} hooks came, {count} were awaited", self.hooks().len());
        self.hooks()
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("x-lxo-signature").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    shared.hooks.lock().unwrap().push(Hook { body: body.to_vec(), signature });
    shared.came.notify_waiters();
    StatusCode::from_u16(*shared.answers.lock().unwrap()).unwrap()
}
