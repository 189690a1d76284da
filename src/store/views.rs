//! Read models: lists for people, counts for metrics, what a rehearsal prints.

use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::{CustomerId, InvoiceId, NoticeId, TenantId};
use crate::domain::time::Timestamp;

static INSTANCES: Statement = Statement::new(
    "instance list",
    "SELECT i.id, v.number, c.number AS customer_number, c.name AS customer_name, i.state, i.stage, i.wake_at, i.reason, i.until_date, i.workflow_id,
        i.slot_seq, v.currency, v.due_date, i.notice_id,
        v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
            WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor
     FROM invoice v JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
     JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id
     WHERE v.tenant_id = $1 AND ($2 = '' OR i.state = $2) AND ($3 = '' OR c.number = $3) AND v.number > $4
     ORDER BY v.number, i.id LIMIT $5",
);
static DISPATCHED_STAGES: Statement = Statement::new(
    "dispatched stages",
    "SELECT l.instance_id, l.stage_key FROM notice_line l JOIN notice n ON n.tenant_id = l.tenant_id AND n.id = l.notice_id
     WHERE l.tenant_id = $1 AND n.state IN ('sent', 'paper') AND n.dispatched_at IS NOT NULL AND l.recalled = 0
     ORDER BY l.instance_id, n.dispatched_at, l.stage",
);
static DISPATCHES: Statement = Statement::new(
    "dispatches",
    "SELECT n.id, n.due_at, n.dispatched_at, n.stage_key, n.channel, n.open_minor, n.currency, n.workflow_id, c.number AS customer_number,
        l.stage_key AS line_stage, l.open_minor AS line_open, l.fee_minor AS line_fee, v.number
     FROM notice n JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id
     JOIN notice_line l ON l.tenant_id = n.tenant_id AND l.notice_id = n.id
     JOIN invoice v ON v.tenant_id = l.tenant_id AND v.id = l.instance_id
     WHERE n.tenant_id = $1 AND n.state IN ('sent', 'paper') AND n.dispatched_at IS NOT NULL ORDER BY n.id, l.position",
);
static NOTICES: Statement = Statement::new(
    "notice list",
    "SELECT n.id, n.state, n.channel, n.reason, n.stage_key, n.slot_at, n.due_at, n.dispatched_at, n.open_minor, n.fee_minor, n.currency, n.reply, n.recipient, n.recipient_rule,
        n.mail_hash, n.letter_hash, c.number AS customer_number, c.name AS customer_name
     FROM notice n JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id
     WHERE n.tenant_id = $1 AND n.issued_at >= $4 AND n.issued_at < $5 AND ($2 = '' OR n.state = $2) ORDER BY n.issued_at, n.id LIMIT $3",
);
static NOTICES_OF: Statement = Statement::new(
    "notices of an instance",
    "SELECT n.id, n.state, n.channel, n.reason, n.stage_key, n.slot_at, n.due_at, n.dispatched_at, n.open_minor, n.fee_minor, n.currency, n.reply, n.recipient, n.recipient_rule,
        n.mail_hash, n.letter_hash, c.number AS customer_number, c.name AS customer_name
     FROM notice_line l JOIN notice n ON n.tenant_id = l.tenant_id AND n.id = l.notice_id
     JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id
     WHERE l.tenant_id = $1 AND l.instance_id = $2 ORDER BY n.issued_at, n.id",
);
static NOTICE: Statement = Statement::new(
    "notice detail",
    "SELECT n.id, n.state, n.channel, n.reason, n.stage_key, n.slot_at, n.due_at, n.dispatched_at, n.open_minor, n.fee_minor, n.currency, n.reply, n.recipient, n.recipient_rule,
        n.mail_hash, n.letter_hash, c.id AS customer_id, c.number AS customer_number, c.name AS customer_name
     FROM notice n JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id WHERE n.tenant_id = $1 AND n.id = $2",
);
static STEPS_OF: Statement = Statement::new(
    "steps of a notice",
    "SELECT s.id, s.pool, s.state, s.attempt, s.due_at, s.started_at, s.ended_at, s.error FROM step s
     WHERE s.tenant_id = $1 AND s.notice_id = $2 ORDER BY s.position",
);
static STATE_COUNTS: Statement =
    Statement::new("instance counts", "SELECT state, COUNT(*) AS n FROM instance WHERE tenant_id = $1 GROUP BY state ORDER BY state");
