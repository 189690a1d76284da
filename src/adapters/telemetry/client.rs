//! HTTP for the exporter, whose thread has no runtime: requests are made on ours.

use async_trait::async_trait;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::time::Duration;
use tokio::runtime::Handle;

pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// A client whose requests run on a Tokio runtime, wherever they are awaited.
#[derive(Debug)]
pub(super) struct OnRuntime {
    runtime: Handle,
    client: HyperClient,
}

impl OnRuntime {
    pub(super) fn new() -> Self {
        Self { runtime: Handle::current(), client: HyperClient::with_default_connector(TIMEOUT, None) }
    }
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime.spawn(async move { client.send_bytes(request).await }).await?
    }
}
