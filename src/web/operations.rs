//! `/healthz`: whether it lives, for machines that watch. What it does stands in [`super::metrics`].

use super::metrics::{self, Watched};
use crate::engine::{Engine, EngineError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::sync::atomic::Ordering;

/// A planner that was silent for so long is not healthy.
const SILENT_MS: i64 = 30_000;

/// The routes.
pub fn router(watched: Watched) -> Router {
    Router::new().route("/healthz", get(healthz)).with_state(watched.clone()).merge(metrics::router(watched))
}

async fn healthz(State(operations): State<Watched>) -> Response {
    let now = operations.engine.clock.now();
    // Where nobody plans, nobody is silent.
    let last_ok = operations.pulse.as_ref().map_or(now.0, |pulse| pulse.last_ok.load(Ordering::Relaxed));
    let silent_ms = now.0.saturating_sub(last_ok);
    let fenced = fenced(&operations.engine).await;
    // Behind the planner's last look a clock is as wrong as long after it.
    let alive = fenced.is_ok() && silent_ms.saturating_abs() < SILENT_MS;
    // Who only reads the status must see that nothing leaves.
    let (status, word) = match &fenced {
        Ok(names) if alive && names.is_empty() => (StatusCode::OK, "ok"),
        Ok(_) if alive => (StatusCode::SERVICE_UNAVAILABLE, "fenced"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    let ledger = fenced.as_ref().map_or_else(ToString::to_string, |_| "ok".to_owned());
    let fenced = fenced.unwrap_or_default();
    let planner = operations.pulse.as_ref().and_then(|pulse| pulse.trouble()).unwrap_or_else(|| "ok".to_owned());
    let body = json!({"status": word, "ledger": ledger, "planner": planner, "planner_silent_ms": silent_ms, "fenced": fenced});
    (status, Json(body)).into_response()
}

/// The tenants whose ledger was restored and not yet released.
async fn fenced(engine: &Engine) -> Result<Vec<String>, EngineError> {
    let mut fenced = Vec::new();
    for (tenant, name) in engine.store.tenants().await? {
        if engine.store.guard(tenant).await?.0 {
            fenced.push(name);
        }
    }
    Ok(fenced)
}
