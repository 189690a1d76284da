//! A page of a listing is taken in: new claims are enrolled, known ones are compared. What a row alone can't tell is left to be asked.
//!
//! Rows may come again, in any order and more than once: whatever they say is written over what was known, unless that was asked for
//! later. A row whose open amount differs from the ledger's is not believed but asked about (`ask`): only there are postings shown.

use super::booking::{Said, missing};
use super::connection::Connection;
use super::exclusion::exclusion;
use super::facts::{Heard, is_late, take};
use super::ports::{ClaimRow, ClaimStatus};
use super::words::{clean, is_claimed, is_over, kind_word, status_word};
use crate::domain::ids::InvoiceId;
use crate::domain::time::Timestamp;
use crate::engine::intake::{Incoming, Intake};
use crate::engine::unit::Unit;
use crate::engine::{Engine, EngineError};
use crate::store::intake::{CustomerRecord, Enlisted, InvoiceRecord};
use crate::store::source_claims::{ClaimRecord, ContactRecord};
use std::collections::BTreeMap;

/// The run of claims that are to be asked about one by one: before every real one.
pub(super) const TO_BE_ASKED: i64 = 0;

/// Where a page came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing {
    pub run: i64,
    pub asked_at: Timestamp,
}

/// A row with what is known of its claim.
struct Known<'a> {
    row: &'a ClaimRow,
    record: ClaimRecord,
}

/// What was known before the row.
struct Before {
    status: String,
    /// It was asked for later than the row.
    late: bool,
}

impl Engine {
    /// Takes a page in.
    ///
    /// # Errors
    /// When the ledger fails; then the unit must not be committed.
    pub(super) async fn take_rows(
        &self,
        unit: &mut Unit,
        connection: &Connection,
        listing: Listing,
        rows: &[ClaimRow],
    ) -> Result<(), EngineError> {
        // Of a claim that is listed twice the later row counts.
        let rows: BTreeMap<&str, &ClaimRow> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
        let mut records = unit.tx.claims(connection.name(), rows.keys().copied()).await?;
        let contacts: Vec<_> = rows.values().filter_map(|row| row.contact.as_deref()).collect();
        let contacts = unit.tx.contacts(connection.name(), contacts).await?;
        let (mut fresh, mut known, mut aside) = (Vec::new(), Vec::new(), Vec::new());
        for (id, row) in rows {
            let record = records.remove(id);
            if record.is_none() && !is_claimed(&row.status) {
                continue;
            }
            let archived = row.contact.as_ref().and_then(|id| contacts.get(id)).is_some_and(|contact| contact.archived);
            let late = record.as_ref().is_some_and(|record| is_late(record, listing.asked_at));
            let before = record.as_ref().map(|record| record.status.clone()).unwrap_or_default();
            let mut record = renewed(connection, record, row, listing);
            record.reason = exclusion(&connection.settings, &record, archived).or_else(|| unusable(&record, row));
            match record.invoice {
                Some(_) => known.push((Known { row, record }, Before { status: before, late })),
                None if record.reason.is_none() => fresh.push(Known { row, record }),
                None => aside.push(record),
            }
        }
        unit.tx.save_claims(connection.name(), &aside).await?;
        let mut heard = self.enrol_rows(unit, connection, listing, fresh, &contacts).await?;
        heard.extend(compare(unit, connection, listing, known).await?);
        take(unit, connection, heard).await
    }

    /// New claims become invoices with an instance each, under customers of whom only the name is known yet.
    async fn enrol_rows(
        &self,
        unit: &mut Unit,
        connection: &Connection,
        listing: Listing,
        fresh: Vec<Known<'_>>,
        contacts: &BTreeMap<String, ContactRecord>,
    ) -> Result<Vec<Heard>, EngineError> {
        if fresh.is_empty() {
            return Ok(Vec::new());
        }
        let customers = unit.tx.customers(contacts.values().map(|contact| contact.customer)).await?;
        let incoming: Vec<_> = fresh
            .iter()
            .map(|known| {
                let contact = known.record.contact.as_deref().and_then(|id| contacts.get(id));
                incoming(known, contact.and_then(|contact| customers.get(&contact.customer)))
            })
            .collect();
        let taken = self.take_in_within(unit, connection.name(), connection.settings.workflow, &incoming).await?;
        self.remember_contacts(unit, connection, &fresh, &incoming, contacts).await?;
        Ok(fresh
            .into_iter()
            .zip(taken)
            .map(|(known, taken)| {
                let (Intake::Enrolled(invoice) | Intake::Known(invoice) | Intake::Differs { invoice, .. }) = taken;
                let record = ClaimRecord { invoice: Some(invoice), seen_run: listing.run, ..known.record };
                Heard { record, open_minor: known.row.open_minor, items: None, invoice: None }
            })
            .collect())
    }

