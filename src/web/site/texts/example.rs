//! The notice that a text is shown with, which never was one: the tenant's own sender and look, to an invented customer or one of the tenant's.

use super::preview::Look;
use crate::adapters::outside::Trial;
use crate::adapters::texts::{EXAMPLES, OwnText, example};
use crate::domain::ids::{CustomerId, NoticeId};
use crate::domain::money::Currency;
use crate::domain::notice::{Creditor, Kind, Line, Notice, Recipient};
use crate::domain::workflow::{Stage, StageKind};
use crate::engine::ports::Enclosure;
use crate::store::lists::{CustomerLine, InvoiceFilter, InvoiceLine, InvoiceSort, Order};
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use chrono::Days;

/// Invoices of a customer that a preview is about, at most.
const MOST_INVOICES: i64 = 20;

/// The name of an example, whatever was asked for.
pub(super) fn known(asked: &str) -> &'static str {
    EXAMPLES.into_iter().find(|name| *name == asked).unwrap_or(EXAMPLES[0])
}

/// A notice with this text as it would leave today.
pub(super) async fn trial(site: &Site, seat: &Seat, own: &OwnText, look: &Look) -> Result<Trial, PageError> {
    let stage = stage(site, seat, &own.template).await?;
    let settings = &seat.tenant.settings;
    let at = site.engine.clock.now();
    let sample = example(known(&look.example), at.date_in(settings.zone));
    let looks_like_dunning = own.template.starts_with("dunning");
    let kind = stage.as_ref().map_or(if looks_like_dunning { StageKind::Dunning } else { StageKind::Reminder }, |stage| stage.kind);
    let payment_days = stage.as_ref().map_or(10, |stage| stage.payment_days);
    let creditor = settings.creditor.clone();
    let name = if creditor.name.is_empty() { settings.name.clone() } else { creditor.name.clone() };
    let notice = Notice {
        id: NoticeId(crate::domain::chain::hex(&site.engine.entropy.key()[..16])),
        language: own.language.clone(),
        stage: stage.as_ref().map_or_else(|| own.template.clone(), |stage| stage.key.clone()),
        kind: Kind::from(kind),
        template: own.template.clone(),
        pay_by: sample.date.checked_add_days(Days::new(u64::from(payment_days))).unwrap_or(sample.date),
        currency: if sample.currency.decimals() == 0 { sample.currency } else { settings.currency },
        creditor: Creditor { name, ..creditor },
        ..sample
    };
    let notice = match customer(site, seat, &look.customer).await? {
        Some(known) => about(site, seat, known, notice).await?,
        None => notice,
    };
    let attach_letter = stage.as_ref().and_then(|stage| stage.attach_letter) == Some(true);
    Ok(Trial { tenant: seat.id(), notice, identity: settings.mail.clone(), at, attach_letter, attach: Vec::new() })
}

/// The customer with this number, if there is one.
pub(super) async fn customer(site: &Site, seat: &Seat, number: &str) -> Result<Option<CustomerLine>, PageError> {
    let (store, number) = (&site.engine.store, number.trim());
    if number.is_empty() {
        return Ok(None);
    }
    match store.customer_numbered(seat.id(), number).await? {
        Some(id) => Ok(store.customer_line(seat.id(), id).await?),
        None => Ok(None),
    }
}

/// The notice to a customer of the tenant, about what is open of him in one currency; about the invented invoices where nothing is.
async fn about(site: &Site, seat: &Seat, customer: CustomerLine, notice: Notice) -> Result<Notice, PageError> {
    let open = open_invoices(site, seat, customer.id).await?;
    let currency = open.first().and_then(|line| Currency::parse(&line.currency).ok()).unwrap_or(notice.currency);
    let line = |line: &InvoiceLine| {
        let (invoice_date, due_date) = (line.invoice_date.parse().ok()?, line.due_date.parse().ok()?);
        Some(Line {
            invoice: line.number.clone(),
            stage: notice.stage.clone(),
            invoice_date,
            due_date,
            amount_minor: line.amount_minor,
            open_minor: line.open_minor,
            days_overdue: (notice.date - due_date).num_days(),
        })
    };
    let lines: Vec<_> = open.iter().filter(|line| line.currency == currency.code()).filter_map(line).collect();
    let CustomerLine { number, name, email, street, postcode, city, country, .. } = customer;
    let recipient = Recipient { number, name, email, email_rule: String::new(), street, postcode, city, country };
    let (lines, currency) = if lines.is_empty() { (notice.lines, notice.currency) } else { (lines, currency) };
    Ok(Notice { recipient, lines, currency, ..notice })
}

async fn open_invoices(site: &Site, seat: &Seat, customer: CustomerId) -> Result<Vec<InvoiceLine>, PageError> {
    let filter = InvoiceFilter { customer: Some(customer), ..InvoiceFilter::default() };
    let page = site.engine.store.list_invoices(seat.id(), &filter, (InvoiceSort::Due, Order::Up), None, MOST_INVOICES).await?;
    let is_open = |line: &InvoiceLine| line.open_minor > 0 && !matches!(line.state.as_str(), "settled" | "withdrawn" | "handed_over");
    Ok(page.lines.into_iter().filter(is_open).collect())
}

/// The same with the documents that a mail of the stage takes along; of invented invoices there are none.
pub(super) async fn with_documents(site: &Site, seat: &Seat, mut trial: Trial, look: &Look) -> Result<Trial, PageError> {
    let attaches = stage(site, seat, &trial.notice.template).await?.is_some_and(|stage| stage.attach_invoice);
    let Some(customer) = customer(site, seat, &look.customer).await?.filter(|_| attaches) else { return Ok(trial) };
    for line in open_invoices(site, seat, customer.id).await? {
        if !trial.notice.lines.iter().any(|own| own.invoice == line.number) {
            continue;
        }
        let hash = site.engine.store.invoice_detail(seat.id(), line.id).await?.and_then(|detail| detail.document);
        let document = match hash {
            Some(hash) => site.engine.store.document(seat.id(), &hash).await?,
            None => None,
        };
        trial.attach.push((Enclosure { number: line.number, hash, lacks: None }, document));
    }
    Ok(trial)
}

/// The newest stage that writes with a text set.
async fn stage(site: &Site, seat: &Seat, template: &str) -> Result<Option<Stage>, PageError> {
    let held = site.engine.tenant_with_editions(seat.id()).await?;
    let editions = held.editions();
    let mut stages = editions.iter().rev().flat_map(|edition| &edition.workflow.stages);
    Ok(stages.find(|stage| stage.template == template).cloned())
}
