//! `/healthz` and `/metrics`: whether it lives, and what it does, for machines that watch.

use crate::domain::ids::TenantId;
use crate::engine::run::Pulse;
use crate::engine::{Engine, EngineError};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A planner that was silent for so long is not healthy.
const SILENT_MS: i64 = 30_000;

#[derive(Clone)]
struct Operations {
    engine: Arc<Engine>,
    pulse: Arc<Pulse>,
}

/// The routes.
pub fn router(engine: Arc<Engine>, pulse: Arc<Pulse>) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/metrics", get(metrics)).with_state(Operations { engine, pulse })
}

async fn healthz(State(operations): State<Operations>) -> Response {
    let now = operations.engine.clock.now();
    let last_ok = operations.pulse.last_ok.load(Ordering::Relaxed);
    let silent_ms = now.0.saturating_sub(last_ok);
    let fenced = fenced(&operations.engine).await;
    let alive = fenced.is_ok() && silent_ms < SILENT_MS;
    // Who only reads the status must see that nothing leaves.
    let (status, word) = match &fenced {
        Ok(names) if alive && names.is_empty() => (StatusCode::OK, "ok"),
        Ok(_) if alive => (StatusCode::SERVICE_UNAVAILABLE, "fenced"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    let ledger = fenced.as_ref().map_or_else(ToString::to_string, |_| "ok".to_owned());
    let fenced = fenced.unwrap_or_default();
    (status, Json(json!({"status": word, "ledger": ledger, "planner_silent_ms": silent_ms, "fenced": fenced}))).into_response()
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

async fn metrics(State(operations): State<Operations>) -> Response {
    match render(&operations).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

/// Prometheus text: each name once with its help, then its samples.
#[derive(Default)]
struct Samples {
    text: String,
}

impl Samples {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: i64) {
        let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escape(value))).collect();
        let braces = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{name}{braces} {value}");
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

async fn render(operations: &Operations) -> Result<String, EngineError> {
    let (engine, pulse) = (&operations.engine, &operations.pulse);
    let mut samples = Samples::default();
    samples.family("mahnwerk_planner_last_success_timestamp_ms", "gauge", "When the planner last looked at all tenants.");
    samples.sample("mahnwerk_planner_last_success_timestamp_ms", &[], pulse.last_ok.load(Ordering::Relaxed));
    samples.family("mahnwerk_planner_rounds_total", "counter", "Rounds that had something to do.");
    samples.sample("mahnwerk_planner_rounds_total", &[], pulse.rounds.load(Ordering::Relaxed));
    samples.family("mahnwerk_steps_rung_total", "counter", "Steps that the planner set going.");
    samples.sample("mahnwerk_steps_rung_total", &[], pulse.issued.load(Ordering::Relaxed));
    let names = engine.store.tenants().await?;
    samples.family("mahnwerk_instances", "gauge", "Instances by state.");
    for (id, name) in &names {
        for (state, count) in engine.store.instance_counts(*id).await? {
            samples.sample("mahnwerk_instances", &[("tenant", name), ("state", &state)], count);
        }
    }
    samples.family("mahnwerk_notices", "gauge", "Notices by state.");
    for (id, name) in &names {
        for (state, count) in engine.store.notice_counts(*id).await? {
            samples.sample("mahnwerk_notices", &[("tenant", name), ("state", &state)], count);
        }
    }
    samples.family("mahnwerk_steps", "gauge", "Steps by pool and state.");
    for (id, name) in &names {
        for (pool, state, count) in engine.store.step_counts(*id).await? {
            samples.sample("mahnwerk_steps", &[("tenant", name), ("pool", &pool), ("state", &state)], count);
        }
    }
    waiting(engine, &names, &mut samples).await?;
    Ok(samples.text)
}

async fn waiting(engine: &Engine, names: &[(TenantId, String)], samples: &mut Samples) -> Result<(), EngineError> {
    samples.family("mahnwerk_instances_overdue", "gauge", "Instances that are due and not yet looked at.");
    for (id, name) in names {
        let overdue = engine.store.overdue(*id, engine.clock.now()).await?;
        samples.sample("mahnwerk_instances_overdue", &[("tenant", name)], overdue);
    }
    samples.family("mahnwerk_slot_backlog", "gauge", "Notices that wait for a slot of their sender's throttle.");
    for (id, name) in names {
        for (sender, count) in engine.store.backlog(*id).await? {
            samples.sample("mahnwerk_slot_backlog", &[("tenant", name), ("sender", &sender)], count);
        }
    }
    Ok(())
}
