//! The list of invoices as a file.

use super::list::{Asked, Stages, Wanted};
use super::words::InvoiceWords;
use crate::store::lists::{InvoiceLine, Spot};
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::listing::FILE_PAGE;
use crate::web::site::seat::Seat;
use crate::web::site::{shown, table};
use axum::extract::{Query, State};
use axum::response::Response;
use std::sync::Arc;

/// What the rows of a file are made with.
struct Sheet {
    site: Arc<Site>,
    seat: Seat,
    stages: Stages,
    wanted: Wanted,
}

/// All rows that fit, in the order of the list.
pub(super) async fn file(State(site): State<Arc<Site>>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let stages = Stages::of(&site, &seat).await?;
    let wanted = asked.wanted(&stages);
    let (language, words) = (seat.language(), InvoiceWords::of(seat.language()));
    let head =
        [words.number, words.customer, "", words.of_date, words.due, words.amount, words.open, "", words.state, words.stage, words.next];
    let mut head = head.map(ToOwned::to_owned);
    let german = language == Language::German;
    head[2] = (if german { "Kundennummer" } else { "Customer number" }).to_owned();
    head[7] = (if german { "Währung" } else { "Currency" }).to_owned();
    let head = table::lines(&[head], german)?;
    let sheet = Arc::new(Sheet { site, seat, stages, wanted });
    table::file(if german { "rechnungen" } else { "invoices" }, None, head, move |after| page(sheet.clone(), after)).await
}

/// The lines of a page, and where the next one begins.
async fn page(sheet: Arc<Sheet>, after: Option<Spot>) -> Result<(Vec<u8>, Option<Option<Spot>>), PageError> {
    let Wanted { filter, sort, order } = &sheet.wanted;
    let store = &sheet.site.engine.store;
    let page = store.list_invoices(sheet.seat.id(), filter, (*sort, *order), after.as_ref(), FILE_PAGE).await?;
    let rows: Vec<_> = page.lines.iter().map(|line| row(&sheet, line)).collect();
    let lines = table::lines(&rows, sheet.seat.language() == Language::German)?;
    let next = page.lines.last().filter(|_| page.more).map(|last| Some(last.spot.clone()));
    Ok((lines, next))
}

fn row(sheet: &Sheet, line: &InvoiceLine) -> [String; 11] {
    let language = sheet.seat.language();
    let zone = sheet.seat.tenant.settings.zone;
    [
        line.number.clone(),
        line.customer_name.clone(),
        line.customer_number.clone(),
        line.invoice_date.clone(),
        line.due_date.clone(),
        table::amount(language, line.amount_minor, &line.currency),
        table::amount(language, line.open_minor, &line.currency),
        line.currency.clone(),
        shown::state(language, &line.state).to_owned(),
        sheet.stages.key(line),
        line.wake_at.filter(|_| !line.queued).map(|at| at.in_zone(zone).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default(),
    ]
}