    async fn remember_contacts(
        &self,
        unit: &mut Unit,
        connection: &Connection,
        fresh: &[Known<'_>],
        incoming: &[Incoming],
        contacts: &BTreeMap<String, ContactRecord>,
    ) -> Result<(), EngineError> {
        let unknown = fresh.iter().zip(incoming).filter_map(|(known, incoming)| {
            let contact = known.record.contact.clone()?;
            (!contacts.contains_key(&contact)).then(|| (contact, incoming.customer.clone()))
        });
        let unknown: BTreeMap<_, _> = unknown.collect();
        let records = unknown.values().map(|record| (record.number.clone(), record.clone())).collect();
        let rule = unit.tenant.settings.address_rule.clone();
        let Enlisted { ids, .. } = unit.tx.upsert_customers(&records, &rule, || self.entropy.key()).await?;
        let contacts: Vec<_> = unknown
            .into_iter()
            .filter_map(|(external_id, record)| {
                Some(ContactRecord { external_id, customer: *ids.get(&record.number)?, read_at: None, archived: false })
            })
            .collect();
        Ok(unit.tx.save_contacts(connection.name(), &contacts).await?)
    }
}

/// A claim as it is known with this row. What has changed at the source loses its details.
fn renewed(connection: &Connection, known: Option<ClaimRecord>, row: &ClaimRow, listing: Listing) -> ClaimRecord {
    let never = Timestamp(0);
    let blank = || ClaimRecord {
        source: connection.name().to_owned(),
        external_id: row.id.clone(),
        kind: kind_word(&row.kind).to_owned(),
        status: String::new(),
        invoice: None,
        number: String::new(),
        contact: None,
        date: None,
        due_date: None,
        term_id: None,
        term: None,
        updated_at: never,
        open: false,
        seen_run: listing.run,
        checked_at: listed_at(connection, row, listing),
        detailed_at: None,
        retry_at: never,
        reason: None,
    };
    let before = known.unwrap_or_else(blank);
    let changed = before.updated_at != row.updated || before.contact != row.contact;
    let collected = row.status == ClaimStatus::Overdue && !changed && before.status == status_word(&ClaimStatus::DirectDebit);
    ClaimRecord {
        status: if collected { before.status.clone() } else { clean(status_word(&row.status)) },
        number: clean(&row.number),
        contact: row.contact.clone(),
        date: row.date.or(before.date),
        due_date: row.due_date.or(before.due_date).or(row.date),
        updated_at: row.updated,
        open: !is_over(&row.status),
        detailed_at: before.detailed_at.filter(|_| !changed),
        retry_at: if changed { never } else { before.retry_at },
        ..before
    }
}

/// From when on a row tells what is paid. One that is overdue may be a direct debit all the same, which a listing hides: before it is dunned
/// it is asked about in any case.
fn listed_at(connection: &Connection, row: &ClaimRow, listing: Listing) -> Timestamp {
    let hidden = if row.status == ClaimStatus::Overdue { connection.settings.recheck_ms + 1 } else { 0 };
    Timestamp(listing.asked_at.0 - hidden)
}

/// What keeps a claim from becoming an invoice at all.
fn unusable(record: &ClaimRecord, row: &ClaimRow) -> Option<String> {
    let missing = match (record.invoice, row.total_minor, record.date, record.due_date) {
        (Some(_), ..) => return None,
        (_, None | Some(..=0), ..) => "an amount",
        (_, _, None, _) => "a date",
        (_, _, _, None) => "a due date",
        _ => return None,
    };
    Some(format!("its listing does not show {missing}"))
}

fn incoming(known: &Known<'_>, customer: Option<&CustomerRecord>) -> Incoming {
    let Known { row, record } = known;
    let contact = record.contact.clone().unwrap_or_default();
    let nameless =
        || CustomerRecord { number: contact, name: clean(&row.contact_name), kind: "unknown".to_owned(), ..CustomerRecord::default() };
    let customer = customer.cloned().unwrap_or_else(nameless);
    let date = record.date.or(record.due_date).unwrap_or_default();
    let invoice = InvoiceRecord {
        external_id: record.external_id.clone(),
        number: record.number.clone(),
        customer: customer.number.clone(),
        kind: record.kind.clone(),
        currency: row.currency.code().to_owned(),
        amount_minor: row.total_minor.unwrap_or_default(),
        invoice_date: date,
        due_date: record.due_date.unwrap_or(date),
        document: None,
    };
    Incoming { customer, invoice, document: None }
}

/// Compares known claims with their rows. Those whose open amount is another than the ledger's are left to be asked about.
async fn compare(
    unit: &mut Unit,
    connection: &Connection,
    listing: Listing,
    known: Vec<(Known<'_>, Before)>,
) -> Result<Vec<Heard>, EngineError> {
    let invoices: Vec<InvoiceId> = known.iter().filter_map(|(known, _)| known.record.invoice).collect();
    if invoices.is_empty() {
        return Ok(Vec::new());
    }
    let booked = unit.tx.payments_of(connection.name(), &invoices).await?;
    let cases: BTreeMap<_, _> = unit.tx.cases(invoices).await?.into_iter().map(|case| (case.instance.id, case)).collect();
    let mut heard = Vec::with_capacity(known.len());
    for (Known { row, record }, before) in known {
        let Some(case) = record.invoice.and_then(|invoice| cases.get(&invoice)) else { continue };
        let agrees = open_of(row).is_none_or(|open_minor| {
            let said = Said { claim: &record.external_id, amount_minor: case.amount_minor, open_minor, items: None };
            missing(&said, booked.get(&case.instance.id).map_or(&[], Vec::as_slice)).is_empty()
        });
        let record = if agrees && !before.late {
            let checked_at = listed_at(connection, row, listing).max(record.checked_at);
            ClaimRecord { seen_run: listing.run, checked_at, ..record }
        } else {
            // What it is from now on is said when it is asked about: it is found as one that may be open.
            ClaimRecord { seen_run: TO_BE_ASKED, open: true, status: before.status, ..record }
        };
        heard.push(Heard { record, open_minor: None, items: None, invoice: None });
    }
    Ok(heard)
}

/// What is open by a row; `None` where that means nothing.
fn open_of(row: &ClaimRow) -> Option<i64> {
    match row.status {
        ClaimStatus::Paid | ClaimStatus::PaidOff => Some(0),
        ClaimStatus::Draft | ClaimStatus::Voided => None,
        ClaimStatus::Open | ClaimStatus::Overdue | ClaimStatus::DirectDebit | ClaimStatus::Other(_) => row.open_minor,
    }
}
