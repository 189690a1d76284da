//! The whole chain as a file, read page by page while it is sent.

use crate::domain::ids::TenantId;
use crate::engine::Engine;
use crate::engine::audit::Entry;
use crate::store::history::StoredTransition;
use crate::web::site::Site;
use crate::web::site::seat::Seat;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;
use futures::stream::{self, Stream};
use std::io;
use std::sync::Arc;

const PAGE: i64 = 2000;

#[derive(Clone, Copy)]
enum Form {
    Csv,
    Lines,
}

/// Whose chain it is, and how far it was sent.
struct Reading {
    engine: Arc<Engine>,
    tenant: TenantId,
    name: String,
    zone: Tz,
    form: Form,
    seq: i64,
}

pub(super) async fn csv(State(site): State<Arc<Site>>, seat: Seat) -> Response {
    file(&site, &seat, Form::Csv, "csv", "text/csv; charset=utf-8")
}

pub(super) async fn lines(State(site): State<Arc<Site>>, seat: Seat) -> Response {
    file(&site, &seat, Form::Lines, "jsonl", "application/jsonl; charset=utf-8")
}

fn file(site: &Site, seat: &Seat, form: Form, ending: &str, content_type: &'static str) -> Response {
    let settings = &seat.tenant.settings;
    let reading =
        Reading { engine: site.engine.clone(), tenant: settings.id, name: settings.name.clone(), zone: settings.zone, form, seq: 0 };
    let name = format!("attachment; filename=\"history-{}.{ending}\"", settings.name);
    let headers = [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, Body::from_stream(pages(reading))).into_response()
}

/// A failure in the middle breaks the download off, so that half a chain is not taken for a whole one.
fn pages(reading: Reading) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(reading, |mut reading| async move {
        let page = reading.engine.store.transitions_after(reading.tenant, reading.seq, PAGE).await.map_err(io::Error::other)?;
        let Some(last) = page.last().map(|entry| entry.transition.seq) else { return Ok(None) };
        let bytes = reading.written(&page)?;
        reading.seq = last;
        Ok(Some((Bytes::from(bytes), reading)))
    })
}

impl Reading {
    fn written(&self, page: &[StoredTransition]) -> io::Result<Vec<u8>> {
        let entries = page.iter().map(|stored| Entry::of(stored, &self.name, self.zone));
        match self.form {
            Form::Lines => {
                let mut out = Vec::new();
                for entry in entries {
                    serde_json::to_writer(&mut out, &entry)?;
                    out.push(b'\n');
                }
                Ok(out)
            }
            Form::Csv => {
                let mut out = csv::WriterBuilder::new().has_headers(self.seq == 0).from_writer(Vec::new());
                for entry in entries {
                    out.serialize(entry).map_err(io::Error::from)?;
                }
                out.into_inner().map_err(|error| io::Error::other(error.to_string()))
            }
        }
    }
}
