//! `/api/v1`: what programs ask for and bring, over HTTP with JSON.
//!
//! `routes` is the list of all calls with the scope that each needs; `gate` holds it; `shape` checks what comes in by the same tables that
//! the OpenAPI document is made of (`openapi`, `reference`). A token belongs to one tenant, so no call names one: nobody can ask for
//! another's. The interface decides nothing: facts go to `engine/feed.rs`, acts to `engine/operate.rs`.

mod blocks;
mod bulk;
mod call;
mod customers;
mod documents;
mod gate;
mod instances;
mod invoices;
mod notices;
mod once;
mod openapi;
mod pace;
mod payments;
mod problem;
mod reference;
mod routes;
mod shape;
mod transitions;
mod webhooks;
mod why;

pub use openapi::text as document;
pub use pace::Pace;
pub use routes::{Declared, declared, router};
pub use webhooks::message;

use crate::domain::workflow::Workflow;
use crate::engine::Engine;
use crate::engine::webhooks::Teller;
use std::sync::Arc;

/// Finds a workflow that is no edition of a tenant yet, by its name.
pub type Workflows = Arc<dyn Fn(&str) -> Result<Workflow, String> + Send + Sync>;

/// What the interface needs.
pub struct Api {
    engine: Arc<Engine>,
    workflows: Workflows,
    teller: Arc<dyn Teller>,
    buckets: pace::Buckets,
    running: once::Running,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("buckets", &self.buckets).finish_non_exhaustive()
    }
}

impl Api {
    #[must_use]
    pub fn new(engine: Arc<Engine>, workflows: Workflows, teller: Arc<dyn Teller>, pace: Pace) -> Self {
        Self { engine, workflows, teller, buckets: pace::Buckets::new(pace), running: once::Running::default() }
    }
}
