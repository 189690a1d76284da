//! The release of all that waits in a run. What is ticked is decided about as on the list of notices.

use super::page::day;
use super::words::RunWords;
use crate::domain::time::{Timestamp, whole_day};
use crate::store::lists::{NoticeFilter, Order};
use crate::web::site::Site;
use crate::web::site::acts::Reasoned;
use crate::web::site::error::PageError;
use crate::web::site::listing::FILE_PAGE;
use crate::web::site::notices::{Decision, carry_out};
use crate::web::site::seat::Seat;
use axum::extract::{Form, Path, State};
use axum::response::Html;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct All {
    reason: String,
    /// When the person looked: nobody releases what was proposed since.
    seen: i64,
}

/// Releases the first thousand that wait; whoever has more looks at the rest and releases again.
pub(super) async fn release_all(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, date)): Path<(String, String)>,
    Form(said): Form<All>,
) -> Result<Html<String>, PageError> {
    let (words, date) = (RunWords::of(seat.language()), day(&date)?);
    let cause = Reasoned { reason: said.reason, ..Reasoned::default() }.cause(&seat)?;
    let (from, to) = whole_day(seat.tenant.settings.zone, date);
    let issued = Some((from, to.min(Timestamp(said.seen.saturating_add(1)))));
    let filter = NoticeFilter { state: "proposed".to_owned(), issued, ..NoticeFilter::default() };
    let page = site.engine.store.list_notices(seat.id(), &filter, Order::Up, None, FILE_PAGE).await?;
    if page.lines.is_empty() {
        return Err(PageError::Invalid(words.nothing_waits.to_owned()));
    }
    let ids: Vec<_> = page.lines.into_iter().map(|line| line.id.0).collect();
    let back = seat.href(&format!("/runs/{date}"));
    carry_out(&site, &seat, &ids, (Decision::Release, words.release_all), &cause, &back).await
}
