//! The apalis web board for operations, on a port of its own: whoever may see all tenants looks, whoever may operate retries.
//!
//! Its pages are those of `workers/board`; they call their routes at fixed addresses, hence the port. They bring a program in WebAssembly,
//! so the policy here is the board's own. `steps` answers from the ledger, `retry` is its only act, `events` tells what happens.

mod events;
mod retry;
mod steps;

use super::same_origin;
use super::site::Site;
use crate::domain::account::Right;
use crate::engine::accounts::Viewer;
use crate::workers::board::{self, Steps};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use std::sync::{Arc, LazyLock};
use steps::LedgerSteps;

const SCRIPT: &str = include_str!("board.js");
const SCRIPT_PATH: &str = "/mahnwerk-board.js";

/// The board.
pub fn router(site: Arc<Site>) -> Router {
    let steps: Arc<dyn Steps> = Arc::new(LedgerSteps::new(site.engine.clone(), site.public_url.clone()));
    let own = Router::new().route("/queues/{queue}/tasks/{task}/retry", post(retry::retry)).with_state(site.clone());
    let api = board::api(&steps).merge(own).fallback(missing);
    Router::new()
        .nest("/api/v1", api)
        .route(SCRIPT_PATH, get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT) }))
        .fallback(page)
        .layer(from_fn_with_state(site, guard))
        .layer(from_fn(headers))
}

async fn missing() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "there is no such route"}))).into_response()
}

/// A file of the board, or its page.
async fn page(request: Request) -> Response {
    let path = request.uri().path();
    match board::file(path) {
        Some((content_type, bytes)) => {
            ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "private, max-age=31536000, immutable")], bytes).into_response()
        }
        None if path.contains('.') => StatusCode::NOT_FOUND.into_response(),
        None => Html(board::index(SCRIPT_PATH)).into_response(),
    }
}

/// Reading is for those who may see all tenants; nothing but a retry changes anything, and that from this very page.
async fn guard(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let viewer = match site.visitor(&headers).await {
        Ok(Some(viewer)) => viewer,
        Ok(None) => return signed_out(&site, request.uri().path()),
        Err(error) => {
            tracing::error!(%error, "the board can't tell who looks");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let is_retry = *request.method() == Method::POST && request.uri().path().ends_with("/retry");
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !(reads || is_retry) {
        return (StatusCode::METHOD_NOT_ALLOWED, Json(json!({"error": "the board only reads and retries"}))).into_response();
    }
    let needed = if is_retry { Right::Operate } else { Right::Read };
    if !viewer.may_everywhere(needed) {
        let error = "the board shows all tenants: it is for those who have a role at all of them";
        return (StatusCode::FORBIDDEN, Json(json!({"error": error}))).into_response();
    }
    // A form of another site can't set this header, whatever it knows.
    if is_retry && !(same_origin::is_ours(&headers) && headers.contains_key("x-requested-with")) {
        return (StatusCode::FORBIDDEN, Json(json!({"error": "another web site sent this request"}))).into_response();
    }
    // The stock route of this address listens to one process's log.
    if request.uri().path() == "/api/v1/events" {
        return events::stream(&site).into_response();
    }
    request.extensions_mut().insert::<Viewer>(viewer);
    next.run(request).await
}

fn signed_out(site: &Site, path: &str) -> Response {
    if path.starts_with("/api/") {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "sign in first"}))).into_response();
    }
    Redirect::to(&format!("{}/sign-in", site.public_url)).into_response()
}

/// The policy of every answer: the board's own inline script is named by its hash.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = board::inline_script_hash().unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hash}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok()
});

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(policy) = POLICY.clone() {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
