//! Facts come in: invoices with their customers, payments, cancellations. Idempotent; each fact lets its instance decide.

use super::Engine;
use super::edition::{Edition, Tenant};
use super::error::EngineError;
use super::gate::too_old;
use super::spans::span;
use super::unit::Unit;
use crate::domain::backlog::{Choice, Start};
use crate::domain::ids::{CustomerId, InvoiceId, TenantId, WorkflowId};
use crate::domain::instance::{Facts, Instance, Rest, enrol, evolve};
use crate::domain::money::Currency;
use crate::domain::workflow::{Workflow, content_hash, to_toml};
use crate::store::blocks::NewBlock;
use crate::store::documents::Document;
use crate::store::intake::{CustomerRecord, Enlisted, InvoiceRecord, KnownInvoice, PaymentRecord};
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::Instrument;

/// An invoice with its customer, as a source gives them.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub customer: CustomerRecord,
    pub invoice: InvoiceRecord,
    /// The invoice's own document.
    pub document: Option<Document>,
}

/// What became of an incoming invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intake {
    /// It is new and has an instance now.
    Enrolled(InvoiceId),
    /// The ledger has it already, with the same content.
    Known(InvoiceId),
    /// The ledger has it with other content; nothing was changed. Which fields differ.
    Differs { invoice: InvoiceId, fields: Vec<&'static str> },
}

impl Engine {
    /// Publishes a workflow for a tenant; the same content is the same version.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn publish(&self, tenant: TenantId, workflow: &Workflow) -> Result<WorkflowId, EngineError> {
        let held = self.tenant(tenant)?;
        let mut tx = self.store.begin_tenant(tenant).await?;
        let id = tx.publish_workflow(&workflow.name, &content_hash(workflow), &to_toml(workflow), self.clock.now()).await?;
        tx.commit().await?;
        if held.known(id).is_none() {
            held.add(id, workflow.clone());
        }
        Ok(id)
    }

    /// Takes in a batch of invoices under one workflow, but those of a customer for whom another was decided under that one; what became
    /// of each, in order.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the batch stands.
    pub async fn take_in(
        &self,
        tenant: TenantId,
        source: &str,
        workflow: WorkflowId,
        batch: &[Incoming],
    ) -> Result<Vec<Intake>, EngineError> {
        let span = span!("import", tenant = tenant.0, source, rows = batch.len());
        self.take_in_batch(tenant, source, workflow, batch).instrument(span).await
    }

    async fn take_in_batch(
        &self,
        tenant: TenantId,
        source: &str,
        workflow: WorkflowId,
        batch: &[Incoming],
    ) -> Result<Vec<Intake>, EngineError> {
        let held = self.tenant(tenant)?;
        held.refresh(&self.store).await?;
        let mut unit = Unit::begin(&self.store, held.clone(), self.clock.now(), &format!("source:{source}")).await?;
        let results = self.take_in_within(&mut unit, source, workflow, batch).await?;
        unit.commit().await?;
        Ok(results)
    }

    /// As [`Self::take_in`], within a transaction whose facts go with these.
    ///
    /// # Errors
    /// When the ledger fails; then the unit must not be committed.
    pub(super) async fn take_in_within(
        &self,
        unit: &mut Unit,
        source: &str,
        workflow: WorkflowId,
        batch: &[Incoming],
    ) -> Result<Vec<Intake>, EngineError> {
        let now = unit.now;
        let external: Vec<_> = batch.iter().map(|row| row.invoice.external_id.as_str()).collect();
        let known = unit.tx.known_invoices(source, &external).await?;
        let (mut results, fresh) = sort_out(batch, &known);
        // A row that is refused changes nothing, its customer's address neither.
        let refused = |position: &usize| matches!(results.get(position), Some(Intake::Differs { .. }));
        let taken = batch.iter().enumerate().filter(|(position, _)| !refused(position)).map(|(_, row)| &row.customer);
        let customers: BTreeMap<_, _> = taken.map(|customer| (customer.number.clone(), customer.clone())).collect();
        let rule = unit.tenant.settings.address_rule.clone();
        let Enlisted { ids, workflows } = unit.tx.upsert_customers(&customers, &rule, || self.entropy.key()).await?;
        for row in batch.iter().filter_map(|row| row.document.as_ref()) {
            unit.tx.put_document(row, now).await?;
        }
        let records: Vec<_> = fresh.iter().filter_map(|(_, record)| Some((*record, ids.get(&record.customer).copied()?))).collect();
        let invoices = unit.tx.insert_invoices(source, &records, now).await?;
        let usual = unit.edition(workflow)?;
        let mut instances = Vec::with_capacity(invoices.len());
        let mut resting = Vec::new();
        for (invoice, (position, record)) in invoices.into_iter().zip(&fresh) {
            let decided = workflows.get(&record.customer).and_then(|name| edition_named(unit, &usual, name));
            let edition = decided.unwrap_or_else(|| usual.clone());
            let (start, rest) = first_step(unit, &edition, record);
            let instance = first_state(&edition, invoice, record, (start, rest.clone()), now);
            resting.extend(rest.zip(ids.get(&record.customer)).map(|(rest, customer)| block(invoice, *customer, rest)));
            unit.decisions.enrolled(&instance, &edition, record.amount_minor);
            instances.push(instance);
            results.insert(*position, Intake::Enrolled(invoice));
        }
        unit.tx.insert_instances(instances).await?;
        unit.tx.insert_blocks(&resting, now).await?;
        Ok(settle_repeats(batch, results))
    }

    /// Takes in payments, credits and return debits; the invoices whose payment was new.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the batch stands.
    pub async fn take_in_payments(
        &self,
        tenant: TenantId,
        source: &str,
        payments: &[PaymentRecord],
    ) -> Result<Vec<InvoiceId>, EngineError> {
        let held = self.tenant(tenant)?;
        held.refresh(&self.store).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), &format!("source:{source}")).await?;
        let now = unit.now;
        let invoices = unit.tx.insert_payments(source, payments, now).await?;
        for mut case in unit.tx.cases(invoices.iter().copied()).await? {
            unit.assess(&mut case)?;
        }
        unit.commit().await?;
        Ok(invoices)
    }

    /// A tenant with all its editions read.
    ///
    /// # Errors
    /// When it is not configured here or an edition can't be read.
    pub async fn tenant_with_editions(&self, tenant: TenantId) -> Result<Arc<Tenant>, EngineError> {
        let held = self.tenant(tenant)?;
        held.refresh(&self.store).await?;
        Ok(held)
    }
}

