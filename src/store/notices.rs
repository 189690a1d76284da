//! Notices and their lines.

use super::batch::{Batch, Cell};
use super::cases::date;
use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::chain::Hash;
use crate::domain::ids::{CustomerId, InvoiceId, NoticeId, TenantId, WorkflowId};
use crate::domain::money::Currency;
use crate::domain::notice::Recipient;
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

static INSERT: Statement = Statement::new(
    "notice insert",
    "INSERT INTO notice (tenant_id, id, customer_id, workflow_id, stage, stage_key, state, channel, reason, currency, open_minor, fee_minor, slot_at, due_at, local_date, issued_at)
     SELECT $2, {t0}, {i1}, {i2}, {i3}, {t4}, {t5}, {t6}, {t7}, {t8}, {i9}, {i10}, {i11}, {i12}, {t13}, $3 FROM {batch}",
);
static LINE_INSERT: Statement = Statement::new(
    "notice line insert",
    "INSERT INTO notice_line (tenant_id, notice_id, position, instance_id, stage, stage_key, open_minor, fee_minor)
     SELECT $2, {t0}, {i1}, {i2}, {i3}, {t4}, {i5}, {i6} FROM {batch}",
);
static BY_IDS: Statement = Statement::new(
    "notices by ids",
    "SELECT n.id, n.customer_id, n.workflow_id, n.stage, n.stage_key, n.state, n.channel, n.reason, n.currency, n.open_minor, n.fee_minor, n.slot_at, n.due_at, n.local_date,
        n.letter_hash, n.recipient AS sent_to, c.number, c.name, c.email, c.email_rule, c.street, c.postcode, c.city, c.country, COALESCE(c.language_by_hand, c.language) AS language, c.kind, c.secret
     FROM {rows} JOIN notice n ON n.tenant_id = $2 AND n.id = {t0}
     JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id WHERE n.tenant_id = $2 ORDER BY n.id",
);
static LINES: Statement = Statement::new(
    "notice lines",
    "SELECT l.notice_id, l.position, l.instance_id, l.stage, l.stage_key, l.open_minor, l.fee_minor,
        v.number, v.invoice_date, v.due_date, v.amount_minor, v.document_hash,
        CAST(CASE WHEN v.kind = 'revenue_voucher' THEN 1 ELSE 0 END AS BIGINT) AS voucher
     FROM {rows} JOIN notice_line l ON l.tenant_id = $2 AND l.notice_id = {t0}
     JOIN invoice v ON v.tenant_id = l.tenant_id AND v.id = l.instance_id WHERE l.tenant_id = $2 ORDER BY l.notice_id, l.position",
);
static FEES: Statement = Statement::new(
    "fees so far",
    "SELECT l.instance_id, CAST(SUM(l.fee_minor) AS BIGINT) AS fees FROM {rows}
     JOIN notice_line l ON l.tenant_id = $2 AND l.instance_id = {i0} AND l.recalled = 0 AND l.fee_minor <> 0
     WHERE l.tenant_id = $2 GROUP BY l.instance_id",
);
static RECALL: Statement = Statement::new(
    "notice recall",
    "UPDATE notice SET state = 'recalled', reason = {t1} FROM {rows} WHERE notice.tenant_id = $2 AND notice.id = {t0}",
);
static RECALL_LINES: Statement = Statement::new(
    "notice line recall",
    "UPDATE notice_line SET recalled = 1 FROM {rows} WHERE notice_line.tenant_id = $2 AND notice_line.notice_id = {t0}",
);
static RECALL_STEPS: Statement = Statement::new(
    "notice steps cancel",
    "UPDATE step SET state = 'cancelled', owner = NULL, lease_until = NULL FROM {rows}
     WHERE step.tenant_id = $2 AND step.notice_id = {t0} AND step.state IN ('ready', 'queued', 'retry', 'gave_up')",
);
static OUTCOME: Statement = Statement::new(
    "notice outcome",
    "UPDATE notice SET state = {t1}, reason = COALESCE({t2}, reason), reply = COALESCE({t3}, reply), dispatched_at = {i4} FROM {batch}
     WHERE notice.tenant_id = $2 AND notice.id = {t0}",
);
static RELEASE: Statement = Statement::new(
    "notice release",
    "UPDATE notice SET state = 'released', slot_at = $3 WHERE tenant_id = $1 AND id = $2 AND state = 'proposed'",
);
static PREPARED: Statement = Statement::new(
    "notice prepared",
    "UPDATE notice SET recipient = COALESCE({t1}, recipient), recipient_rule = COALESCE({t2}, recipient_rule),
        mail_hash = COALESCE({b3}, mail_hash), letter_hash = COALESCE({b4}, letter_hash) FROM {batch}
     WHERE notice.tenant_id = $2 AND notice.id = {t0}",
);
/// What is still on its way may leave today, whenever it was issued; what was issued earlier may have left today.
static NOTICED_ON: Statement = Statement::new(
    "customers noticed on",
    "SELECT DISTINCT n.customer_id, n.currency FROM {rows} JOIN notice n ON n.tenant_id = $2 AND n.customer_id = {i0}
     WHERE n.tenant_id = $2 AND (n.state = 'released' OR (n.dispatched_at >= $4 AND n.dispatched_at < $5)
        OR (n.local_date = $3 AND n.state IN ('proposed', 'paper', 'sent', 'unknown')))",
);

