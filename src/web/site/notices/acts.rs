//! What a person decides about one notice. Each says why, and ends on its page.

use super::words::NoticeWords;
use crate::domain::ids::NoticeId;
use crate::domain::instance::State as Stand;
use crate::engine::EngineError;
use crate::engine::leave_out::Instead;
use crate::engine::operate::{Cause, Resolution};
use crate::web::site::Site;
use crate::web::site::acts::Reasoned;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use std::sync::Arc;

/// Where it is done: the tenant's name, and the notice.
type At = Path<(String, String)>;
type Done = Result<Redirect, PageError>;

/// A decision about a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web::site) enum Decision {
    Release,
    Recall,
    Retry,
    Resolve(Resolution),
    /// Of a proposal: it does not leave, and its invoices are not proposed again at once.
    LeaveOut(Instead),
}

/// Carries a decision out, or says in the person's words why it can't be.
pub(in crate::web::site) async fn decide(
    site: &Site,
    seat: &Seat,
    notice: &NoticeId,
    decision: Decision,
    cause: &Cause,
) -> Result<(), PageError> {
    let words = NoticeWords::of(seat.language());
    let (view, _) = site.engine.store.notice(seat.id(), &notice.0).await?.ok_or(PageError::NotFound)?;
    let refused = |why: &str| Err(PageError::Invalid(why.to_owned()));
    let engine = &site.engine;
    let (outcome, otherwise) = match (decision, view.state.as_str()) {
        (Decision::Release, "proposed") => (engine.release(seat.id(), notice, cause).await, words.changed),
        (Decision::LeaveOut(instead), "proposed") => {
            (engine.leave_out(seat.id(), notice, instead, cause).await.map(drop), words.not_proposed)
        }
        (Decision::Release | Decision::LeaveOut(_), _) => return refused(words.not_proposed),
        (Decision::Recall, _) => (engine.recall(seat.id(), notice, cause).await.map(drop), words.may_have_left),
        (Decision::Retry, "failed") => return retry(site, seat, notice, cause).await,
        (Decision::Retry, _) => return refused(words.not_failed),
        (Decision::Resolve(resolution), "unknown") => (engine.resolve(seat.id(), notice, resolution, cause).await, words.not_unknown),
        (Decision::Resolve(_), _) => return refused(words.not_unknown),
    };
    match outcome {
        Err(EngineError::Invalid(_)) => refused(otherwise),
        outcome => Ok(outcome?),
    }
}

/// By one of its invoices: the others follow.
async fn retry(site: &Site, seat: &Seat, notice: &NoticeId, cause: &Cause) -> Result<(), PageError> {
    let lines = site.engine.store.notice_lines(seat.id(), &notice.0).await?;
    let cases = site.engine.store.cases(seat.id(), lines.iter().map(|line| line.instance)).await?;
    let failed = cases.iter().find(|case| matches!(&case.instance.state, Stand::Failed { notice: own, .. } if own == notice));
    let words = NoticeWords::of(seat.language());
    let case = failed.ok_or_else(|| PageError::Invalid(words.not_failed.to_owned()))?;
    site.engine.retry(seat.id(), case.instance.id, cause).await?;
    Ok(())
}

async fn run(site: &Site, seat: &Seat, id: String, said: &Reasoned, decision: Decision, key: &str) -> Done {
    let notice = NoticeId(id);
    decide(site, seat, &notice, decision, &said.cause(seat)?).await?;
    Ok(Redirect::to(&seat.href(&format!("/notices/{notice}?done={key}"))))
}

pub(super) async fn release(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): At, Form(said): Form<Reasoned>) -> Done {
    run(&site, &seat, id, &said, Decision::Release, "released").await
}

pub(super) async fn recall(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): At, Form(said): Form<Reasoned>) -> Done {
    run(&site, &seat, id, &said, Decision::Recall, "recalled").await
}

pub(super) async fn retry_failed(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): At, Form(said): Form<Reasoned>) -> Done {
    run(&site, &seat, id, &said, Decision::Retry, "retried").await
}

pub(super) async fn as_sent(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): At, Form(said): Form<Reasoned>) -> Done {
    run(&site, &seat, id, &said, Decision::Resolve(Resolution::Sent), "as-sent").await
}

pub(super) async fn send_again(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): At, Form(said): Form<Reasoned>) -> Done {
    run(&site, &seat, id, &said, Decision::Resolve(Resolution::SendAgain), "sent-again").await
}