/// A new invoice: its place in the batch, its record.
type Fresh<'a> = (usize, &'a InvoiceRecord);

/// What is known already or differs, and what is new. Of rows that repeat an external id the first counts.
fn sort_out<'a>(batch: &'a [Incoming], known: &BTreeMap<String, KnownInvoice>) -> (BTreeMap<usize, Intake>, Vec<Fresh<'a>>) {
    let mut results = BTreeMap::new();
    let mut fresh: Vec<Fresh<'a>> = Vec::new();
    let mut first: BTreeMap<&str, &InvoiceRecord> = BTreeMap::new();
    for (position, row) in batch.iter().enumerate() {
        let record = &row.invoice;
        if let Some(other) = known.get(&record.external_id) {
            results.insert(position, compare(other.id, &other.record, record));
        } else if let Some(other) = first.get(record.external_id.as_str()) {
            // Its invoice gets its id only now: the first row's answer is looked up at the end.
            results.insert(position, compare(InvoiceId(0), other, record));
        } else {
            first.insert(&record.external_id, record);
            fresh.push((position, record));
        }
    }
    (results, fresh)
}

/// One answer per row, in order; rows that repeat a new one name its invoice.
fn settle_repeats(batch: &[Incoming], results: BTreeMap<usize, Intake>) -> Vec<Intake> {
    let mut enrolled: BTreeMap<&str, InvoiceId> = BTreeMap::new();
    let mut answers = Vec::with_capacity(batch.len());
    for (row, (_, result)) in batch.iter().zip(results) {
        let external_id = row.invoice.external_id.as_str();
        let first = enrolled.get(external_id).copied();
        answers.push(match result {
            Intake::Enrolled(id) => {
                enrolled.insert(external_id, id);
                Intake::Enrolled(id)
            }
            Intake::Known(id) => Intake::Known(first.unwrap_or(id)),
            Intake::Differs { invoice, fields } => Intake::Differs { invoice: first.unwrap_or(invoice), fields },
        });
    }
    answers
}

fn compare(id: InvoiceId, known: &InvoiceRecord, given: &InvoiceRecord) -> Intake {
    let differing = [
        ("number", known.number != given.number),
        ("customer", known.customer != given.customer),
        ("kind", known.kind != given.kind),
        ("currency", known.currency != given.currency),
        ("amount", known.amount_minor != given.amount_minor),
        ("invoice_date", known.invoice_date != given.invoice_date),
        ("due_date", known.due_date != given.due_date),
    ];
    let fields: Vec<_> = differing.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect();
    if fields.is_empty() { Intake::Known(id) } else { Intake::Differs { invoice: id, fields } }
}

/// Which stages of a new invoice count as passed, and whether it rests: what belongs to the backlog falls under its owner's choice.
fn first_step(unit: &Unit, edition: &Edition, record: &InvoiceRecord) -> (Option<usize>, Option<Rest>) {
    let Some(backlog) = unit.tx.gate.backlog else { return (None, None) };
    let today = edition.calendar.date(unit.now);
    match backlog.start(edition.ladder(), record.invoice_date, record.due_date, today) {
        Start::First => (None, None),
        Start::After(stage) => (Some(stage), None),
        Start::Rests => {
            let reason = backlog.choice().and_then(Choice::from_date).map(too_old).unwrap_or_default();
            (None, Some(Rest { reason, until: None }))
        }
    }
}

/// The version of a workflow that was decided for a customer: the newest of this name, but what the source comes with if it has it.
fn edition_named(unit: &Unit, usual: &Arc<Edition>, name: &str) -> Option<Arc<Edition>> {
    if usual.workflow.name == name { Some(usual.clone()) } else { unit.tenant.newest(name) }
}

/// The block of a new invoice that rests.
fn block(invoice: InvoiceId, customer: CustomerId, rest: Rest) -> NewBlock {
    let (kind, owner) = ("pause", "system".to_owned());
    NewBlock { customer, invoice: Some(invoice), amount_minor: None, kind, reason: rest.reason, owner, until: None }
}

/// A new instance with its first transition applied.
fn first_state(
    edition: &Edition,
    id: InvoiceId,
    record: &InvoiceRecord,
    (passed, block): (Option<usize>, Option<Rest>),
    now: crate::domain::time::Timestamp,
) -> Instance {
    let currency = Currency::parse(&record.currency).unwrap_or(Currency::EUR);
    let facts = Facts {
        due_date: record.due_date,
        open_minor: record.amount_minor,
        resting_minor: 0,
        minimum_minor: edition.minimum_minor(currency),
        block,
        cancelled: false,
    };
    let change = enrol(edition.ladder(), &facts, passed, now);
    let blank = Instance {
        id,
        workflow: edition.id,
        seq: 0,
        passed: None,
        dispatched_on: None,
        placed: false,
        channel: None,
        state: change.to.clone(),
    };
    evolve(blank, change)
}