static TO_POST: Statement = Statement::new(
    "notice to post",
    "UPDATE notice SET channel = 'post', reason = {t1} FROM {rows} WHERE notice.tenant_id = $2 AND notice.id = {t0}",
);

pub(super) const STATEMENTS: &[&Statement] = &[
    &TO_POST,
    &INSERT,
    &LINE_INSERT,
    &BY_IDS,
    &LINES,
    &FEES,
    &RECALL,
    &RECALL_LINES,
    &RECALL_STEPS,
    &OUTCOME,
    &RELEASE,
    &PREPARED,
    &NOTICED_ON,
];

/// A notice with its recipient and lines, as it is written and as a worker needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    pub id: NoticeId,
    pub customer: CustomerId,
    /// The workflow of its highest stage.
    pub workflow: WorkflowId,
    pub stage: usize,
    pub stage_key: String,
    pub state: String,
    pub channel: String,
    pub reason: Option<String>,
    pub currency: Currency,
    pub open_minor: i64,
    pub fee_minor: i64,
    pub slot_at: Timestamp,
    pub due_at: Timestamp,
    /// The civil date of `slot_at`.
    pub local_date: NaiveDate,
    pub letter_hash: Option<Hash>,
    /// The address that was written on it, once it was prepared.
    pub sent_to: Option<String>,
    pub recipient: Recipient,
    pub language: String,
    /// Key of the commitments about this customer.
    pub secret: Vec<u8>,
    pub lines: Vec<LineRow>,
}

/// One invoice on a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRow {
    pub instance: InvoiceId,
    pub stage: usize,
    pub stage_key: String,
    pub open_minor: i64,
    /// What this notice charges, at its first line of the highest stage.
    pub fee_minor: i64,
    pub number: String,
    pub invoice_date: NaiveDate,
    pub due_date: NaiveDate,
    pub amount_minor: i64,
    pub document_hash: Option<Hash>,
    /// It was booked, not written, by the creditor: an Einnahmenbeleg.
    pub is_voucher: bool,
}

/// How a notice ended.
#[derive(Clone, Debug)]
pub struct NoticeOutcome {
    pub id: NoticeId,
    pub state: &'static str,
    pub reason: Option<String>,
    pub reply: Option<String>,
    pub dispatched_at: Option<Timestamp>,
}

/// What was rendered for a notice before its effect.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub id: NoticeId,
    pub recipient: Option<String>,
    pub recipient_rule: Option<String>,
    pub mail_hash: Option<Hash>,
    pub letter_hash: Option<Hash>,
}

fn id_rows<'a>(ids: impl IntoIterator<Item = &'a NoticeId>) -> String {
    rows_json(&ids.into_iter().map(|id| (&id.0,)).collect::<Vec<_>>())
}

async fn notices_by(reader: &mut impl Reads, tenant: TenantId, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, NoticeRow>, StoreError> {
    let keys = id_rows(ids);
    let values = [Value::Text(&keys), Value::Int(tenant.0)];
    let mut notices = BTreeMap::new();
    for row in reader.read(&BY_IDS, &values).await? {
        let notice = notice_row(&row)?;
        notices.insert(notice.id.clone(), notice);
    }
    for row in reader.read(&LINES, &values).await? {
        if let Some(notice) = notices.get_mut(&NoticeId(row.text("notice_id")?)) {
            notice.lines.push(line_row(&row)?);
        }
    }
    Ok(notices)
}

impl Store {
    /// As [`TenantTx::notices`], outside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notices(&self, tenant: TenantId, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, NoticeRow>, StoreError> {
        notices_by(&mut &*self, tenant, ids).await
    }
}

