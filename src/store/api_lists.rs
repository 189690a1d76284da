//! Pages of everything that the HTTP API lists. Each page begins after an id and goes on by ids, so that nothing is left out or told
//! twice while others write.

use super::by_hand::{self, ByHand};
use super::cases::opt_date;
use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::intake::{CustomerRecord, customer_record};
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::ids::{BlockId, CustomerId, InvoiceId, TenantId};
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use std::collections::BTreeMap;

static INVOICES: Statement = Statement::new(
    "api invoices",
    "SELECT v.id, v.source, v.external_id, v.number, v.kind, v.currency, v.amount_minor, v.invoice_date, v.due_date, v.document_hash,
        v.cancelled_at, v.learned_at, c.id AS customer_id, c.number AS customer_number, c.name AS customer_name, w.name AS workflow,
        i.workflow_id, i.seq, i.state, i.stage, i.wake_at, i.reason, i.until_date, i.notice_id, i.channel,
        v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
            WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor
     FROM invoice v JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
     JOIN workflow w ON w.tenant_id = i.tenant_id AND w.id = i.workflow_id
     JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id
     WHERE v.tenant_id = $1 AND v.id > $2 AND ($3 = '' OR i.state = $3) AND ($4 = '' OR c.number = $4) AND ($5 = '' OR v.external_id = $5)
     ORDER BY v.id LIMIT $6",
);
static CUSTOMERS: Statement = Statement::new(
    "api customers",
    "SELECT c.id, c.number, c.name, c.email, c.email_blocked, c.street, c.postcode, c.city, c.country, c.language, c.kind,
        c.language_by_hand, c.channel_by_hand, c.workflow_by_hand FROM customer c
     WHERE c.tenant_id = $1 AND c.id > $2 AND ($3 = '' OR c.number = $3) ORDER BY c.id LIMIT $4",
);
static BLOCKS: Statement = Statement::new(
    "api blocks",
    "SELECT b.id, b.customer_id, c.number AS customer_number, b.invoice_id, b.amount_minor, b.kind, b.reason, b.owner, b.starts_at, b.until_date
     FROM block b JOIN customer c ON c.tenant_id = b.tenant_id AND c.id = b.customer_id
     WHERE b.tenant_id = $1 AND b.id > $2 AND b.ended_at IS NULL AND ($3 = '' OR c.number = $3) ORDER BY b.id LIMIT $4",
);
static NOTICES: Statement = Statement::new(
    "api notices",
    "SELECT n.id, n.state, n.channel, n.stage_key, n.reason, n.currency, n.open_minor, n.fee_minor, n.due_at, n.slot_at, n.issued_at, n.dispatched_at,
        n.recipient, n.reply, n.mail_hash, n.letter_hash, c.number AS customer_number
     FROM notice n JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id
     WHERE n.tenant_id = $1 AND n.id > $2 AND ($3 = '' OR n.state = $3) AND ($4 = '' OR c.number = $4) ORDER BY n.id LIMIT $5",
);
static NOTICE: Statement = Statement::new(
    "api notice",
    "SELECT n.id, n.state, n.channel, n.stage_key, n.reason, n.currency, n.open_minor, n.fee_minor, n.due_at, n.slot_at, n.issued_at, n.dispatched_at,
        n.recipient, n.reply, n.mail_hash, n.letter_hash, c.number AS customer_number
     FROM notice n JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id WHERE n.tenant_id = $1 AND n.id = $2",
);
static PAYMENTS: Statement = Statement::new(
    "payments by external id",
    "SELECT p.external_id, p.invoice_id, p.amount_minor FROM {rows} JOIN payment p
     ON p.tenant_id = $2 AND p.source = $3 AND p.external_id = {t0}",
);

pub(super) const STATEMENTS: &[&Statement] = &[&INVOICES, &CUSTOMERS, &BLOCKS, &NOTICES, &NOTICE, &PAYMENTS];

