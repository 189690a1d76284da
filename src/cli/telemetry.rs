//! The log to standard error, and traces to a collector where one is named.

use crate::config::{Config, Log, LogFormat};
use crate::engine::spans::SPANS;
use anyhow::ensure;
use std::io::IsTerminal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// What runs beside the process to tell of it.
#[derive(Debug)]
pub(super) struct Telemetry {
    #[cfg(feature = "otlp")]
    traces: Option<crate::adapters::telemetry::Telemetry>,
}

impl Telemetry {
    /// Starts the log as the configuration says (RUST_LOG overrides its level), and the traces.
    ///
    /// # Errors
    /// When a collector is named that can't be used.
    pub(super) fn start(config: &Config) -> anyhow::Result<Self> {
        Self::of(config, Some(log(&config.log)))
    }

    fn of(config: &Config, log: Option<Box<dyn Layer<Registry> + Send + Sync>>) -> anyhow::Result<Self> {
        let endpoint = endpoint(config)?;
        #[cfg(feature = "otlp")]
        {
            use crate::engine::clock::{Clock, Entropy, SystemClock, SystemEntropy};
            let process = format!("{}", std::process::id());
            let start = |endpoint: String| crate::adapters::telemetry::Telemetry::start(&endpoint, &process, SystemEntropy.key());
            let traces = endpoint.map(start).transpose().map_err(|why| anyhow::anyhow!("[telemetry] otlp: {why}"))?;
            let _ = Registry::default()
                .with(log)
                .with(traces.as_ref().map(|traces| traces.layer(SPANS, std::sync::Arc::new(|| SystemClock.now().0))))
                .try_init();
            Ok(Self { traces })
        }
        #[cfg(not(feature = "otlp"))]
        {
            ensure!(endpoint.is_none(), "[telemetry] otlp: this program was built without the feature `otlp`");
            let _ = Registry::default().with(log).try_init();
            Ok(Self {})
        }
    }

    /// Starts the traces alone: for commands, whose words are their output.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(super) fn traces_only(config: &Config) -> anyhow::Result<Self> {
        Self::of(config, None)
    }

    /// Sends what is left.
    pub(super) async fn stop(self) {
        #[cfg(feature = "otlp")]
        if let Some(traces) = self.traces {
            traces.stop().await;
        }
    }
}

fn log(log: &Log) -> Box<dyn Layer<Registry> + Send + Sync> {
    // The spans are for the collector; the log tells what happened in its own words.
    let level = format!("{},sqlx=warn,apalis=warn,apalis_core=warn,{SPANS}=off", log.level.as_str());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let layer = tracing_subscriber::fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Json => layer.json().with_filter(filter).boxed(),
        LogFormat::Text => layer.with_filter(filter).boxed(),
    }
}

/// Where traces go: `[telemetry] otlp`, else what OpenTelemetry's own variables say.
fn endpoint(config: &Config) -> anyhow::Result<Option<String>> {
    let whole = |base: String| format!("{}/v1/traces", base.trim_end_matches('/'));
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let configured = Some(config.telemetry.otlp.clone()).filter(|base| !base.is_empty());
    let found = configured
        .map(whole)
        .or_else(|| variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
        .or_else(|| variable("OTEL_EXPORTER_OTLP_ENDPOINT").map(whole));
    if let Some(endpoint) = &found {
        ensure!(
            endpoint.starts_with("http://"),
            "traces can't be sent to {endpoint}: write http://HOST:4318. TLS is not built in: let a collector on this machine pass them on"
        );
    }
    Ok(found)
}
