//! Facts that come in: customers, invoices, payments. Idempotent by (source, external id).

use super::addresses::{given_again, plain};
use super::batch::{Batch, Cell};
use super::cases::date;
use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::address::{Address, AddressKind};
use crate::domain::chain::Hash;
use crate::domain::ids::{CustomerId, InvoiceId, TenantId};
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use std::collections::BTreeMap;

static CUSTOMERS_BY_NUMBER: Statement = Statement::new(
    "customers by number",
    "SELECT c.id, c.number, c.name, c.email, c.email_blocked, c.street, c.postcode, c.city, c.country, c.language, c.kind, c.workflow_by_hand
     FROM {rows} JOIN customer c ON c.tenant_id = $2 AND c.number = {t0}",
);
static CUSTOMER_INSERT: Statement = Statement::new(
    "customer insert",
    "INSERT INTO customer (tenant_id, id, number, name, email, street, postcode, city, country, language, kind, secret)
     SELECT $2, {i0}, {t1}, {t2}, {t3}, {t4}, {t5}, {t6}, {t7}, {t8}, {t9}, {b10} FROM {batch}",
);
static CUSTOMER_UPDATE: Statement = Statement::new(
    "customer update",
    "UPDATE customer SET name = {t2}, email = {t3}, street = {t4}, postcode = {t5}, city = {t6}, country = {t7}, language = {t8}, kind = {t9},
        email_blocked = CASE WHEN email = {t3} THEN email_blocked ELSE NULL END
     FROM {rows} WHERE customer.tenant_id = $2 AND customer.id = {i0}",
);
static INVOICES_BY_EXTERNAL_ID: Statement = Statement::new(
    "invoices by external id",
    "SELECT v.id, v.external_id, v.number, c.number AS customer_number, v.kind, v.currency, v.amount_minor, v.invoice_date, v.due_date
     FROM {rows} JOIN invoice v ON v.tenant_id = $2 AND v.source = $3 AND v.external_id = {t0}
     JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id",
);
static INVOICE_INSERT: Statement = Statement::new(
    "invoice insert",
    "INSERT INTO invoice (tenant_id, id, customer_id, source, external_id, number, kind, currency, amount_minor, invoice_date, due_date, document_hash, learned_at)
     SELECT $2, {i0}, {i1}, $3, {t2}, {t3}, {t4}, {t5}, {i6}, {t7}, {t8}, {b9}, CAST($4 AS BIGINT) FROM {batch}",
);
static INVOICE_CANCEL: Statement =
    Statement::new("invoice cancel", "UPDATE invoice SET cancelled_at = $2 WHERE tenant_id = $1 AND id = $3 AND cancelled_at IS NULL");
static INVOICE_UPDATE: Statement = Statement::new(
    "invoice update",
    "UPDATE invoice SET customer_id = {i1}, number = {t2}, amount_minor = {i3}, invoice_date = {t4}, due_date = {t5}
     FROM {rows} WHERE invoice.tenant_id = $2 AND invoice.id = {i0}",
);
static INVOICE_DOCUMENT: Statement =
    Statement::new("invoice document", "UPDATE invoice SET document_hash = $3 WHERE tenant_id = $1 AND id = $2");
static PAYMENTS_OF: Statement = Statement::new(
    "payments of invoices",
    "SELECT p.invoice_id, p.external_id, p.amount_minor FROM {rows} JOIN payment p ON p.tenant_id = $2 AND p.invoice_id = {i0}
     WHERE p.source = $3 ORDER BY p.id",
);
static PAYMENT_INSERT: Statement = Statement::new(
    "payment insert",
    "INSERT INTO payment (tenant_id, id, invoice_id, source, external_id, kind, amount_minor, effective_at, learned_at)
     SELECT $2, {i0}, {i1}, $3, {t2}, {t3}, {i4}, {i5}, CAST($4 AS BIGINT) FROM {rows} WHERE true
     ON CONFLICT (tenant_id, source, external_id) DO NOTHING RETURNING invoice_id",
);
static CUSTOMERS_BY_ID: Statement = Statement::new(
    "customers by id",
    "SELECT c.id, c.number, c.name, c.email, c.street, c.postcode, c.city, c.country, c.language, c.kind
     FROM {rows} JOIN customer c ON c.tenant_id = $2 AND c.id = {i0}",
);
/// Leaves the number as it is where another customer has the new one.
static CUSTOMER_RENUMBER: Statement = Statement::new(
    "customer renumber",
    "UPDATE customer SET number = $3 WHERE tenant_id = $1 AND id = $2
        AND NOT EXISTS (SELECT 1 FROM customer o WHERE o.tenant_id = $1 AND o.number = $3)",
);
static CUSTOMER_BY_NUMBER: Statement = Statement::new("customer by number", "SELECT id FROM customer WHERE tenant_id = $1 AND number = $2");
static INVOICES_BY_NUMBER: Statement =
    Statement::new("invoices by number", "SELECT id FROM invoice WHERE tenant_id = $1 AND number = $2 ORDER BY id");