/// An invoice with its instance.
#[derive(Clone, Debug)]
pub struct ListedInvoice {
    pub id: InvoiceId,
    pub source: String,
    pub external_id: String,
    pub number: String,
    pub kind: String,
    pub currency: String,
    pub amount_minor: i64,
    pub open_minor: i64,
    pub invoice_date: String,
    pub due_date: String,
    pub document: Option<Vec<u8>>,
    pub cancelled_at: Option<Timestamp>,
    pub learned_at: Timestamp,
    pub customer: CustomerId,
    pub customer_number: String,
    pub customer_name: String,
    pub workflow: String,
    pub workflow_id: i64,
    pub seq: i64,
    pub state: String,
    pub stage: Option<i64>,
    pub wake_at: Option<Timestamp>,
    pub reason: Option<String>,
    pub until: Option<String>,
    pub notice: Option<String>,
    /// How its next notice goes, where a person decided that.
    pub channel: Option<String>,
}

/// Which invoices to list; empty texts mean all.
#[derive(Clone, Copy, Debug, Default)]
pub struct InvoiceSearch<'a> {
    pub after: i64,
    pub state: &'a str,
    /// The customer's number.
    pub customer: &'a str,
    pub external_id: &'a str,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct ListedCustomer {
    pub id: CustomerId,
    pub record: CustomerRecord,
    pub email_blocked: Option<String>,
    /// What people decided, above what the record has.
    pub by_hand: ByHand,
}

/// A block that holds.
#[derive(Clone, Debug)]
pub struct ListedBlock {
    pub id: BlockId,
    pub customer_number: String,
    pub invoice: Option<InvoiceId>,
    pub amount_minor: Option<i64>,
    pub kind: String,
    pub reason: String,
    pub owner: String,
    pub starts_at: Timestamp,
    pub until: Option<NaiveDate>,
}

/// A notice.
#[derive(Clone, Debug)]
pub struct ListedNotice {
    pub id: String,
    pub state: String,
    pub channel: String,
    pub stage: String,
    pub reason: Option<String>,
    pub currency: String,
    pub open_minor: i64,
    pub fee_minor: i64,
    pub due_at: Timestamp,
    pub slot_at: Timestamp,
    pub issued_at: Timestamp,
    pub dispatched_at: Option<Timestamp>,
    pub recipient: Option<String>,
    pub reply: Option<String>,
    pub mail: Option<Vec<u8>>,
    pub letter: Option<Vec<u8>>,
    pub customer_number: String,
}

fn invoice(row: &Row) -> Result<ListedInvoice, StoreError> {
    Ok(ListedInvoice {
        id: InvoiceId(row.int("id")?),
        source: row.text("source")?,
        external_id: row.text("external_id")?,
        number: row.text("number")?,
        kind: row.text("kind")?,
        currency: row.text("currency")?,
        amount_minor: row.int("amount_minor")?,
        open_minor: row.int("open_minor")?,
        invoice_date: row.text("invoice_date")?,
        due_date: row.text("due_date")?,
        document: row.opt_blob("document_hash")?,
        cancelled_at: row.opt_int("cancelled_at")?.map(Timestamp),
        learned_at: Timestamp(row.int("learned_at")?),
        customer: CustomerId(row.int("customer_id")?),
        customer_number: row.text("customer_number")?,
        customer_name: row.text("customer_name")?,
        workflow: row.text("workflow")?,
        workflow_id: row.int("workflow_id")?,
        seq: row.int("seq")?,
        state: row.text("state")?,
        stage: row.opt_int("stage")?,
        wake_at: row.opt_int("wake_at")?.map(Timestamp),
        reason: row.opt_text("reason")?,
        until: row.opt_text("until_date")?,
        notice: row.opt_text("notice_id")?,
        channel: row.opt_text("channel")?,
    })
}

fn customer(row: &Row) -> Result<ListedCustomer, StoreError> {
    let (id, email_blocked) = (CustomerId(row.int("id")?), row.opt_text("email_blocked")?);
    Ok(ListedCustomer { id, record: customer_record(row, "number", "kind")?, email_blocked, by_hand: by_hand::read(row)? })
}

fn block(row: &Row) -> Result<ListedBlock, StoreError> {
    Ok(ListedBlock {
        id: BlockId(row.int("id")?),
        customer_number: row.text("customer_number")?,
        invoice: row.opt_int("invoice_id")?.map(InvoiceId),
        amount_minor: row.opt_int("amount_minor")?,
        kind: row.text("kind")?,
        reason: row.text("reason")?,
        owner: row.text("owner")?,
        starts_at: Timestamp(row.int("starts_at")?),
        until: opt_date(row.opt_text("until_date")?, "block", "until_date")?,
    })
}