impl TenantTx {
    /// Adds notices with their lines.
    ///
    /// # Errors
    /// When the database fails, or a line's instance and stage already stand on a notice that was not recalled.
    pub async fn insert_notices(&mut self, notices: &[&NoticeRow], now: Timestamp) -> Result<(), StoreError> {
        if notices.is_empty() {
            return Ok(());
        }
        let heads: Batch<'_> = notices.iter().map(|n| head_row(n)).collect();
        let lines: Batch<'_> =
            notices.iter().flat_map(|n| n.lines.iter().enumerate().map(|(position, line)| line_cells(n, position, line))).collect();
        let tenant = Value::Int(self.tenant.0);
        self.tx.run_batch(&INSERT, &heads, &[tenant, Value::Int(now.0)]).await?;
        self.tx.run_batch(&LINE_INSERT, &lines, &[tenant]).await.map(drop)
    }

    /// These notices with recipient and lines, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notices(&mut self, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, NoticeRow>, StoreError> {
        notices_by(&mut self.tx, self.tenant, ids).await
    }

    /// The fees charged for these invoices by notices that were not recalled, in minor units; those without are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fees_so_far(&mut self, invoices: impl IntoIterator<Item = InvoiceId>) -> Result<BTreeMap<InvoiceId, i64>, StoreError> {
        let ids = rows_json(&invoices.into_iter().map(|id| (id.0,)).collect::<Vec<_>>());
        let rows = self.tx.rows(&FEES, &[Value::Text(&ids), Value::Int(self.tenant.0)]).await?;
        rows.iter().map(|row| Ok((InvoiceId(row.int("instance_id")?), row.int("fees")?))).collect()
    }

    /// Takes notices back: their lines free their stages, their steps are cancelled.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recall_notices(&mut self, notices: &[(&NoticeId, &str)]) -> Result<(), StoreError> {
        if notices.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&notices.iter().map(|(id, reason)| (&id.0, reason)).collect::<Vec<_>>());
        for statement in [&RECALL, &RECALL_LINES, &RECALL_STEPS] {
            self.tx.run(statement, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await?;
        }
        Ok(())
    }

    /// Sends notices on as letters, for these reasons.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn switch_to_post(&mut self, notices: &[(&NoticeId, &str)]) -> Result<(), StoreError> {
        if notices.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&notices.iter().map(|(id, reason)| (&id.0, reason)).collect::<Vec<_>>());
        self.tx.run(&TO_POST, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// Writes how notices ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_outcomes(&mut self, outcomes: &[NoticeOutcome]) -> Result<(), StoreError> {
        let rows: Batch<'_> = outcomes.iter().map(outcome_row).collect();
        self.tx.run_batch(&OUTCOME, &rows, &[Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// Lets a proposal go, into the slot at `slot_at`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_notice(&mut self, notice: &NoticeId, slot_at: Timestamp) -> Result<bool, StoreError> {
        let changed = self.tx.run(&RELEASE, &[Value::Int(self.tenant.0), Value::Text(&notice.0), Value::Int(slot_at.0)]).await?;
        Ok(changed == 1)
    }

    /// Keeps what was rendered for notices: recipient, rule, hashes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_prepared(&mut self, prepared: &[Prepared]) -> Result<(), StoreError> {
        let rows: Batch<'_> = prepared.iter().map(prepared_row).collect();
        self.tx.run_batch(&PREPARED, &rows, &[Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// Which of these customers have a notice of this civil date already, or one that is on its way, per currency. The
    /// date in a zone is from its first instant to before the next one's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn noticed_on(
        &mut self,
        customers: impl IntoIterator<Item = CustomerId>,
        date: NaiveDate,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<BTreeSet<(CustomerId, Currency)>, StoreError> {
        let ids = rows_json(&customers.into_iter().map(|id| (id.0,)).collect::<Vec<_>>());
        let date = date.to_string();
        let values = [Value::Text(&ids), Value::Int(self.tenant.0), Value::Text(&date), Value::Int(from.0), Value::Int(to.0)];
        let rows = self.tx.rows(&NOTICED_ON, &values).await?;
        let currency = |row: &Row| {
            Currency::parse(&row.text("currency")?).map_err(|why| StoreError::Corrupt { table: "notice", column: "currency", why })
        };
        rows.iter().map(|row| Ok((CustomerId(row.int("customer_id")?), currency(row)?))).collect()
    }
}

fn head_row(n: &NoticeRow) -> [Cell<'_>; 14] {
    [
        (&n.id.0).into(),
        n.customer.0.into(),
        n.workflow.0.into(),
        n.stage.into(),
        (&n.stage_key).into(),
        (&n.state).into(),
        (&n.channel).into(),
        n.reason.as_ref().into(),
        n.currency.code().into(),
        n.open_minor.into(),
        n.fee_minor.into(),
        n.slot_at.0.into(),
        n.due_at.0.into(),
        n.local_date.into(),
    ]
}

fn line_cells<'a>(n: &'a NoticeRow, position: usize, line: &'a LineRow) -> [Cell<'a>; 7] {
    [
        (&n.id.0).into(),
        position.into(),
        line.instance.0.into(),
        line.stage.into(),
        (&line.stage_key).into(),
        line.open_minor.into(),
        line.fee_minor.into(),
    ]
}

fn outcome_row(o: &NoticeOutcome) -> [Cell<'_>; 5] {
    [(&o.id.0).into(), o.state.into(), o.reason.as_ref().into(), o.reply.as_ref().into(), o.dispatched_at.map(|at| at.0).into()]
}

fn prepared_row(p: &Prepared) -> [Cell<'_>; 5] {
    [(&p.id.0).into(), p.recipient.as_ref().into(), p.recipient_rule.as_ref().into(), p.mail_hash.into(), p.letter_hash.into()]
}

fn position(row: &Row, column: &'static str) -> Result<usize, StoreError> {
    usize::try_from(row.int(column)?).map_err(|_| StoreError::Corrupt { table: "notice", column, why: "negative".to_owned() })
}

pub(super) fn opt_hash(bytes: Option<Vec<u8>>, column: &'static str) -> Result<Option<Hash>, StoreError> {
    bytes.map(|bytes| super::tenant::as_hash(bytes, "notice", column)).transpose()
}

/// A customer as the recipient of a notice; `number` names the column of its number.
pub(super) fn recipient(row: &Row, number: &'static str) -> Result<Recipient, StoreError> {
    Ok(Recipient {
        number: row.text(number)?,
        name: row.text("name")?,
        email: row.text("email")?,
        email_rule: row.text("email_rule")?,
        street: row.text("street")?,
        postcode: row.text("postcode")?,
        city: row.text("city")?,
        country: row.text("country")?,
    })
}

fn notice_row(row: &Row) -> Result<NoticeRow, StoreError> {
    Ok(NoticeRow {
        id: NoticeId(row.text("id")?),
        customer: CustomerId(row.int("customer_id")?),
        workflow: WorkflowId(row.int("workflow_id")?),
        stage: position(row, "stage")?,
        stage_key: row.text("stage_key")?,
        state: row.text("state")?,
        channel: row.text("channel")?,
        reason: row.opt_text("reason")?,
        currency: Currency::parse(&row.text("currency")?).map_err(|why| StoreError::Corrupt {
            table: "notice",
            column: "currency",
            why,
        })?,
        open_minor: row.int("open_minor")?,
        fee_minor: row.int("fee_minor")?,
        slot_at: Timestamp(row.int("slot_at")?),
        due_at: Timestamp(row.int("due_at")?),
        local_date: date(&row.text("local_date")?, "notice", "local_date")?,
        letter_hash: opt_hash(row.opt_blob("letter_hash")?, "letter_hash")?,
        sent_to: row.opt_text("sent_to")?,
        recipient: recipient(row, "number")?,
        language: row.text("language")?,
        secret: row.blob("secret")?,
        lines: Vec::new(),
    })
}

fn line_row(row: &Row) -> Result<LineRow, StoreError> {
    Ok(LineRow {
        instance: InvoiceId(row.int("instance_id")?),
        stage: position(row, "stage")?,
        stage_key: row.text("stage_key")?,
        open_minor: row.int("open_minor")?,
        fee_minor: row.int("fee_minor")?,
        number: row.text("number")?,
        invoice_date: date(&row.text("invoice_date")?, "invoice", "invoice_date")?,
        due_date: date(&row.text("due_date")?, "invoice", "due_date")?,
        amount_minor: row.int("amount_minor")?,
        document_hash: opt_hash(row.opt_blob("document_hash")?, "document_hash")?,
        is_voucher: row.int("voucher")? != 0,
    })
}
