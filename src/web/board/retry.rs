//! The board's one act: what gave up is sent again.

use crate::engine::accounts::Viewer;
use crate::engine::operate::Cause;
use crate::engine::{Engine, EngineError};
use crate::web::site::Site;
use crate::workers::board::TaskKey;
use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

pub(super) async fn retry(
    State(site): State<Arc<Site>>,
    Extension(viewer): Extension<Viewer>,
    Path((queue, task)): Path<(String, String)>,
) -> Response {
    let refused = |status: StatusCode, error: String| (status, Json(json!({"error": error}))).into_response();
    let Ok(key) = TaskKey::parse(&task) else { return refused(StatusCode::NOT_FOUND, format!("there is no task {task}")) };
    match again(&site.engine, &viewer, &queue, key).await {
        Ok(count) => (StatusCode::ACCEPTED, Json(json!({"retried": task, "instances": count}))).into_response(),
        Err(error @ EngineError::NotFound(_)) => refused(StatusCode::NOT_FOUND, error.to_string()),
        Err(error @ (EngineError::Refused(_) | EngineError::Invalid(_))) => refused(StatusCode::CONFLICT, error.to_string()),
        Err(error) => {
            tracing::error!(%error, task, "the board's retry failed");
            refused(StatusCode::SERVICE_UNAVAILABLE, "the ledger could not be asked; try again".to_owned())
        }
    }
}

async fn again(engine: &Engine, viewer: &Viewer, queue: &str, key: TaskKey) -> Result<usize, EngineError> {
    engine.tenant(key.tenant).map_err(|_| EngineError::NotFound("there is no such task".to_owned()))?;
    let step = engine.store.board_step(key.tenant, key.step).await?.filter(|step| step.pool == queue);
    let step = step.ok_or_else(|| EngineError::NotFound("there is no such task".to_owned()))?;
    match step.state.as_str() {
        "gave_up" if step.notice_state != "recalled" => {}
        "unknown" => {
            let why = "nobody knows whether it left: say on the notice's page whether it was sent or is to be sent again";
            return Err(EngineError::Invalid(why.to_owned()));
        }
        state => return Err(EngineError::Invalid(format!("a step that is {state} can't be retried"))),
    }
    let lines = engine.store.board_lines(key.tenant, &step.notice).await?;
    let (first, _) = lines.first().ok_or_else(|| EngineError::NotFound("its notice has no invoice".to_owned()))?;
    let cause = Cause { actor: viewer.actor(), reason: "retried on the board".to_owned() };
    let count = engine.retry(key.tenant, *first, &cause).await?;
    engine.woken.notify_one();
    Ok(count)
}
