//! What was done with accounts.

use super::words::HistoryWords;
use crate::domain::time::Timestamp;
use crate::store::account_log::AccountEvent;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Hall;
use crate::web::site::{Site, shown};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use chrono_tz::Tz;
use serde::Deserialize;
use std::sync::Arc;

const LINES: usize = 100;

/// The last event that was seen: its instant and id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Before {
    at: Option<i64>,
    id: String,
}

#[derive(Template)]
#[template(path = "history/accounts.html")]
struct LogPage {
    frame: Frame,
    words: &'static HistoryWords,
    /// When it was, and what.
    lines: Vec<(String, AccountEvent)>,
    older: Option<String>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, hall: Hall, Query(before): Query<Before>) -> Result<Html<String>, PageError> {
    let words = HistoryWords::of(hall.language);
    let place = (Timestamp(before.at.unwrap_or(i64::MAX)), before.id.as_str());
    let mut found = site.engine.store.account_events(place, i64::try_from(LINES).unwrap_or(0) + 1).await?;
    let more = found.len() > LINES;
    found.truncate(LINES);
    let older = found.last().filter(|_| more).map(|last| format!("/people/log?at={}&id={}", last.at.0, last.id));
    // Accounts belong to no tenant, so to no zone: the first tenant's, as all of them are mostly in one.
    let zone = hall.tenants().first().map_or(Tz::Europe__Berlin, |tenant| tenant.settings.zone);
    let lines = found.into_iter().map(|event| (shown::moment(hall.language, event.at, zone), event)).collect();
    render(&LogPage { frame: hall.frame(words.log_title), words, lines, older })
}
