//! Read models of one thing in full, and of all that is open: what commands show, and what a simulation starts from.

use super::cases::date;
use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::intake::{CustomerRecord, InvoiceRecord, customer_record};
use super::statement::Statement;
use crate::domain::chain::Hash;
use crate::domain::ids::{CustomerId, InvoiceId, TenantId};
use crate::domain::time::Timestamp;

static INVOICE: Statement = Statement::new(
    "invoice detail",
    "SELECT v.id, v.customer_id, v.document_hash, v.source, v.external_id, v.number, v.kind, v.currency, v.amount_minor, v.invoice_date, v.due_date, v.learned_at,
        v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
            WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor,
        i.state, w.name AS workflow,
        c.number AS customer_number, c.name, c.email, c.email_blocked, c.street, c.postcode, c.city, c.country, c.language, c.kind AS customer_kind
     FROM invoice v JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
     JOIN workflow w ON w.tenant_id = i.tenant_id AND w.id = i.workflow_id
     JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id
     WHERE v.tenant_id = $1 AND v.id = $2",
);
/// Whoever could be dunned under another workflow: what rests is left out, for its reason would hold there too.
static OPEN: Statement = Statement::new(
    "open invoices",
    "SELECT v.id, v.external_id, v.number, v.kind, v.currency, v.invoice_date, v.due_date,
        v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
            WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS amount_minor,
        c.number AS customer_number, c.name, CASE WHEN c.email_blocked IS NULL THEN c.email ELSE '' END AS email,
        c.street, c.postcode, c.city, c.country, COALESCE(c.language_by_hand, c.language) AS language, c.kind AS customer_kind
     FROM invoice v JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
     JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id
     WHERE v.tenant_id = $1 AND v.id > $2 AND v.cancelled_at IS NULL
        AND i.state IN ('waiting', 'queued_by_quota', 'proposed', 'issued', 'failed', 'exhausted')
     ORDER BY v.id LIMIT $3",
);
static NOTICE: Statement =
    Statement::new("notice find", "SELECT n.id FROM notice n WHERE n.tenant_id = $1 AND n.id >= $2 AND n.id < $3 ORDER BY n.id LIMIT 20");
static NOTICE_LINES: Statement = Statement::new(
    "notice lines detail",
    "SELECT l.instance_id, l.stage_key, l.open_minor, CAST(l.recalled AS BIGINT) AS recalled, v.number, v.due_date FROM notice_line l
     JOIN invoice v ON v.tenant_id = l.tenant_id AND v.id = l.instance_id
     WHERE l.tenant_id = $1 AND l.notice_id = $2 ORDER BY l.position",
);
static PAYMENTS: Statement = Statement::new(
    "payments detail",
    "SELECT p.id, p.source, p.external_id, p.kind, p.amount_minor, p.effective_at FROM payment p
     WHERE p.tenant_id = $1 AND p.invoice_id = $2 ORDER BY p.effective_at, p.id",
);
static SLOTS_BEFORE: Statement = Statement::new(
    "slots before",
    "SELECT s.sender, (SELECT COUNT(*) FROM slot b WHERE b.tenant_id = s.tenant_id AND b.sender = s.sender AND b.seq < s.seq) AS before
     FROM slot s WHERE s.tenant_id = $1 AND s.seq = $2",
);

pub(super) const STATEMENTS: &[&Statement] = &[&INVOICE, &OPEN, &NOTICE, &NOTICE_LINES, &PAYMENTS, &SLOTS_BEFORE];

/// An invoice with its customer, in full.
#[derive(Clone, Debug)]
pub struct InvoiceDetail {
    pub id: InvoiceId,
    pub customer_id: CustomerId,
    pub source: String,
    pub record: InvoiceRecord,
    pub customer: CustomerRecord,
    pub email_blocked: Option<String>,
    pub open_minor: i64,
    /// The invoice's own PDF.
    pub document: Option<Hash>,
    pub learned_at: Timestamp,
    pub state: String,
    pub workflow: String,
}

/// A payment, a credit or what else was booked on an invoice.
#[derive(Clone, Debug)]
pub struct PaymentDetail {
    pub source: String,
    pub external_id: String,
    /// `payment`, `credit`, `return_debit` or `settled_by_hand`.
    pub kind: String,
    pub amount_minor: i64,
    pub effective_at: Timestamp,
}

/// A line of a notice.
#[derive(Clone, Debug)]
pub struct LineDetail {
    pub instance: InvoiceId,
    pub invoice: String,
    pub due_date: String,
    pub stage: String,
    pub open_minor: i64,
    pub recalled: bool,
}

