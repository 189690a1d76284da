//! Whether a tenant's notices leave. Everybody here sees it, only an owner switches it.

use super::words::SettingsWords;
use crate::domain::account::Right;
use crate::domain::backlog::Backlog;
use crate::web::site::Site;
use crate::web::site::acts::Reasoned;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, State};
use axum::response::Redirect;
use serde::Deserialize;
use std::sync::Arc;

pub(super) struct SendingCard {
    pub(super) is_on: bool,
    pub(super) fenced: bool,
    /// Where the backlog's choice is made, before anything leaves.
    pub(super) asked: Option<String>,
    pub(super) may_switch: bool,
    pub(super) label: &'static str,
    pub(super) value: &'static str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    to: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn card(site: &Site, seat: &Seat) -> Result<SendingCard, PageError> {
    let (gate, words) = (site.engine.store.gate(seat.id()).await?, SettingsWords::of(seat.language()));
    let asked = gate.backlog == Some(Backlog::Asked);
    Ok(SendingCard {
        is_on: !gate.off,
        fenced: gate.fenced,
        asked: asked.then(|| seat.href("/backlog")),
        may_switch: seat.may(Right::Own),
        label: if gate.off { words.switch_on } else { words.switch_off },
        value: if gate.off { "on" } else { "off" },
    })
}

pub(super) async fn switch(State(site): State<Arc<Site>>, seat: Seat, Form(switch): Form<Switch>) -> Result<Redirect, PageError> {
    let on = match switch.to.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(PageError::NotFound),
    };
    let cause = Reasoned { reason: switch.reason, ..Reasoned::default() }.cause(&seat)?;
    if on && site.engine.store.gate(seat.id()).await?.backlog == Some(Backlog::Asked) {
        return Err(PageError::Invalid(SettingsWords::of(seat.language()).backlog_first.to_owned()));
    }
    site.engine.switch_sending(seat.id(), on, &cause).await?;
    Ok(Redirect::to(&seat.href(if on { "/settings?done=sending-on" } else { "/settings?done=sending-off" })))
}
