//! What a person does about one invoice. Each says why, and ends on its page.

use super::words::InvoiceWords;
use crate::domain::ids::{InvoiceId, WorkflowId};
use crate::domain::instance::Foothold;
use crate::engine::migrate::{Arrival, Target};
use crate::engine::operate::{Cause, Scope};
use crate::web::site::Site;
use crate::web::site::acts::{Reasoned, way};
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use std::sync::Arc;

/// Where it is done: the tenant's name, and the invoice.
type At = Path<(String, i64)>;
type Done = Result<Redirect, PageError>;

#[derive(Debug, Deserialize)]
pub(super) struct Upwards {
    stage: usize,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Elsewhere {
    #[serde(default)]
    to: String,
    #[serde(default)]
    reason: String,
}

fn prepare(seat: &Seat, Path((_, id)): &At, said: &Reasoned) -> Result<(InvoiceId, Cause), PageError> {
    Ok((InvoiceId(*id), said.cause(seat)?))
}

fn done(seat: &Seat, invoice: InvoiceId, key: &str) -> Done {
    Ok(Redirect::to(&seat.href(&format!("/invoices/{}?done={key}", invoice.0))))
}

pub(super) async fn pause(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let invoice = InvoiceId(at.0.1);
    said.rest(&site, &seat, Scope::Invoice(invoice)).await?;
    done(&seat, invoice, "paused")
}

pub(super) async fn resume(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let (invoice, cause) = prepare(&seat, &at, &said)?;
    end_blocks(&site, &seat, invoice, &cause).await?;
    done(&seat, invoice, "resumed")
}

/// Ends what rests for this invoice alone; that of its customer is ended on the customer's page.
pub(super) async fn end_blocks(site: &Site, seat: &Seat, invoice: InvoiceId, cause: &Cause) -> Result<(), PageError> {
    match site.engine.resume(seat.id(), Scope::Invoice(invoice), cause).await? {
        0 => Err(PageError::Invalid(InvoiceWords::of(seat.language()).nothing_rests.to_owned())),
        _ => Ok(()),
    }
}

pub(super) async fn skip(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let (invoice, cause) = prepare(&seat, &at, &said)?;
    site.engine.skip(seat.id(), invoice, &cause).await?;
    done(&seat, invoice, "skipped")
}

pub(super) async fn jump(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Upwards>) -> Done {
    let (invoice, cause) = prepare(&seat, &at, &Reasoned { reason: said.reason, ..Reasoned::default() })?;
    site.engine.jump(seat.id(), invoice, said.stage, &cause).await?;
    done(&seat, invoice, "jumped")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Routed {
    channel: String,
    reason: String,
}

pub(super) async fn reroute(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Routed>) -> Done {
    let channel = way(&said.channel)?;
    let (invoice, cause) = prepare(&seat, &at, &Reasoned { reason: said.reason, ..Reasoned::default() })?;
    site.engine.reroute(seat.id(), invoice, channel, &cause).await?;
    done(&seat, invoice, "rerouted")
}

/// Where to: a version, and what counts as passed there, as `1:same`, `1:none` or `1:2`.
pub(super) fn wanted(text: &str) -> Option<Target> {
    let (version, foothold) = text.split_once(':')?;
    let foothold = match foothold {
        "same" => Foothold::SameKey,
        "none" => Foothold::Beginning,
        stage => Foothold::After(stage.parse().ok()?),
    };
    Some(Target { workflow: WorkflowId(version.parse().ok()?), foothold })
}

pub(super) fn written(arrival: &Arrival) -> String {
    let foothold = match arrival.foothold {
        Foothold::SameKey => "same".to_owned(),
        Foothold::Beginning => "none".to_owned(),
        Foothold::After(stage) => stage.to_string(),
    };
    format!("{}:{foothold}", arrival.edition.id)
}

pub(super) async fn migrate(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Elsewhere>) -> Done {
    let target = wanted(&said.to).ok_or(PageError::NotFound)?;
    let (invoice, cause) = prepare(&seat, &at, &Reasoned { reason: said.reason, ..Reasoned::default() })?;
    site.engine.migrate(seat.id(), invoice, target, &cause).await?;
    done(&seat, invoice, "migrated")
}

pub(super) async fn retry(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let (invoice, cause) = prepare(&seat, &at, &said)?;
    site.engine.retry(seat.id(), invoice, &cause).await?;
    done(&seat, invoice, "retried")
}

pub(super) async fn settle(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let (invoice, cause) = prepare(&seat, &at, &said)?;
    site.engine.settle_by_hand(seat.id(), invoice, &cause).await?;
    done(&seat, invoice, "settled")
}

pub(super) async fn withdraw(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let (invoice, cause) = prepare(&seat, &at, &said)?;
    site.engine.end(seat.id(), invoice, false, &cause).await?;
    done(&seat, invoice, "withdrawn")
}

pub(super) async fn hand_over(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let (invoice, cause) = prepare(&seat, &at, &said)?;
    site.engine.end(seat.id(), invoice, true, &cause).await?;
    done(&seat, invoice, "handed-over")
}
