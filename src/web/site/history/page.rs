//! One tenant's history, sought by customer, invoice, actor, cause and day.

use super::line::Line;
use super::words::HistoryWords;
use crate::domain::time::{Timestamp, midnight};
use crate::store::history::Sought;
use crate::web::site::Site;
use crate::web::site::entry::query_value;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::Deserialize;
use std::sync::Arc;

const LINES: usize = 100;

/// What is sought, as the address has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) customer: String,
    pub(super) invoice: String,
    pub(super) actor: String,
    pub(super) cause: String,
    /// Days, both included.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) before: Option<i64>,
}

#[derive(Template)]
#[template(path = "history/history.html")]
struct HistoryPage {
    frame: Frame,
    words: &'static HistoryWords,
    base: String,
    wanted: Wanted,
    causes: Vec<(&'static str, &'static str)>,
    lines: Vec<Line>,
    older: Option<String>,
    newest: Option<String>,
}

impl Wanted {
    fn trimmed(self) -> Self {
        let trim = |text: String| text.trim().to_owned();
        let Self { customer, invoice, actor, cause, from, to, before } = self;
        let [customer, invoice, actor, cause, from, to] = [customer, invoice, actor, cause, from, to].map(trim);
        Self { customer, invoice, actor, cause, from, to, before }
    }

    /// The first instant that counts, and the first that does not any more.
    pub(super) fn bounds(&self, zone: Tz) -> Result<(Timestamp, Timestamp), PageError> {
        let from = day(&self.from)?.map_or(Timestamp(i64::MIN), |day| midnight(zone, day));
        let to = day(&self.to)?.and_then(|day| day.checked_add_days(Days::new(1))).map_or(Timestamp(i64::MAX), |day| midnight(zone, day));
        Ok((from, to))
    }

    /// The address of the same search from another place on.
    fn query(&self, before: Option<i64>) -> String {
        let fields = [
            ("customer", &self.customer),
            ("invoice", &self.invoice),
            ("actor", &self.actor),
            ("cause", &self.cause),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let kept = fields.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| format!("{key}={}", query_value(value)));
        kept.chain(before.map(|seq| format!("before={seq}"))).collect::<Vec<_>>().join("&")
    }
}

/// A day of a form; empty: none.
fn day(text: &str) -> Result<Option<NaiveDate>, PageError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| PageError::Invalid(format!("{text}: YYYY-MM-DD")))
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat, Query(wanted): Query<Wanted>) -> Result<Html<String>, PageError> {
    let (language, words, zone) = (seat.language(), HistoryWords::of(seat.language()), seat.tenant.settings.zone);
    let wanted = wanted.trimmed();
    let (from, to) = wanted.bounds(zone)?;
    let sought = Sought {
        before: wanted.before.unwrap_or(i64::MAX),
        customer: &wanted.customer,
        invoice: &wanted.invoice,
        actor: &shown::actor_word(language, &wanted.actor),
        cause: &wanted.cause,
        from,
        to,
    };
    let limit = i64::try_from(LINES).unwrap_or(0) + 1;
    let mut found = site.engine.store.transitions_sought(seat.id(), &sought, limit).await?;
    let more = found.len() > LINES;
    found.truncate(LINES);
    let base = seat.href("/history");
    let last = found.last().filter(|_| more).map(|entry| entry.transition.seq);
    let page = HistoryPage {
        frame: seat.frame("history", words.title),
        words,
        causes: shown::causes(language),
        lines: found.iter().map(|entry| Line::of(entry, language, zone)).collect(),
        older: last.map(|seq| format!("{base}?{}", wanted.query(Some(seq)))),
        newest: wanted.before.map(|_| format!("{base}?{}", wanted.query(None))),
        base,
        wanted,
    };
    render(&page)
}