pub(super) const STATEMENTS: &[&Statement] = &[
    &CUSTOMERS_BY_NUMBER,
    &CUSTOMER_INSERT,
    &CUSTOMER_UPDATE,
    &INVOICES_BY_EXTERNAL_ID,
    &INVOICE_INSERT,
    &INVOICE_CANCEL,
    &INVOICE_UPDATE,
    &INVOICE_DOCUMENT,
    &PAYMENTS_OF,
    &PAYMENT_INSERT,
    &CUSTOMERS_BY_ID,
    &CUSTOMER_RENUMBER,
    &CUSTOMER_BY_NUMBER,
    &INVOICES_BY_NUMBER,
];

/// A customer as a source gives it. Empty strings are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerRecord {
    pub number: String,
    pub name: String,
    pub email: String,
    pub street: String,
    pub postcode: String,
    pub city: String,
    pub country: String,
    pub language: String,
    /// `business`, `consumer` or `unknown`.
    pub kind: String,
    /// Several e-mail addresses, where the source tells them apart; `email` counts only where there are none.
    pub addresses: Vec<Address>,
}

/// The customers of a batch, by number.
#[derive(Clone, Debug, Default)]
pub struct Enlisted {
    pub ids: BTreeMap<String, CustomerId>,
    /// The workflow that somebody decided for one's invoices to come.
    pub workflows: BTreeMap<String, String>,
}

/// An invoice as a source gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRecord {
    pub external_id: String,
    pub number: String,
    /// The customer's number.
    pub customer: String,
    pub kind: String,
    pub currency: String,
    pub amount_minor: i64,
    pub invoice_date: NaiveDate,
    pub due_date: NaiveDate,
    pub document: Option<crate::domain::chain::Hash>,
}

/// An invoice of the ledger, to compare with what a source gives again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownInvoice {
    pub id: InvoiceId,
    pub record: InvoiceRecord,
}

/// What a source says anew of an invoice that the ledger has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceUpdate {
    pub invoice: InvoiceId,
    pub customer: CustomerId,
    pub number: String,
    pub amount_minor: i64,
    pub invoice_date: NaiveDate,
    pub due_date: NaiveDate,
}

/// A payment as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedPayment {
    pub external_id: String,
    pub amount_minor: i64,
}

/// A payment, credit or return debit.
#[derive(Clone, Debug)]
pub struct PaymentRecord {
    pub invoice: InvoiceId,
    pub external_id: String,
    /// `payment`, `credit`, `return_debit` or `settled_by_hand`.
    pub kind: &'static str,
    /// Negative for a return debit.
    pub amount_minor: i64,
    pub effective_at: Timestamp,
}

impl Store {
    /// The customer with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customer_numbered(&self, tenant: TenantId, number: &str) -> Result<Option<CustomerId>, StoreError> {
        let rows = self.rows(&CUSTOMER_BY_NUMBER, &[Value::Int(tenant.0), Value::Text(number)]).await?;
        rows.first().map(|row| row.int("id").map(CustomerId)).transpose()
    }

    /// The invoices with this number; sources may share one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invoices_numbered(&self, tenant: TenantId, number: &str) -> Result<Vec<InvoiceId>, StoreError> {
        let rows = self.rows(&INVOICES_BY_NUMBER, &[Value::Int(tenant.0), Value::Text(number)]).await?;
        rows.iter().map(|row| row.int("id").map(InvoiceId)).collect()
    }
}