impl Store {
    /// One invoice with its customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invoice_detail(&self, tenant: TenantId, invoice: InvoiceId) -> Result<Option<InvoiceDetail>, StoreError> {
        let rows = self.rows(&INVOICE, &[Value::Int(tenant.0), Value::Int(invoice.0)]).await?;
        rows.first().map(detail).transpose()
    }

    /// At most `limit` open invoices with ids after `after`, each with what is open on it as its amount.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_invoices(
        &self,
        tenant: TenantId,
        after: InvoiceId,
        limit: i64,
    ) -> Result<Vec<(InvoiceId, CustomerRecord, InvoiceRecord)>, StoreError> {
        let rows = self.rows(&OPEN, &[Value::Int(tenant.0), Value::Int(after.0), Value::Int(limit)]).await?;
        rows.iter()
            .map(|row| Ok((InvoiceId(row.int("id")?), customer_record(row, "customer_number", "customer_kind")?, invoice(row)?)))
            .collect()
    }

    /// The ids of notices that begin so: twenty at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notices_beginning(&self, tenant: TenantId, start: &str) -> Result<Vec<String>, StoreError> {
        // Ids are hexadecimal, so everything that begins with `start` sorts before `start` and a `g`.
        let end = format!("{start}g");
        let rows = self.rows(&NOTICE, &[Value::Int(tenant.0), Value::Text(start), Value::Text(&end)]).await?;
        rows.iter().map(|row| row.text("id")).collect()
    }

    /// The lines of a notice, recalled ones included.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_lines(&self, tenant: TenantId, notice: &str) -> Result<Vec<LineDetail>, StoreError> {
        let line = |row: &Row| {
            Ok(LineDetail {
                instance: InvoiceId(row.int("instance_id")?),
                invoice: row.text("number")?,
                due_date: row.text("due_date")?,
                stage: row.text("stage_key")?,
                open_minor: row.int("open_minor")?,
                recalled: row.int("recalled")? != 0,
            })
        };
        self.rows(&NOTICE_LINES, &[Value::Int(tenant.0), Value::Text(notice)]).await?.iter().map(line).collect()
    }

    /// What was booked on an invoice, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn payments(&self, tenant: TenantId, invoice: InvoiceId) -> Result<Vec<PaymentDetail>, StoreError> {
        let payment = |row: &Row| {
            Ok(PaymentDetail {
                source: row.text("source")?,
                external_id: row.text("external_id")?,
                kind: row.text("kind")?,
                amount_minor: row.int("amount_minor")?,
                effective_at: Timestamp(row.int("effective_at")?),
            })
        };
        self.rows(&PAYMENTS, &[Value::Int(tenant.0), Value::Int(invoice.0)]).await?.iter().map(payment).collect()
    }

    /// The sender of a place in its queue (`mail` or `post`), and how many stand before that place.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn slots_before(&self, tenant: TenantId, seq: i64) -> Result<Option<(String, i64)>, StoreError> {
        let rows = self.rows(&SLOTS_BEFORE, &[Value::Int(tenant.0), Value::Int(seq)]).await?;
        rows.first().map(|row| Ok((row.text("sender")?, row.int("before")?))).transpose()
    }
}

fn invoice(row: &Row) -> Result<InvoiceRecord, StoreError> {
    Ok(InvoiceRecord {
        external_id: row.text("external_id")?,
        number: row.text("number")?,
        customer: row.text("customer_number")?,
        kind: row.text("kind")?,
        currency: row.text("currency")?,
        amount_minor: row.int("amount_minor")?,
        invoice_date: date(&row.text("invoice_date")?, "invoice", "invoice_date")?,
        due_date: date(&row.text("due_date")?, "invoice", "due_date")?,
        document: None,
    })
}

fn detail(row: &Row) -> Result<InvoiceDetail, StoreError> {
    Ok(InvoiceDetail {
        id: InvoiceId(row.int("id")?),
        customer_id: CustomerId(row.int("customer_id")?),
        source: row.text("source")?,
        record: invoice(row)?,
        customer: customer_record(row, "customer_number", "customer_kind")?,
        email_blocked: row.opt_text("email_blocked")?,
        open_minor: row.int("open_minor")?,
        document: super::notices::opt_hash(row.opt_blob("document_hash")?, "document_hash")?,
        learned_at: Timestamp(row.int("learned_at")?),
        state: row.text("state")?,
        workflow: row.text("workflow")?,
    })
}
