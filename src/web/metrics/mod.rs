//! `/metrics`: what an operator asks at night, as Prometheus reads it.
//!
//! `process`: what this process counts in memory. `survey`: what the ledger and the queues say, kept for some seconds, so
//! that watching costs nothing. A ledger that does not answer makes `mahnwerk_ledger_up` 0 and hides nothing else.

mod process;
mod survey;
mod text;

use crate::engine::Engine;
use crate::engine::run::Pulse;
use crate::workers::Queues;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::Arc;
use survey::Kept;
use text::{Kind, Text};

/// What is watched.
#[derive(Clone, Debug)]
pub struct Watched {
    pub engine: Arc<Engine>,
    pub queues: Arc<Queues>,
    /// The planner of this process; a process that only works has none, and leaves the ledger to the one that plans.
    pub pulse: Option<Arc<Pulse>>,
}

#[derive(Clone)]
struct Page {
    watched: Watched,
    pressing: Arc<Kept>,
    census: Arc<Kept>,
    queues: Arc<Kept>,
}

/// The route.
pub fn router(watched: Watched) -> Router {
    let page = Page { watched, pressing: Arc::default(), census: Arc::default(), queues: Arc::default() };
    Router::new().route("/metrics", get(show)).with_state(page)
}

async fn show(State(page): State<Page>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.render().await)
}

impl Page {
    async fn render(&self) -> String {
        let engine = &self.watched.engine;
        let mut text = Text::default();
        let part = if self.watched.pulse.is_some() { "serve" } else { "work" };
        process::about(engine, part, &mut text);
        process::work(engine, &mut text);
        if let Some(pulse) = &self.watched.pulse {
            process::planner(engine, pulse, &mut text);
            process::calls(engine, &mut text);
            self.ledger(&mut text).await;
        }
        text.into_string()
    }

    async fn ledger(&self, text: &mut Text) {
        let (engine, queues) = (&self.watched.engine, &self.watched.queues);
        let pressing = self.pressing.read(|| Box::pin(survey::pressing(engine.clone()))).await;
        let census = self.census.read(|| Box::pin(survey::census(engine.clone()))).await;
        let queues = self.queues.read(|| Box::pin(survey::queues(queues.clone()))).await;
        let up = |kept: &Kept| f64::from(u8::from(kept.is_up()));
        text.single("mahnwerk_ledger_up", Kind::Gauge, "1 while the ledger answers.", up(&self.pressing));
        text.single("mahnwerk_queue_up", Kind::Gauge, "1 while the queues answer.", up(&self.queues));
        for reading in [pressing, census, queues].into_iter().flatten() {
            match reading {
                Ok(families) => text.append(&families),
                Err(why) => tracing::warn!(why, "the metrics could not be read"),
            }
        }
    }
}