impl TenantTx {
    /// Adds new customers and updates changed ones; every number with its id, and with the workflow decided for it. Of several addresses the one that `rule` chooses is taken
    /// into use. `secret` makes the key of a new one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn upsert_customers(
        &mut self,
        records: &BTreeMap<String, CustomerRecord>,
        rule: &[AddressKind],
        mut secret: impl FnMut() -> [u8; 32],
    ) -> Result<Enlisted, StoreError> {
        let numbers = rows_json(&records.keys().map(|number| (number,)).collect::<Vec<_>>());
        let tenant = Value::Int(self.tenant.0);
        let Enlisted { mut ids, mut workflows } = Enlisted::default();
        let mut changed = Vec::new();
        let mut addressed = Vec::new();
        let found = self.tx.rows(&CUSTOMERS_BY_NUMBER, &[Value::Text(&numbers), tenant]).await?;
        let known_ids = found.iter().map(|row| row.int("id").map(CustomerId)).collect::<Result<Vec<_>, _>>()?;
        let mut known_addresses = if known_ids.is_empty() { BTreeMap::new() } else { self.address_rows(known_ids).await? };
        for row in found {
            let known = customer_record(&row, "number", "kind")?;
            let id = CustomerId(row.int("id")?);
            if let Some(record) = records.get(&known.number) {
                let before = known_addresses.remove(&id);
                if before.is_some() || !record.addresses.is_empty() {
                    let blocked = row.opt_text("email_blocked")?;
                    let before = before.unwrap_or_else(|| plain(&known.email, blocked).into_iter().collect());
                    addressed.push((id, given_again(&record.addresses, &record.email, &before)));
                }
                if known_otherwise(&known, record) {
                    changed.push(changed_customer(id.0, record));
                }
            }
            if let Some(workflow) = row.opt_text("workflow_by_hand")? {
                workflows.insert(known.number.clone(), workflow);
            }
            ids.insert(known.number, id);
        }
        let added: Vec<_> = records.values().filter(|record| !ids.contains_key(&record.number)).collect();
        let first = self.take_ids(added.len());
        let mut rows = Batch::default();
        for (id, record) in (first..).zip(added) {
            rows.push(new_customer(id, record, secret()));
            ids.insert(record.number.clone(), CustomerId(id));
            if !record.addresses.is_empty() {
                addressed.push((CustomerId(id), given_again(&record.addresses, &record.email, &[])));
            }
        }
        self.tx.run_batch(&CUSTOMER_INSERT, &rows, &[tenant]).await?;
        if !changed.is_empty() {
            self.tx.run(&CUSTOMER_UPDATE, &[Value::Text(&rows_json(&changed)), tenant]).await?;
        }
        self.set_addresses(&addressed, rule).await?;
        Ok(Enlisted { ids, workflows })
    }

    /// What the ledger already has of these external ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_invoices(&mut self, source: &str, external_ids: &[&str]) -> Result<BTreeMap<String, KnownInvoice>, StoreError> {
        let ids = rows_json(&external_ids.iter().map(|id| (id,)).collect::<Vec<_>>());
        let values = [Value::Text(&ids), Value::Int(self.tenant.0), Value::Text(source)];
        let mut known = BTreeMap::new();
        for row in self.tx.rows(&INVOICES_BY_EXTERNAL_ID, &values).await? {
            let record = InvoiceRecord {
                external_id: row.text("external_id")?,
                number: row.text("number")?,
                customer: row.text("customer_number")?,
                kind: row.text("kind")?,
                currency: row.text("currency")?,
                amount_minor: row.int("amount_minor")?,
                invoice_date: date(&row.text("invoice_date")?, "invoice", "invoice_date")?,
                due_date: date(&row.text("due_date")?, "invoice", "due_date")?,
                document: None,
            };
            let invoice = KnownInvoice { id: InvoiceId(row.int("id")?), record };
            known.insert(invoice.record.external_id.clone(), invoice);
        }
        Ok(known)
    }

    /// Adds invoices under fresh ids, in this order; the first of the ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_invoices(
        &mut self,
        source: &str,
        records: &[(&InvoiceRecord, CustomerId)],
        now: Timestamp,
    ) -> Result<Vec<InvoiceId>, StoreError> {
        let first = self.take_ids(records.len());
        let rows: Batch<'_> = (first..).zip(records).map(|(id, (record, customer))| invoice_row(id, record, *customer)).collect();
        self.tx.run_batch(&INVOICE_INSERT, &rows, &[Value::Int(self.tenant.0), Value::Text(source), Value::Int(now.0)]).await?;
        Ok((first..).take(records.len()).map(InvoiceId).collect())
    }

    /// Appends payments; the invoices of those that were new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_payments(
        &mut self,
        source: &str,
        payments: &[PaymentRecord],
        now: Timestamp,
    ) -> Result<Vec<InvoiceId>, StoreError> {
        if payments.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.take_ids(payments.len());
        let rows: Vec<_> = (first..)
            .zip(payments)
            .map(|(id, payment)| (id, payment.invoice.0, &payment.external_id, payment.kind, payment.amount_minor, payment.effective_at.0))
            .collect();
        let values = [Value::Text(&rows_json(&rows)), Value::Int(self.tenant.0), Value::Text(source), Value::Int(now.0)];
        let rows = self.tx.rows(&PAYMENT_INSERT, &values).await?;
        rows.iter().map(|row| row.int("invoice_id").map(InvoiceId)).collect()
    }

    /// The customers with these ids, and their addresses where they have several.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customers(
        &mut self,
        ids: impl IntoIterator<Item = CustomerId>,
    ) -> Result<BTreeMap<CustomerId, CustomerRecord>, StoreError> {
        let ids: Vec<_> = ids.into_iter().collect();
        let rows = rows_json(&ids.iter().map(|id| (id.0,)).collect::<Vec<_>>());
        let rows = self.tx.rows(&CUSTOMERS_BY_ID, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await?;
        let mut addresses = self.address_rows(ids).await?;
        let customer = |row: &Row| {
            let id = CustomerId(row.int("id")?);
            Ok((id, CustomerRecord { addresses: addresses.remove(&id).unwrap_or_default(), ..customer_record(row, "number", "kind")? }))
        };
        rows.iter().map(customer).collect()
    }

    /// Gives a customer another number, unless somebody else has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renumber_customer(&mut self, customer: CustomerId, number: &str) -> Result<bool, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Int(customer.0), Value::Text(number)];
        Ok(self.tx.run(&CUSTOMER_RENUMBER, &values).await? == 1)
    }

    /// Writes what their source says anew of invoices. Their timers are the caller's to decide anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_invoices(&mut self, updates: &[InvoiceUpdate]) -> Result<(), StoreError> {
        if updates.is_empty() {
            return Ok(());
        }
        let row = |update: &InvoiceUpdate| {
            let InvoiceUpdate { invoice, customer, number, amount_minor, invoice_date, due_date } = update.clone();
            (invoice.0, customer.0, number, amount_minor, invoice_date.to_string(), due_date.to_string())
        };
        let rows = rows_json(&updates.iter().map(row).collect::<Vec<_>>());
        self.tx.run(&INVOICE_UPDATE, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// Names the document of an invoice, which stands in the ledger.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_invoice_document(&mut self, invoice: InvoiceId, document: &Hash) -> Result<(), StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Int(invoice.0), Value::Blob(document)];
        self.tx.run(&INVOICE_DOCUMENT, &values).await.map(drop)
    }

    /// What one source has booked on these invoices, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn payments_of(
        &mut self,
        source: &str,
        invoices: &[InvoiceId],
    ) -> Result<BTreeMap<InvoiceId, Vec<BookedPayment>>, StoreError> {
        let rows = rows_json(&invoices.iter().map(|id| (id.0,)).collect::<Vec<_>>());
        let mut booked: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in self.tx.rows(&PAYMENTS_OF, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Text(source)]).await? {
            let payment = BookedPayment { external_id: row.text("external_id")?, amount_minor: row.int("amount_minor")? };
            booked.entry(InvoiceId(row.int("invoice_id")?)).or_default().push(payment);
        }
        Ok(booked)
    }

    /// Marks an invoice as cancelled at its source.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_invoice(&mut self, invoice: InvoiceId, now: Timestamp) -> Result<(), StoreError> {
        self.tx.run(&INVOICE_CANCEL, &[Value::Int(self.tenant.0), Value::Int(now.0), Value::Int(invoice.0)]).await.map(drop)
    }
}