static NOTICE_COUNTS: Statement =
    Statement::new("notice counts", "SELECT state, COUNT(*) AS n FROM notice WHERE tenant_id = $1 GROUP BY state ORDER BY state");
/// Of those that want a person, each state from an index that holds little else.
static WANTING_COUNTS: Statement = Statement::new(
    "notice counts wanting",
    "SELECT n.state, COUNT(*) AS n FROM notice n WHERE n.tenant_id = $1 AND (n.state = 'proposed' OR n.state = 'failed' OR n.state = 'unknown') GROUP BY n.state
     UNION ALL SELECT n.state, COUNT(*) AS n FROM notice n WHERE n.tenant_id = $1 AND n.state IN ('paper', 'recalled') AND n.state = 'paper'
     GROUP BY n.state",
);
static STEP_COUNTS: Statement = Statement::new(
    "step counts",
    "SELECT pool, state, COUNT(*) AS n FROM step WHERE tenant_id = $1 GROUP BY pool, state ORDER BY pool, state",
);
static OVERDUE: Statement =
    Statement::new("instance overdue", "SELECT COUNT(*) AS n FROM instance WHERE tenant_id = $1 AND wake_at <= $2 AND slot_seq IS NULL");

pub(super) const STATEMENTS: &[&Statement] = &[
    &INSTANCES,
    &DISPATCHED_STAGES,
    &DISPATCHES,
    &NOTICES,
    &NOTICES_OF,
    &NOTICE,
    &STEPS_OF,
    &STATE_COUNTS,
    &NOTICE_COUNTS,
    &WANTING_COUNTS,
    &STEP_COUNTS,
    &OVERDUE,
];

/// A line of the instance list.
#[derive(Clone, Debug)]
pub struct InstanceView {
    pub id: InvoiceId,
    pub number: String,
    pub customer_number: String,
    pub customer_name: String,
    pub state: String,
    pub stage: Option<i64>,
    pub wake_at: Option<Timestamp>,
    /// Whether it waits for a slot of its sender's throttle.
    pub queued: bool,
    pub reason: Option<String>,
    pub until: Option<String>,
    pub workflow: i64,
    pub currency: String,
    pub due_date: String,
    pub open_minor: i64,
    pub notice: Option<NoticeId>,
}

/// Which instances to list. Empty strings mean all.
#[derive(Clone, Debug, Default)]
pub struct InstanceFilter<'a> {
    pub state: &'a str,
    pub customer: &'a str,
    /// Numbers after this one, for the next page.
    pub after: &'a str,
}

/// A notice that left, with its lines.
#[derive(Clone, Debug)]
pub struct DispatchView {
    pub notice: String,
    pub at: Timestamp,
    /// When its first invoice was due to be dunned.
    pub due_at: Timestamp,
    pub workflow: i64,
    pub stage: String,
    pub channel: String,
    pub customer: String,
    pub open_minor: i64,
    /// What this notice newly charges; what earlier ones charged is not in it.
    pub fee_minor: i64,
    pub currency: String,
    /// Invoice number, stage, open amount.
    pub lines: Vec<(String, String, i64)>,
}

/// A line of the notice list.
#[derive(Clone, Debug)]
pub struct NoticeView {
    pub id: String,
    pub state: String,
    pub channel: String,
    pub reason: Option<String>,
    pub stage: String,
    pub slot_at: Timestamp,
    pub due_at: Timestamp,
    pub dispatched_at: Option<Timestamp>,
    pub open_minor: i64,
    pub fee_minor: i64,
    pub currency: String,
    pub reply: Option<String>,
    pub recipient: Option<String>,
    /// What chose the recipient: a kind of address, or the postal address.
    pub recipient_rule: Option<String>,
    pub mail_hash: Option<Vec<u8>>,
    pub letter_hash: Option<Vec<u8>>,
    pub customer_number: String,
    pub customer_name: String,
}