fn notice(row: &Row) -> Result<ListedNotice, StoreError> {
    Ok(ListedNotice {
        id: row.text("id")?,
        state: row.text("state")?,
        channel: row.text("channel")?,
        stage: row.text("stage_key")?,
        reason: row.opt_text("reason")?,
        currency: row.text("currency")?,
        open_minor: row.int("open_minor")?,
        fee_minor: row.int("fee_minor")?,
        due_at: Timestamp(row.int("due_at")?),
        slot_at: Timestamp(row.int("slot_at")?),
        issued_at: Timestamp(row.int("issued_at")?),
        dispatched_at: row.opt_int("dispatched_at")?.map(Timestamp),
        recipient: row.opt_text("recipient")?,
        reply: row.opt_text("reply")?,
        mail: row.opt_blob("mail_hash")?,
        letter: row.opt_blob("letter_hash")?,
        customer_number: row.text("customer_number")?,
    })
}

impl Store {
    /// Invoices with their instances, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listed_invoices(
        &self,
        tenant: TenantId,
        search: &InvoiceSearch<'_>,
        limit: i64,
    ) -> Result<Vec<ListedInvoice>, StoreError> {
        let values = [
            Value::Int(tenant.0),
            Value::Int(search.after),
            Value::Text(search.state),
            Value::Text(search.customer),
            Value::Text(search.external_id),
            Value::Int(limit),
        ];
        self.rows(&INVOICES, &values).await?.iter().map(invoice).collect()
    }

    /// One invoice with its instance.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listed_invoice(&self, tenant: TenantId, id: InvoiceId) -> Result<Option<ListedInvoice>, StoreError> {
        let search = InvoiceSearch { after: id.0.saturating_sub(1), ..InvoiceSearch::default() };
        Ok(self.listed_invoices(tenant, &search, 1).await?.pop().filter(|found| found.id == id))
    }

    /// Customers by id; an empty number means all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listed_customers(
        &self,
        tenant: TenantId,
        after: i64,
        number: &str,
        limit: i64,
    ) -> Result<Vec<ListedCustomer>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Int(after), Value::Text(number), Value::Int(limit)];
        self.rows(&CUSTOMERS, &values).await?.iter().map(customer).collect()
    }

    /// Blocks that hold, by id; an empty customer's number means all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listed_blocks(&self, tenant: TenantId, after: i64, customer: &str, limit: i64) -> Result<Vec<ListedBlock>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Int(after), Value::Text(customer), Value::Int(limit)];
        self.rows(&BLOCKS, &values).await?.iter().map(block).collect()
    }

    /// Notices by id; empty texts mean all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listed_notices(
        &self,
        tenant: TenantId,
        after: &str,
        (state, customer): (&str, &str),
        limit: i64,
    ) -> Result<Vec<ListedNotice>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(after), Value::Text(state), Value::Text(customer), Value::Int(limit)];
        self.rows(&NOTICES, &values).await?.iter().map(notice).collect()
    }

    /// One notice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listed_notice(&self, tenant: TenantId, id: &str) -> Result<Option<ListedNotice>, StoreError> {
        self.rows(&NOTICE, &[Value::Int(tenant.0), Value::Text(id)]).await?.first().map(notice).transpose()
    }
}

impl TenantTx {
    /// What the ledger has of these payments of a source: their invoices and amounts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_payments(&mut self, source: &str, ids: &[&str]) -> Result<BTreeMap<String, (InvoiceId, i64)>, StoreError> {
        let ids = rows_json(&ids.iter().map(|id| (id,)).collect::<Vec<_>>());
        let rows = self.tx.rows(&PAYMENTS, &[Value::Text(&ids), Value::Int(self.tenant.0), Value::Text(source)]).await?;
        rows.iter().map(|row| Ok((row.text("external_id")?, (InvoiceId(row.int("invoice_id")?), row.int("amount_minor")?)))).collect()
    }
}
