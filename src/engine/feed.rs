//! Facts that another program brings: invoices that are new, the same or changed, and payments. Each item is answered by itself; what one
//! of them is refused for keeps the others from nothing. All of a call is one transaction.
//!
//! Unlike a file ([`super::intake`]), a program may bring an invoice again with other content: that is a change.

use super::error::EngineError;
use super::intake::{Incoming, Intake};
use super::unit::Unit;
use super::{Engine, edition::Tenant};
use crate::domain::ids::{InvoiceId, TenantId, WorkflowId};
use crate::domain::instance::{Command, State};
use crate::domain::time::midnight;
use crate::store::intake::{Enlisted, InvoiceUpdate, PaymentRecord};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Where these facts come from, as invoices and payments name it.
pub const FEED: &str = "api";

/// What became of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fed {
    Created(InvoiceId),
    Unchanged(InvoiceId),
    /// What is written over: names of fields.
    Changed(InvoiceId, Vec<&'static str>),
    Refused(String),
}

/// Whose payment it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payee {
    /// An invoice that was brought under this external id.
    External(String),
    /// Any invoice of the ledger.
    Invoice(InvoiceId),
}

/// A payment to be booked.
#[derive(Clone, Debug)]
pub struct FedPayment {
    pub external_id: String,
    pub invoice: Payee,
    /// `payment`, `credit` or `return_debit`.
    pub kind: &'static str,
    /// Negative for a return debit.
    pub amount_minor: i64,
    pub currency: String,
    pub on: Option<NaiveDate>,
}

/// What became of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FedBooking {
    Created(InvoiceId),
    Unchanged(InvoiceId),
    Refused(String),
}

