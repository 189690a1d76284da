//! Looking at what a choice would do, and making it. Only what was looked at last may be confirmed.

use super::words::BacklogWords;
use crate::domain::backlog::{Backlog, Choice};
use crate::store::gate::Gate;
use crate::web::site::Site;
use crate::web::site::acts::Reasoned;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, State};
use axum::response::Redirect;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    choice: String,
    /// The day of `from`.
    day: String,
    reason: String,
}

impl Chosen {
    fn choice(&self, seat: &Seat) -> Result<Choice, PageError> {
        let text = if self.day.is_empty() { self.choice.clone() } else { format!("{} {}", self.choice, self.day) };
        text.parse().map_err(|_| PageError::Invalid(BacklogWords::of(seat.language()).wrong_day.to_owned()))
    }
}

/// How the gate stands, if it waits for a choice.
async fn asked(site: &Site, seat: &Seat) -> Result<Gate, PageError> {
    let gate = site.engine.store.gate(seat.id()).await?;
    match gate.backlog {
        Some(Backlog::Asked) => Ok(gate),
        _ => Err(PageError::Invalid(BacklogWords::of(seat.language()).nothing.to_owned())),
    }
}

pub(super) async fn preview(State(site): State<Arc<Site>>, seat: Seat, Form(said): Form<Chosen>) -> Result<Redirect, PageError> {
    let choice = said.choice(&seat)?;
    asked(&site, &seat).await?;
    site.engine.backlog_previewed(seat.id(), choice).await?;
    Ok(Redirect::to(&seat.href("/backlog#preview")))
}

pub(super) async fn confirm(State(site): State<Arc<Site>>, seat: Seat, Form(said): Form<Chosen>) -> Result<Redirect, PageError> {
    let (choice, gate) = (said.choice(&seat)?, asked(&site, &seat).await?);
    let cause = Reasoned { reason: said.reason, ..Reasoned::default() }.cause(&seat)?;
    if gate.previewed != Some(choice.to_string()) {
        return Err(PageError::Invalid(BacklogWords::of(seat.language()).look_first.to_owned()));
    }
    site.engine.confirm_backlog(seat.id(), choice, &cause).await?;
    Ok(Redirect::to(&seat.href("/backlog?done=backlog-confirmed")))
}