/// A step as people see it.
#[derive(Clone, Debug)]
pub struct StepView {
    pub id: i64,
    pub pool: String,
    pub state: String,
    pub attempt: i64,
    pub due_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub error: Option<String>,
}

impl Store {
    /// Instances by invoice number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn instance_list(&self, tenant: TenantId, filter: &InstanceFilter<'_>, limit: i64) -> Result<Vec<InstanceView>, StoreError> {
        let values =
            [Value::Int(tenant.0), Value::Text(filter.state), Value::Text(filter.customer), Value::Text(filter.after), Value::Int(limit)];
        self.rows(&INSTANCES, &values).await?.iter().map(instance_view).collect()
    }

    /// The stages that were dispatched, per instance, in order of dispatch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dispatched_stages(&self, tenant: TenantId) -> Result<Vec<(InvoiceId, String)>, StoreError> {
        let rows = self.rows(&DISPATCHED_STAGES, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((InvoiceId(row.int("instance_id")?), row.text("stage_key")?))).collect()
    }

    /// Every notice that left, with its lines.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dispatches(&self, tenant: TenantId) -> Result<Vec<DispatchView>, StoreError> {
        let mut dispatches: Vec<DispatchView> = Vec::new();
        for row in self.rows(&DISPATCHES, &[Value::Int(tenant.0)]).await? {
            let notice = row.text("id")?;
            if dispatches.last().is_none_or(|last| last.notice != notice) {
                dispatches.push(dispatch_view(notice, &row)?);
            }
            let line = (row.text("number")?, row.text("line_stage")?, row.int("line_open")?);
            if let Some(last) = dispatches.last_mut() {
                last.lines.push(line);
                last.fee_minor += row.int("line_fee")?;
            }
        }
        Ok(dispatches)
    }

    /// Notices by when they were issued; `state` empty means all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_list(&self, tenant: TenantId, state: &str, limit: i64) -> Result<Vec<NoticeView>, StoreError> {
        self.notice_list_of(tenant, state, (Timestamp(i64::MIN), Timestamp(i64::MAX)), limit).await
    }

    /// The same of those that were issued from one instant on and before another.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_list_of(
        &self,
        tenant: TenantId,
        state: &str,
        (from, to): (Timestamp, Timestamp),
        limit: i64,
    ) -> Result<Vec<NoticeView>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(state), Value::Int(limit), Value::Int(from.0), Value::Int(to.0)];
        let rows = self.rows(&NOTICES, &values).await?;
        rows.iter().map(notice_view).collect()
    }

    /// The notices of one instance, recalled ones included.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notices_of(&self, tenant: TenantId, instance: InvoiceId) -> Result<Vec<NoticeView>, StoreError> {
        let rows = self.rows(&NOTICES_OF, &[Value::Int(tenant.0), Value::Int(instance.0)]).await?;
        rows.iter().map(notice_view).collect()
    }

    /// One notice, with its customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice(&self, tenant: TenantId, notice: &str) -> Result<Option<(NoticeView, CustomerId)>, StoreError> {
        let rows = self.rows(&NOTICE, &[Value::Int(tenant.0), Value::Text(notice)]).await?;
        rows.first().map(|row| Ok((notice_view(row)?, CustomerId(row.int("customer_id")?)))).transpose()
    }

    /// The steps of a notice, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn steps_of_notice(&self, tenant: TenantId, notice: &str) -> Result<Vec<StepView>, StoreError> {
        let rows = self.rows(&STEPS_OF, &[Value::Int(tenant.0), Value::Text(notice)]).await?;
        rows.iter()
            .map(|row| {
                Ok(StepView {
                    id: row.int("id")?,
                    pool: row.text("pool")?,
                    state: row.text("state")?,
                    attempt: row.int("attempt")?,
                    due_at: Timestamp(row.int("due_at")?),
                    started_at: row.opt_int("started_at")?.map(Timestamp),
                    ended_at: row.opt_int("ended_at")?.map(Timestamp),
                    error: row.opt_text("error")?,
                })
            })
            .collect()
    }

    /// How many instances are in each state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn instance_counts(&self, tenant: TenantId) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.rows(&STATE_COUNTS, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((row.text("state")?, row.int("n")?))).collect()
    }

    /// How many notices are in each state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_counts(&self, tenant: TenantId) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.rows(&NOTICE_COUNTS, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((row.text("state")?, row.int("n")?))).collect()
    }

    /// How many notices want a person: proposed, failed, unknown or paper.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notices_wanting(&self, tenant: TenantId) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.rows(&WANTING_COUNTS, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((row.text("state")?, row.int("n")?))).collect()
    }

    /// How many steps each pool has in each state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step_counts(&self, tenant: TenantId) -> Result<Vec<(String, String, i64)>, StoreError> {
        let rows = self.rows(&STEP_COUNTS, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((row.text("pool")?, row.text("state")?, row.int("n")?))).collect()
    }

    /// How many instances are due at `now` and not yet looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn overdue(&self, tenant: TenantId, now: Timestamp) -> Result<i64, StoreError> {
        let rows = self.rows(&OVERDUE, &[Value::Int(tenant.0), Value::Int(now.0)]).await?;
        rows.first().map_or(Ok(0), |row| row.int("n"))
    }
}