impl Engine {
    async fn feeding(&self, tenant: TenantId, actor: &str) -> Result<Unit, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        Unit::begin(&self.store, held, self.clock.now(), actor).await
    }

    /// Takes in invoices, new ones under this workflow; what became of each, in order. External ids must not repeat.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the call stands.
    pub async fn feed_invoices(
        &self,
        tenant: TenantId,
        actor: &str,
        workflow: WorkflowId,
        batch: &[Incoming],
    ) -> Result<Vec<Fed>, EngineError> {
        let mut unit = self.feeding(tenant, actor).await?;
        let taken = self.take_in_within(&mut unit, FEED, workflow, batch).await?;
        let (mut answers, mut changed) = (Vec::with_capacity(batch.len()), BTreeMap::new());
        for (row, intake) in batch.iter().zip(taken) {
            answers.push(match intake {
                Intake::Enrolled(id) => Fed::Created(id),
                Intake::Known(id) => Fed::Unchanged(id),
                Intake::Differs { fields, .. } if fields.contains(&"currency") || fields.contains(&"kind") => Fed::Refused(
                    "the invoice is known with another currency or kind, which never change: bring it under another external_id".to_owned(),
                ),
                Intake::Differs { invoice, fields } => {
                    changed.insert(invoice, (row, fields.clone()));
                    Fed::Changed(invoice, fields)
                }
            });
        }
        self.change(&mut unit, &changed).await?;
        unit.commit().await?;
        Ok(answers)
    }

    /// Writes changed invoices over and lets their instances decide.
    async fn change(&self, unit: &mut Unit, changed: &BTreeMap<InvoiceId, (&Incoming, Vec<&'static str>)>) -> Result<(), EngineError> {
        if changed.is_empty() {
            return Ok(());
        }
        let customers = changed.values().map(|(row, _)| (row.customer.number.clone(), row.customer.clone())).collect();
        let rule = unit.tenant.settings.address_rule.clone();
        let Enlisted { ids, .. } = unit.tx.upsert_customers(&customers, &rule, || self.entropy.key()).await?;
        let update = |(invoice, (row, _)): (&InvoiceId, &(&Incoming, Vec<&'static str>))| {
            let record = &row.invoice;
            Some(InvoiceUpdate {
                invoice: *invoice,
                customer: *ids.get(&record.customer)?,
                number: record.number.clone(),
                amount_minor: record.amount_minor,
                invoice_date: record.invoice_date,
                due_date: record.due_date,
            })
        };
        let updates: Vec<_> = changed.iter().filter_map(update).collect();
        unit.tx.update_invoices(&updates).await?;
        unit.save().await?;
        for mut case in unit.tx.cases(changed.keys().copied()).await? {
            let Some((_, fields)) = changed.get(&case.instance.id) else { continue };
            let mut detail = Map::from_iter([("changed".to_owned(), fields.iter().copied().map(Value::from).collect())]);
            unit.act(&mut case, &Command::Assess, detail.clone())?;
            let moves = matches!(case.instance.state, State::Waiting { .. } | State::Proposed { .. } | State::Issued { .. });
            if moves && fields.contains(&"due_date") {
                detail.insert("due_date".to_owned(), case.due_date.to_string().into());
                unit.act(&mut case, &Command::Redate, detail)?;
            }
        }
        Ok(())
    }

    /// Books payments, credits and return debits; what became of each, in order. External ids must not repeat.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the call stands.
    pub async fn feed_payments(&self, tenant: TenantId, actor: &str, batch: &[FedPayment]) -> Result<Vec<FedBooking>, EngineError> {
        let mut unit = self.feeding(tenant, actor).await?;
        let known = unit.tx.known_payments(FEED, &batch.iter().map(|payment| payment.external_id.as_str()).collect::<Vec<_>>()).await?;
        let payees = payees(&mut unit, batch).await?;
        let (mut answers, mut records) = (Vec::with_capacity(batch.len()), Vec::new());
        for payment in batch {
            let payee = payees.get(&payment.external_id);
            answers.push(match (payee, known.get(&payment.external_id)) {
                (None, _) => FedBooking::Refused("there is no such invoice".to_owned()),
                (Some((invoice, _)), Some(booked)) if *booked == (*invoice, payment.amount_minor) => FedBooking::Unchanged(*invoice),
                (Some(_), Some((invoice, amount))) => FedBooking::Refused(format!(
                    "it is booked already with another content, {amount} on invoice {invoice}, and payments never change: book the difference under another external_id"
                )),
                (Some((_, currency)), None) if *currency != payment.currency => {
                    FedBooking::Refused(format!("the invoice is in {currency}, not in {}", payment.currency))
                }
                (Some((invoice, _)), None) => {
                    records.push(record(payment, *invoice, &unit.tenant, unit.now));
                    FedBooking::Created(*invoice)
                }
            });
        }
        let now = unit.now;
        let paid: BTreeSet<_> = unit.tx.insert_payments(FEED, &records, now).await?.into_iter().collect();
        for mut case in unit.tx.cases(paid).await? {
            unit.assess(&mut case)?;
        }
        unit.commit().await?;
        Ok(answers)
    }
}

/// The invoice of each payment, by the payment's external id, with its currency.
async fn payees(unit: &mut Unit, batch: &[FedPayment]) -> Result<BTreeMap<String, (InvoiceId, String)>, EngineError> {
    let external: Vec<_> =
        batch.iter().filter_map(|payment| if let Payee::External(id) = &payment.invoice { Some(id.as_str()) } else { None }).collect();
    let brought = unit.tx.known_invoices(FEED, &external).await?;
    let named: BTreeSet<_> =
        batch.iter().filter_map(|payment| if let Payee::Invoice(id) = payment.invoice { Some(id) } else { None }).collect();
    let cases = unit.tx.cases(named).await?;
    let currencies: BTreeMap<_, _> = cases.iter().map(|case| (case.instance.id, case.currency.code().to_owned())).collect();
    let payee = |payment: &FedPayment| {
        let found = match &payment.invoice {
            Payee::External(id) => brought.get(id).map(|known| (known.id, known.record.currency.clone()))?,
            Payee::Invoice(id) => (*id, currencies.get(id)?.clone()),
        };
        Some((payment.external_id.clone(), found))
    };
    Ok(batch.iter().filter_map(payee).collect())
}

fn record(payment: &FedPayment, invoice: InvoiceId, tenant: &Tenant, now: crate::domain::time::Timestamp) -> PaymentRecord {
    PaymentRecord {
        invoice,
        external_id: payment.external_id.clone(),
        kind: payment.kind,
        amount_minor: payment.amount_minor,
        effective_at: payment.on.map_or(now, |day| midnight(tenant.settings.zone, day)),
    }
}
