//! Traces for an OpenTelemetry collector, by OTLP over HTTP. Off until a collector is named; then it costs what it sends.
//!
//! The engine marks what it does by `tracing` spans under a target of their own; where nobody listens they cost a comparison. A notice's
//! id has 128 bits, like a trace's: so all spans of a notice are one trace, in whichever process they happened. No address,
//! no name and no amount goes into a span: ids, words of ours, and the codes that servers answer with.

mod client;
mod layer;

use layer::SpanLayer;
use opentelemetry::KeyValue;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanProcessor};
use std::sync::Arc;
use std::time::Duration;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// How long the last spans may take at the end: as long as one request.
const FLUSH: Duration = client::TIMEOUT;

/// The clock, in milliseconds since the epoch.
pub type NowMs = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Sends spans until it is stopped.
#[derive(Clone, Debug)]
pub struct Telemetry {
    processor: Arc<BatchSpanProcessor>,
    key: [u8; 32],
}

impl Telemetry {
    /// Begins to send to `endpoint` (`http://HOST:PORT/v1/traces`). `key`: chance, from which span ids are made. Must be called
    /// within a Tokio runtime.
    ///
    /// # Errors
    /// When the endpoint is none.
    pub fn start(endpoint: &str, process: &str, key: [u8; 32]) -> Result<Self, String> {
        let client = client::OnRuntime::new();
        let exporter = SpanExporter::builder().with_http().with_http_client(client).with_endpoint(endpoint).build();
        let exporter = exporter.map_err(|error| format!("{endpoint} can't be used: {error}"))?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        let named = Resource::builder_empty().with_service_name("mahnwerk").with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", process.to_owned()),
        ]);
        processor.set_resource(&named.build());
        Ok(Self { processor: Arc::new(processor), key })
    }

    /// What turns the spans under `target` into the collector's.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self, target: &'static str, now_ms: NowMs) -> impl Layer<S> {
        let only_ours = Targets::new().with_target(target, tracing::Level::TRACE);
        SpanLayer::new(self.processor.clone(), self.key, now_ms).with_filter(only_ours)
    }

    /// Sends what is left. A collector that does not answer holds nobody up for long.
    pub async fn stop(self) {
        // It waits for its own thread, which needs this runtime to send.
        let stopped = tokio::task::spawn_blocking(move || self.processor.shutdown_with_timeout(FLUSH)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}
