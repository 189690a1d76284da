//! From `tracing` spans to OpenTelemetry's: ids, parents, attributes.

use super::NowMs;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The field that says to which notice a span belongs: its trace.
const NOTICE: &str = "notice";

pub(super) struct SpanLayer {
    processor: Arc<BatchSpanProcessor>,
    now_ms: NowMs,
    trace_base: u128,
    span_base: u64,
    count: AtomicU64,
    scope: InstrumentationScope,
}

/// A span that has not ended.
struct Open {
    trace: TraceId,
    span: SpanId,
    parent: SpanId,
    began_ms: i64,
    began: Instant,
    fields: Fields,
}

impl SpanLayer {
    pub(super) fn new(processor: Arc<BatchSpanProcessor>, key: [u8; 32], now_ms: NowMs) -> Self {
        let (trace, rest) = key.split_at(16);
        let trace_base = u128::from_be_bytes(trace.try_into().unwrap_or([1; 16]));
        let span_base = u64::from_be_bytes(rest.get(..8).and_then(|bytes| bytes.try_into().ok()).unwrap_or([1; 8]));
        let scope = InstrumentationScope::builder("mahnwerk").with_version(env!("CARGO_PKG_VERSION")).build();
        Self { processor, now_ms, trace_base, span_base, count: AtomicU64::new(1), scope }
    }

    /// Which trace it belongs to, and under which span: a notice's spans to the notice's trace, whatever they stand in.
    fn place(&self, fields: &Fields, above: Option<(TraceId, SpanId)>, number: u64) -> (TraceId, SpanId) {
        let trace = match (fields.trace, above) {
            (Some(notice), _) => notice,
            (None, Some((trace, _))) => trace,
            (None, None) => TraceId::from(self.trace_base.wrapping_add(u128::from(number))),
        };
        (trace, above.filter(|(other, _)| *other == trace).map_or(SpanId::INVALID, |(_, span)| span))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let above = span.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| (open.trace, open.span)));
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let (trace, parent) = self.place(&fields, above, number);
        let own = SpanId::from(self.span_base.wrapping_add(number).max(1));
        let began_ms = (self.now_ms)();
        span.extensions_mut().insert(Open { trace, span: own, parent, began_ms, began: Instant::now(), fields });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let start_time = UNIX_EPOCH + Duration::from_millis(u64::try_from(open.began_ms).unwrap_or(0));
        let status = if open.fields.failed { Status::error(open.fields.outcome) } else { Status::Unset };
        let kind = if span.name() == "effect" { SpanKind::Client } else { SpanKind::Internal };
        self.processor.on_end(SpanData {
            span_context: SpanContext::new(open.trace, open.span, TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: open.parent,
            parent_span_is_remote: false,
            span_kind: kind,
            name: span.name().into(),
            start_time,
            end_time: start_time + open.began.elapsed(),
            attributes: open.fields.attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: self.scope.clone(),
        });
    }
}

/// A span's fields as attributes.
#[derive(Default)]
struct Fields {
    attributes: Vec<KeyValue>,
    trace: Option<TraceId>,
    outcome: String,
    failed: bool,
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(format!("mahnwerk.{}", field.name()), value.into()));
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == NOTICE {
            self.trace = TraceId::from_hex(value).ok();
        }
        if field.name() == "outcome" {
            value.clone_into(&mut self.outcome);
            self.failed = matches!(value, "failed" | "unknown");
        }
        self.add(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}
