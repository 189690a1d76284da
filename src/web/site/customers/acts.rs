//! What a person does about one customer. Each says why, and ends on its page.

use super::words::CustomerWords;
use crate::domain::address::is_plain;
use crate::domain::ids::{CustomerId, WorkflowId};
use crate::domain::instance::Foothold;
use crate::engine::customers::Decision;
use crate::engine::migrate::Target;
use crate::engine::operate::Scope;
use crate::web::site::Site;
use crate::web::site::acts::{NOBODY_DECIDED, Reasoned, way};
use crate::web::site::bulk::{Failed, Tally};
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, Path, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;
use std::sync::Arc;

/// Where it is done: the tenant's name, and the customer.
type At = Path<(String, i64)>;
type Done = Result<Redirect, PageError>;

#[derive(Debug, Deserialize)]
pub(super) struct Addressed {
    #[serde(default)]
    address: String,
    #[serde(default)]
    reason: String,
}

/// The customer, if there is one here.
async fn known(site: &Site, seat: &Seat, Path((_, id)): &At) -> Result<CustomerId, PageError> {
    let customer = CustomerId(*id);
    site.engine.store.customer_line(seat.id(), customer).await?.map(|_| customer).ok_or(PageError::NotFound)
}

fn done(seat: &Seat, customer: CustomerId, key: &str) -> Done {
    Ok(Redirect::to(&seat.href(&format!("/customers/{}?done={key}", customer.0))))
}

pub(super) async fn pause(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let customer = known(&site, &seat, &at).await?;
    said.rest(&site, &seat, Scope::Customer(customer)).await?;
    done(&seat, customer, "paused")
}

pub(super) async fn resume(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Reasoned>) -> Done {
    let (customer, cause) = (known(&site, &seat, &at).await?, said.cause(&seat)?);
    if site.engine.resume(seat.id(), Scope::Customer(customer), &cause).await? == 0 {
        return Err(PageError::Invalid(CustomerWords::of(seat.language()).nothing_rests.to_owned()));
    }
    done(&seat, customer, "resumed")
}

pub(super) async fn give(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Addressed>) -> Done {
    let customer = known(&site, &seat, &at).await?;
    let cause = Reasoned { reason: said.reason, ..Reasoned::default() }.cause(&seat)?;
    let address = said.address.trim();
    if !address.is_empty() && !is_plain(address) {
        return Err(PageError::Invalid(CustomerWords::of(seat.language()).no_mail_address.to_owned()));
    }
    site.engine.give_address(seat.id(), customer, address, &cause).await?;
    done(&seat, customer, "address")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Decided {
    value: String,
    reason: String,
}

async fn decide(site: &Site, seat: &Seat, at: &At, reason: String, decision: Decision) -> Done {
    let customer = known(site, seat, at).await?;
    let cause = Reasoned { reason, ..Reasoned::default() }.cause(seat)?;
    site.engine.decide_for(seat.id(), customer, &decision, &cause).await?;
    done(seat, customer, "decided")
}

/// What a form holds; empty takes it back.
fn value(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| text != NOBODY_DECIDED)
}

pub(super) async fn language(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Decided>) -> Done {
    decide(&site, &seat, &at, said.reason, Decision::Language(value(&said.value))).await
}

pub(super) async fn channel(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Decided>) -> Done {
    let channel = way(&said.value)?;
    decide(&site, &seat, &at, said.reason, Decision::Channel(channel)).await
}

pub(super) async fn workflow(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Decided>) -> Done {
    decide(&site, &seat, &at, said.reason, Decision::Workflow(value(&said.value))).await
}

#[derive(Debug, Deserialize)]
pub(super) struct Elsewhere {
    to: i64,
    #[serde(default)]
    reason: String,
}

/// All open invoices go on in another version; those that can't are told.
pub(super) async fn migrate(
    State(site): State<Arc<Site>>,
    seat: Seat,
    at: At,
    Form(said): Form<Elsewhere>,
) -> Result<Html<String>, PageError> {
    let customer = known(&site, &seat, &at).await?;
    let cause = Reasoned { reason: said.reason, ..Reasoned::default() }.cause(&seat)?;
    let target = Target { workflow: WorkflowId(said.to), foothold: Foothold::SameKey };
    let outcome = site.engine.migrate_customer(seat.id(), customer, target, &cause).await?;
    let words = CustomerWords::of(seat.language());
    let mut tally = Tally::new(outcome.moved + outcome.stayed.len());
    tally.failed = outcome.stayed.into_iter().map(|stayed| Failed::stayed(&seat, stayed)).collect();
    tally.page(&seat, "customers", words.migrate, words.invoice, &seat.href(&format!("/customers/{}", customer.0)))
}

async fn set_block(site: &Site, seat: &Seat, at: &At, said: Addressed, block: bool) -> Done {
    let customer = known(site, seat, at).await?;
    let cause = Reasoned { reason: said.reason, ..Reasoned::default() }.cause(seat)?;
    site.engine.block_address(seat.id(), customer, said.address.trim(), block, &cause).await?;
    done(seat, customer, "address")
}

pub(super) async fn block(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Addressed>) -> Done {
    set_block(&site, &seat, &at, said, true).await
}

pub(super) async fn unblock(State(site): State<Arc<Site>>, seat: Seat, at: At, Form(said): Form<Addressed>) -> Done {
    set_block(&site, &seat, &at, said, false).await
}