/// A customer without its addresses; `number` and `kind` name the columns of these.
pub(super) fn customer_record(row: &Row, number: &'static str, kind: &'static str) -> Result<CustomerRecord, StoreError> {
    Ok(CustomerRecord {
        number: row.text(number)?,
        name: row.text("name")?,
        email: row.text("email")?,
        street: row.text("street")?,
        postcode: row.text("postcode")?,
        city: row.text("city")?,
        country: row.text("country")?,
        language: row.text("language")?,
        kind: row.text(kind)?,
        addresses: Vec::new(),
    })
}

fn invoice_row(id: i64, record: &InvoiceRecord, customer: CustomerId) -> [Cell<'_>; 10] {
    [
        id.into(),
        customer.0.into(),
        (&record.external_id).into(),
        (&record.number).into(),
        (&record.kind).into(),
        (&record.currency).into(),
        record.amount_minor.into(),
        record.invoice_date.into(),
        record.due_date.into(),
        record.document.into(),
    ]
}

fn new_customer(id: i64, record: &CustomerRecord, secret: [u8; 32]) -> [Cell<'_>; 11] {
    [
        id.into(),
        (&record.number).into(),
        (&record.name).into(),
        (&record.email).into(),
        (&record.street).into(),
        (&record.postcode).into(),
        (&record.city).into(),
        (&record.country).into(),
        (&record.language).into(),
        (&record.kind).into(),
        secret.into(),
    ]
}

/// Whether a source gives something else than is known, addresses aside where there are several.
fn known_otherwise(known: &CustomerRecord, given: &CustomerRecord) -> bool {
    let same_but_address = CustomerRecord { email: given.email.clone(), addresses: given.addresses.clone(), ..known.clone() } == *given;
    !same_but_address || (given.addresses.is_empty() && known.email != given.email)
}

fn changed_customer(id: i64, record: &CustomerRecord) -> (i64, &str, &str, &str, &str, &str, &str, &str, &str, &str) {
    let CustomerRecord { number, name, email, street, postcode, city, country, language, kind, addresses: _ } = record;
    (id, number, name, email, street, postcode, city, country, language, kind)
}
