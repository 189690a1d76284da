//! What was heard of claims that are in the ledger becomes facts: payments, blocks, cancellations, new dates and amounts. Each
//! instance that they concern decides anew, in the same transaction.

use super::booking::{Said, missing};
use super::connection::Connection;
use super::exclusion::rest;
use super::ports::PaymentItem;
use crate::domain::ids::InvoiceId;
use crate::domain::instance::{Command, State};
use crate::domain::time::{Timestamp, midnight};
use crate::engine::EngineError;
use crate::engine::unit::Unit;
use crate::store::blocks::NewBlock;
use crate::store::cases::Case;
use crate::store::intake::{InvoiceUpdate, PaymentRecord};
use crate::store::source_claims::ClaimRecord;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What was heard of one claim.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// As it is to be remembered.
    pub record: ClaimRecord,
    /// `None`: nothing was said about it, or it means nothing (a draft).
    pub open_minor: Option<i64>,
    /// `None`: a listing, which shows no postings.
    pub items: Option<Vec<PaymentItem>>,
    /// What the claim itself says now.
    pub invoice: Option<InvoiceUpdate>,
}

/// What changed for an instance, for its history.
#[derive(Debug, Default)]
struct News {
    booked: BTreeSet<&'static str>,
    redated: bool,
}

/// Takes in what was heard; the claims' records are written with it.
///
/// # Errors
/// When the ledger fails; then the unit must not be committed.
pub(super) async fn take(unit: &mut Unit, connection: &Connection, heard: Vec<Heard>) -> Result<(), EngineError> {
    let invoices: Vec<_> = heard.iter().filter_map(|claim| claim.record.invoice).collect();
    let cases: BTreeMap<_, _> = unit.tx.cases(invoices.iter().copied()).await?.into_iter().map(|case| (case.instance.id, case)).collect();
    let mut news: BTreeMap<InvoiceId, News> = BTreeMap::new();
    update(unit, &heard, &cases, &mut news).await?;
    book(unit, connection, &heard, &cases, &mut news).await?;
    for claim in &heard {
        let Some(case) = claim.record.invoice.and_then(|invoice| cases.get(&invoice)) else { continue };
        if suspend_or_end(unit, connection, &claim.record, case).await? {
            news.entry(case.instance.id).or_default();
        }
    }
    let records: Vec<_> = heard.iter().map(|claim| claim.record.clone()).collect();
    unit.tx.save_claims(connection.name(), &records).await?;
    decide(unit, &heard, news).await
}

/// Amounts, dates and customers that have changed.
async fn update(
    unit: &mut Unit,
    heard: &[Heard],
    cases: &BTreeMap<InvoiceId, Case>,
    news: &mut BTreeMap<InvoiceId, News>,
) -> Result<(), EngineError> {
    let mut updates = Vec::new();
    for update in heard.iter().filter_map(|claim| claim.invoice.as_ref()) {
        let Some(case) = cases.get(&update.invoice) else { continue };
        let redated = update.due_date != case.due_date;
        let same = !redated
            && update.number == case.number
            && update.customer == case.customer
            && update.amount_minor == case.amount_minor
            && update.invoice_date == case.invoice_date;
        if !same {
            updates.push(update.clone());
            news.entry(update.invoice).or_default().redated |= redated;
        }
    }
    Ok(unit.tx.update_invoices(&updates).await?)
}

