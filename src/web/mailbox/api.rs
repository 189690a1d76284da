//! The mailbox for programs: JSON, and the switches for faults.

use super::Shared;
use super::content::{self, Content, Summary};
use crate::adapters::sandbox::smtp::Fault;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Status {
    /// Where the SMTP server listens.
    smtp: SocketAddr,
    /// Messages since the start, kept or not.
    total: u64,
    kept: usize,
    connections: u64,
    open_connections: usize,
    faults: Vec<Fault>,
}

/// Why a request was refused; the reason as `{"error": …}`.
#[derive(Debug)]
pub(super) struct Problem(StatusCode, String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

pub(super) async fn status(State(shared): State<Arc<Shared>>) -> Json<Status> {
    let sandbox = &shared.mailbox.sandbox;
    Json(Status {
        smtp: sandbox.addr(),
        total: sandbox.total(),
        kept: sandbox.messages().len(),
        connections: sandbox.connections(),
        open_connections: sandbox.open_connections(),
        faults: sandbox.faults(),
    })
}

/// The kept messages, newest first; `?q=` searches.
pub(super) async fn list(State(shared): State<Arc<Shared>>, Query(search): Query<Search>) -> Json<Vec<Summary>> {
    let messages = shared.mailbox.sandbox.messages();
    Json(messages.iter().rev().map(|received| content::summary(received)).filter(|summary| content::matches(summary, &search.q)).collect())
}

/// One message with its text, HTML and a list of its attachments.
pub(super) async fn message(State(shared): State<Arc<Shared>>, Path(number): Path<u64>) -> Result<Json<Content>, Problem> {
    let received = shared.mailbox.sandbox.message(number);
    received
        .map(|received| Json(content::content(&received)))
        .ok_or_else(|| Problem(StatusCode::NOT_FOUND, format!("message {number} is not in the mailbox")))
}

/// How often each Message-ID came.
pub(super) async fn counts(State(shared): State<Arc<Shared>>) -> Json<BTreeMap<String, u64>> {
    Json(shared.mailbox.sandbox.count_by_message_id())
}

pub(super) async fn clear(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.mailbox.sandbox.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<Fault>> {
    Json(shared.mailbox.sandbox.faults())
}

/// `{"at": "rcpt", "act": {"reply": {"code": 550, "text": "no"}}, "matching": "@x.example", "times": 3}`
pub(super) async fn set_fault(State(shared): State<Arc<Shared>>, body: String) -> Result<Json<Vec<Fault>>, Problem> {
    let fault: Fault = serde_json::from_str(&body).map_err(|error| Problem(StatusCode::BAD_REQUEST, error.to_string()))?;
    shared.mailbox.sandbox.set_fault(fault).await.map_err(|error| Problem(StatusCode::BAD_REQUEST, error.to_string()))?;
    Ok(Json(shared.mailbox.sandbox.faults()))
}

pub(super) async fn clear_faults(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.mailbox.sandbox.clear_faults().await;
    StatusCode::NO_CONTENT
}
