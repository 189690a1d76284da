//! One act on many invoices.

use super::words::InvoiceWords;
use crate::domain::ids::InvoiceId;
use crate::engine::operate::{Cause, Scope};
use crate::web::site::Site;
use crate::web::site::acts::Reasoned;
use crate::web::site::bulk::{Bulk, Failed, Tally};
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, State};
use axum::response::Html;
use chrono::NaiveDate;
use std::sync::Arc;

#[derive(Clone, Copy)]
enum Act {
    Pause(Option<NaiveDate>),
    Resume,
    Skip,
}

pub(super) async fn run(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Html<String>, PageError> {
    let words = InvoiceWords::of(seat.language());
    let bulk = Bulk::of(&fields);
    if bulk.ids.is_empty() {
        return Err(PageError::Invalid(words.none_picked.to_owned()));
    }
    let said = Reasoned { reason: bulk.reason.clone(), until: bulk.until.clone(), ..Reasoned::default() };
    let cause = said.cause(&seat)?;
    let (act, label) = match bulk.act.as_str() {
        "pause" => (Act::Pause(said.until(&site, &seat)?), words.pause),
        "resume" => (Act::Resume, words.resume),
        "skip" => (Act::Skip, words.skip),
        _ => return Err(PageError::NotFound),
    };
    let mut tally = Tally::new(bulk.ids.len());
    for id in &bulk.ids {
        let invoice = InvoiceId(id.parse().map_err(|_| PageError::NotFound)?);
        if let Err(error) = one(&site, &seat, invoice, act, &cause).await {
            let detail = site.engine.store.invoice_detail(seat.id(), invoice).await?;
            let name = detail.map_or_else(|| format!("#{invoice}"), |detail| detail.record.number);
            tally.failed.push(Failed { href: seat.href(&format!("/invoices/{invoice}")), name, why: error.told(seat.language()) });
        }
    }
    tally.page(&seat, "invoices", label, words.number, &bulk.back)
}

async fn one(site: &Site, seat: &Seat, invoice: InvoiceId, act: Act, cause: &Cause) -> Result<(), PageError> {
    match act {
        Act::Pause(until) => {
            site.engine.pause(seat.id(), Scope::Invoice(invoice), until, cause).await?;
        }
        Act::Resume => super::acts::end_blocks(site, seat, invoice, cause).await?,
        Act::Skip => {
            site.engine.skip(seat.id(), invoice, cause).await?;
        }
    }
    Ok(())
}
