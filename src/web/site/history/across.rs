//! The newest entries of all tenants that somebody may see.

use super::line::Line;
use super::page::Wanted;
use super::words::HistoryWords;
use crate::store::history::Sought;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Hall;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use std::sync::Arc;

const LINES: usize = 200;

#[derive(Template)]
#[template(path = "history/across.html")]
struct AcrossPage {
    frame: Frame,
    words: &'static HistoryWords,
    wanted: Wanted,
    causes: Vec<(&'static str, &'static str)>,
    /// Tenant and entry.
    lines: Vec<(String, Line)>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, hall: Hall, Query(wanted): Query<Wanted>) -> Result<Html<String>, PageError> {
    let words = HistoryWords::of(hall.language);
    let actor = shown::actor_word(hall.language, &wanted.actor);
    let mut found = Vec::new();
    for tenant in hall.tenants() {
        let settings = &tenant.settings;
        let (from, to) = wanted.bounds(settings.zone)?;
        let sought = Sought { before: i64::MAX, customer: "", invoice: "", actor: &actor, cause: wanted.cause.trim(), from, to };
        let limit = i64::try_from(LINES).unwrap_or(0);
        let entries = site.engine.store.transitions_sought(settings.id, &sought, limit).await?;
        found.extend(entries.into_iter().map(|entry| (entry, settings.name.clone(), settings.zone)));
    }
    found.sort_by_key(|(entry, ..)| std::cmp::Reverse((entry.transition.recorded_at, entry.transition.seq)));
    found.truncate(LINES);
    let lines = found.iter().map(|(entry, tenant, zone)| (tenant.clone(), Line::of(entry, hall.language, *zone))).collect();
    render(&AcrossPage { frame: hall.frame(words.across_title), words, wanted, causes: shown::causes(hall.language), lines })
}
