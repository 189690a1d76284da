//! The apalis web board over the ledger: its pages, unchanged, asking our routes.
//!
//! The stock board reads queues, shows no errors and retries nothing; on Redis most of it fails. Here each pool is a "backend" (`facade`) that
//! answers from the ledger by way of [`Steps`], so that it is the same for Redis and SQLite and shows what really happened. Everything that
//! an operator must see stands in a task's arguments, the only part of a task that those pages show whole. Pushing tasks is refused.
//! Who may look and what a retry does is decided above: `web/board`.

mod codec;
mod facade;
mod pages;
mod task;

pub use pages::{file, index, inline_script_hash};
pub use task::{BoardTask, Standing, TaskKey};

use crate::domain::pool::Pool;
use apalis_board::axum::framework::{ApiBuilder, RegisterRoute};
use axum::Router;
use facade::Facade;
use futures::future::BoxFuture;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many steps of each pool stand how.
pub type Counts = Vec<(Pool, Standing, i64)>;

/// What the board asks of the ledger.
pub trait Steps: Send + Sync + 'static {
    /// At most `limit` tasks after the first `offset`, the newest first. No pool: of all.
    fn list(&self, pool: Option<Pool>, standing: Standing, offset: usize, limit: usize) -> BoxFuture<'_, Result<Vec<BoardTask>, String>>;
    fn one(&self, key: TaskKey) -> BoxFuture<'_, Result<Option<BoardTask>, String>>;
    /// How many stand how, by pool.
    fn counts(&self) -> BoxFuture<'_, Result<Counts, String>>;
    /// How many tasks each of the last seven days had, by pool, today's last.
    fn activity(&self) -> BoxFuture<'_, Result<BTreeMap<Pool, Vec<usize>>, String>>;
    /// The processes that work: name, and when they began, in seconds.
    fn workers(&self) -> BoxFuture<'_, Result<Vec<(String, u64)>, String>>;
}

/// The routes that the board's pages ask, below `/api/v1`.
pub fn api(steps: &Arc<dyn Steps>) -> Router {
    let api = Pool::ALL.into_iter().fold(ApiBuilder::new(Router::new()), |api, pool| {
        RegisterRoute::<Facade, Value>::register(api, pool.as_str(), Facade::new(steps.clone(), pool))
    });
    api.build()
}
