//! The HTTP API of a process, and what it tells to webhooks, put together.

use super::installation::Installation;
use crate::adapters::webhook::HttpTeller;
use crate::assembly;
use crate::assembly::workflow;
use crate::web::api::{self, Api, Pace, Workflows};
use axum::Router;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The routes, and the task that tells webhooks until it is told to stop.
///
/// # Errors
/// When texts or certificate roots can't be read.
pub(super) fn open(installation: &Installation, stop: CancellationToken) -> anyhow::Result<(Router, JoinHandle<()>)> {
    let teller = Arc::new(HttpTeller::new(installation.config.server.webhooks_to_loopback)?);
    let api = Api::new(installation.engine.clone(), workflows(installation)?, teller.clone(), Pace::default());
    let webhooks = tokio::spawn(installation.engine.clone().tell_webhooks(teller, Arc::new(api::message), stop));
    Ok((api::router(Arc::new(api)), webhooks))
}

/// Workflows by their names, for invoices that programs bring: of the folder, or shipped. Never a file of another place.
fn workflows(installation: &Installation) -> anyhow::Result<Workflows> {
    let (config, texts) = (installation.config.clone(), assembly::texts(&installation.config)?);
    Ok(Arc::new(move |name: &str| workflow::named(name, &config, &texts).map_err(|error| format!("{error:#}"))))
}
