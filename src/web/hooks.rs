//! `/hooks/SOURCE/TENANT`: where sources call when something changed there. What they say is checked and kept, and answered at once;
//! nobody is asked anything meanwhile.
//!
//! The answers are chosen by what lexoffice makes of them: 204 is done; 5xx is tried again later, for two days; 400 and 413 are not tried
//! again and cost nothing; 404 and 410 would cost the subscription and are never given, whatever the path says.

use crate::engine::Engine;
use crate::engine::source::connection::Connection;
use crate::engine::source::told::Receipt;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Calls are some 200 bytes.
const LONGEST_BODY: usize = 64 << 10;
/// Who sends slower is cut off.
const BODY_WITHIN: Duration = Duration::from_secs(3);
/// The ledger may take so long, for the answer is wanted within a second.
const KEPT_WITHIN: Duration = Duration::from_millis(800);
/// Calls that are read and kept at once. With it the longest bodies take 16 MB.
const AT_ONCE: usize = 256;
/// Refused calls are logged once in so many milliseconds; all are counted.
const LOG_EVERY_MS: i64 = 60_000;

#[derive(Clone)]
struct Hooks {
    engine: Arc<Engine>,
    room: Arc<Semaphore>,
    logged_at: Arc<AtomicI64>,
}

/// The routes.
pub fn router(engine: Arc<Engine>) -> Router {
    let hooks = Hooks { engine, room: Arc::new(Semaphore::new(AT_ONCE)), logged_at: Arc::default() };
    // GET answers HEAD, too: lexoffice tries the address with it before it takes a subscription.
    Router::new().route("/hooks/{source}/{tenant}", get(there).post(take)).with_state(hooks)
}

async fn there() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn take(State(hooks): State<Hooks>, Path((source, tenant)): Path<(String, String)>, headers: HeaderMap, body: Body) -> StatusCode {
    let (status, word) = hooks.answer(&source, &tenant, &headers, body).await;
    hooks.engine.metrics.call_ended(word);
    if !status.is_success() {
        hooks.log(status, word);
    }
    status
}

impl Hooks {
    /// The answer, and the word under which it is counted.
    async fn answer(&self, source: &str, tenant: &str, headers: &HeaderMap, body: Body) -> (StatusCode, &'static str) {
        let Some((id, connection)) = self.engine.told_by(source, tenant) else { return (StatusCode::BAD_REQUEST, "off") };
        let header = connection.source.hooks().map(|hooks| hooks.signature_header()).unwrap_or_default();
        let Some(signature) = headers.get(header).and_then(|value| value.to_str().ok()) else {
            return (StatusCode::BAD_REQUEST, "unsigned");
        };
        let Ok(_room) = self.room.try_acquire() else { return (StatusCode::SERVICE_UNAVAILABLE, "crowded") };
        let body = match read(body).await {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        self.keep(id, &connection, &body, signature).await
    }

    async fn keep(
        &self,
        tenant: crate::domain::ids::TenantId,
        connection: &Connection,
        body: &[u8],
        signature: &str,
    ) -> (StatusCode, &'static str) {
        let kept = tokio::time::timeout(KEPT_WITHIN, self.engine.hear_of(tenant, connection, body, Some(signature))).await;
        let Ok(Ok(receipt)) = kept else { return (StatusCode::SERVICE_UNAVAILABLE, "no_ledger") };
        let status = match &receipt {
            Receipt::Stored | Receipt::Known | Receipt::Late => StatusCode::NO_CONTENT,
            Receipt::Early => StatusCode::SERVICE_UNAVAILABLE,
            Receipt::Off | Receipt::Unbelieved(_) | Receipt::WrongOrganisation => StatusCode::BAD_REQUEST,
        };
        (status, receipt.word())
    }

    fn log(&self, status: StatusCode, word: &str) {
        let (now, last) = (self.engine.clock.now().0, self.logged_at.load(Ordering::Relaxed));
        if now - last >= LOG_EVERY_MS && self.logged_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::warn!(
                status = status.as_u16(),
                why = word,
                "a source's call was not taken; further ones within a minute are only counted"
            );
        }
    }
}

async fn read(body: Body) -> Result<Bytes, (StatusCode, &'static str)> {
    match tokio::time::timeout(BODY_WITHIN, axum::body::to_bytes(body, LONGEST_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // Too long, or broken off: then nobody reads the answer.
        Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, "too_large")),
        Err(_) => Err((StatusCode::SERVICE_UNAVAILABLE, "too_slow")),
    }
}
