//! The chain, verified before one's eyes.

use super::words::HistoryWords;
use crate::engine::audit;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::{Site, shown};
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "history/verified.html")]
struct VerifiedPage {
    frame: Frame,
    words: &'static HistoryWords,
    entries: String,
    head: String,
    broken: Option<audit::Broken>,
    back: String,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    let words = HistoryWords::of(seat.language());
    let found = audit::verify(&site.engine.store, seat.id(), &mut |_| {}).await?;
    let page = VerifiedPage {
        frame: seat.frame("history", words.verified_title),
        words,
        entries: shown::count(seat.language(), found.entries),
        head: found.head,
        broken: found.broken,
        back: seat.href("/history"),
    };
    render(&page)
}
