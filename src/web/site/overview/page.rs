//! A tenant at a glance.

use super::words::OverviewWords;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use std::sync::Arc;

struct Count {
    label: String,
    tone: &'static str,
    count: String,
    href: String,
}

#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage {
    frame: Frame,
    words: &'static OverviewWords,
    attention: Vec<Count>,
    states: Vec<Count>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), OverviewWords::of(seat.language()));
    let line = |label: &str, word: &str, count: i64, href: String| Count {
        label: label.to_owned(),
        tone: shown::tone(word),
        count: shown::count(language, count),
        href,
    };
    let notices = site.engine.store.notice_counts(seat.id()).await?;
    let wanting = [("failed", words.failed), ("unknown", words.unknown), ("proposed", words.proposed), ("paper", words.paper)];
    let attention = wanting.into_iter().filter_map(|(state, label)| {
        let (_, count) = notices.iter().find(|(word, count)| word == state && *count > 0)?;
        Some(line(label, state, *count, seat.href(&format!("/notices?state={state}"))))
    });
    let attention = attention.collect();
    let counts = site.engine.store.instance_counts(seat.id()).await?;
    let states =
        counts.iter().map(|(word, count)| line(shown::state(language, word), word, *count, seat.href(&format!("/invoices?state={word}"))));
    let states = states.collect();
    render(&OverviewPage { frame: seat.frame("overview", words.title), words, attention, states })
}
