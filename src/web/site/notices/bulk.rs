//! One decision about many notices: the release of a run of proposals, above all.

use super::acts::{Decision, decide};
use super::words::NoticeWords;
use crate::domain::ids::NoticeId;
use crate::engine::leave_out::Instead;
use crate::engine::operate::Cause;
use crate::web::site::Site;
use crate::web::site::acts::Reasoned;
use crate::web::site::bulk::{Bulk, Failed, Tally};
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, State};
use axum::response::Html;
use std::sync::Arc;

pub(super) async fn run(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Html<String>, PageError> {
    let words = NoticeWords::of(seat.language());
    let bulk = Bulk::of(&fields);
    if bulk.ids.is_empty() {
        return Err(PageError::Invalid(words.none_picked.to_owned()));
    }
    let said = Reasoned { reason: bulk.reason.clone(), until: bulk.until.clone(), ..Reasoned::default() };
    let cause = said.cause(&seat)?;
    let (decision, label) = match bulk.act.as_str() {
        "release" => (Decision::Release, words.release),
        "recall" => (Decision::Recall, words.recall),
        "retry" => (Decision::Retry, words.retry),
        "rest" => (Decision::LeaveOut(Instead::Rest(said.until(&site, &seat)?)), words.leave_resting),
        "skip" => (Decision::LeaveOut(Instead::Skip), words.leave_skipped),
        _ => return Err(PageError::NotFound),
    };
    carry_out(&site, &seat, &bulk.ids, (decision, label), &cause, &bulk.back).await
}

/// Decides so about each for itself, and says for which it could not be done.
pub(in crate::web::site) async fn carry_out(
    site: &Site,
    seat: &Seat,
    ids: &[String],
    (decision, label): (Decision, &'static str),
    cause: &Cause,
    back: &str,
) -> Result<Html<String>, PageError> {
    let mut tally = Tally::new(ids.len());
    for id in ids {
        if let Err(error) = decide(site, seat, &NoticeId(id.clone()), decision, cause).await {
            let known = site.engine.store.notice(seat.id(), id).await?;
            let name = known.map_or_else(|| id.clone(), |(notice, _)| format!("{} {}", notice.customer_name, notice.stage));
            tally.failed.push(Failed { href: seat.href(&format!("/notices/{id}")), name, why: error.told(seat.language()) });
        }
    }
    tally.page(seat, "notices", label, NoticeWords::of(seat.language()).one, back)
}