/// Payments, credits and what was taken back.
async fn book(
    unit: &mut Unit,
    connection: &Connection,
    heard: &[Heard],
    cases: &BTreeMap<InvoiceId, Case>,
    news: &mut BTreeMap<InvoiceId, News>,
) -> Result<(), EngineError> {
    let open: Vec<_> = heard.iter().filter_map(|claim| Some((claim, claim.record.invoice?, claim.open_minor?))).collect();
    let invoices: Vec<_> = open.iter().map(|(_, invoice, _)| *invoice).collect();
    if invoices.is_empty() {
        return Ok(());
    }
    let (zone, now) = (unit.tenant.settings.zone, unit.now);
    let booked = unit.tx.payments_of(connection.name(), &invoices).await?;
    let mut payments = Vec::new();
    for (claim, invoice, open_minor) in open {
        let Some(case) = cases.get(&invoice) else { continue };
        let amount_minor = claim.invoice.as_ref().map_or(case.amount_minor, |update| update.amount_minor);
        let said = Said { claim: &claim.record.external_id, amount_minor, open_minor, items: claim.items.as_deref() };
        for booking in missing(&said, booked.get(&invoice).map_or(&[], Vec::as_slice)) {
            news.entry(invoice).or_default().booked.insert(booking.what);
            payments.push(PaymentRecord {
                invoice,
                external_id: booking.external_id,
                kind: booking.kind,
                amount_minor: booking.amount_minor,
                effective_at: booking.on.map_or(now, |day| midnight(zone, day)),
            });
        }
    }
    unit.tx.insert_payments(connection.name(), &payments, now).await?;
    Ok(())
}

/// A void claim is cancelled; one that rests gets a block of the source's own, which ends when the reason does. Whether anything changed.
async fn suspend_or_end(unit: &mut Unit, connection: &Connection, record: &ClaimRecord, case: &Case) -> Result<bool, EngineError> {
    if record.status == "voided" {
        if !case.cancelled {
            unit.tx.cancel_invoice(case.instance.id, unit.now).await?;
        }
        return Ok(!case.cancelled);
    }
    let reason = rest(connection.name(), record);
    if reason.is_none() && case.block.is_none() {
        return Ok(false);
    }
    let (actor, now, mut changed, mut stands) = (connection.actor(), unit.now, false, false);
    for block in unit.tx.open_blocks(case.customer).await? {
        if block.invoice != Some(case.instance.id) || block.owner != actor {
            continue;
        }
        if reason.as_ref() == Some(&block.reason) && !stands {
            stands = true;
            continue;
        }
        unit.tx.end_block(block.id, &actor, "the source says otherwise now", now).await?;
        changed = true;
    }
    if let Some(reason) = reason.filter(|_| !stands) {
        let (customer, invoice) = (case.customer, Some(case.instance.id));
        let block = NewBlock { customer, invoice, amount_minor: None, kind: "pause", reason, owner: actor, until: None };
        unit.tx.insert_block(&block, now).await?;
        changed = true;
    }
    Ok(changed)
}

/// Lets the instances decide that have news.
async fn decide(unit: &mut Unit, heard: &[Heard], news: BTreeMap<InvoiceId, News>) -> Result<(), EngineError> {
    if news.is_empty() {
        return Ok(());
    }
    unit.facts_moved = true;
    let statuses: BTreeMap<_, _> = heard.iter().filter_map(|claim| Some((claim.record.invoice?, claim.record.status.as_str()))).collect();
    unit.save().await?;
    for mut case in unit.tx.cases(news.keys().copied()).await? {
        let Some(what) = news.get(&case.instance.id) else { continue };
        let mut detail = Map::new();
        if let Some(status) = statuses.get(&case.instance.id) {
            detail.insert("status".to_owned(), (*status).into());
        }
        if !what.booked.is_empty() {
            detail.insert("booked".to_owned(), what.booked.iter().copied().map(Value::from).collect());
        }
        unit.act(&mut case, &Command::Assess, detail.clone())?;
        if what.redated && matches!(case.instance.state, State::Waiting { .. } | State::Proposed { .. } | State::Issued { .. }) {
            detail.insert("due_date".to_owned(), case.due_date.to_string().into());
            unit.act(&mut case, &Command::Redate, detail)?;
        }
    }
    unit.save().await
}

/// Makes what was heard durable. Where nothing changed, what workers have at hand stays true.
///
/// # Errors
/// When the ledger fails; then nothing of the unit stands.
pub(super) async fn commit(unit: Unit) -> Result<(), EngineError> {
    if unit.facts_moved { unit.commit().await } else { unit.commit_keeping_facts().await.map(drop) }
}

/// Whether an answer that was asked for at `asked_at` is older than what is known already.
pub(super) fn is_late(record: &ClaimRecord, asked_at: Timestamp) -> bool {
    asked_at < record.checked_at
}