fn instance_view(row: &Row) -> Result<InstanceView, StoreError> {
    Ok(InstanceView {
        id: InvoiceId(row.int("id")?),
        number: row.text("number")?,
        customer_number: row.text("customer_number")?,
        customer_name: row.text("customer_name")?,
        state: row.text("state")?,
        stage: row.opt_int("stage")?,
        wake_at: row.opt_int("wake_at")?.map(Timestamp),
        queued: row.opt_int("slot_seq")?.is_some(),
        reason: row.opt_text("reason")?,
        until: row.opt_text("until_date")?,
        workflow: row.int("workflow_id")?,
        currency: row.text("currency")?,
        due_date: row.text("due_date")?,
        open_minor: row.int("open_minor")?,
        notice: row.opt_text("notice_id")?.map(NoticeId),
    })
}

fn dispatch_view(notice: String, row: &Row) -> Result<DispatchView, StoreError> {
    Ok(DispatchView {
        notice,
        at: Timestamp(row.int("dispatched_at")?),
        due_at: Timestamp(row.int("due_at")?),
        workflow: row.int("workflow_id")?,
        stage: row.text("stage_key")?,
        channel: row.text("channel")?,
        customer: row.text("customer_number")?,
        open_minor: row.int("open_minor")?,
        fee_minor: 0,
        currency: row.text("currency")?,
        lines: Vec::new(),
    })
}

fn notice_view(row: &Row) -> Result<NoticeView, StoreError> {
    Ok(NoticeView {
        id: row.text("id")?,
        state: row.text("state")?,
        channel: row.text("channel")?,
        reason: row.opt_text("reason")?,
        stage: row.text("stage_key")?,
        slot_at: Timestamp(row.int("slot_at")?),
        due_at: Timestamp(row.int("due_at")?),
        dispatched_at: row.opt_int("dispatched_at")?.map(Timestamp),
        open_minor: row.int("open_minor")?,
        fee_minor: row.int("fee_minor")?,
        currency: row.text("currency")?,
        reply: row.opt_text("reply")?,
        recipient: row.opt_text("recipient")?,
        recipient_rule: row.opt_text("recipient_rule")?,
        mail_hash: row.opt_blob("mail_hash")?,
        letter_hash: row.opt_blob("letter_hash")?,
        customer_number: row.text("customer_number")?,
        customer_name: row.text("customer_name")?,
    })
}
