//! Sums over a tenant for its overview. They read everything that is open: whoever shows them keeps them for a while.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::{TenantId, WorkflowId};
use crate::domain::time::Timestamp;
use chrono::{Days, NaiveDate};
use serde_json::json;

/// From the days' bounds into the index of what sleeps.
static DUE_BY_DAY: Statement = Statement::new(
    "overview due",
    "SELECT {i0} AS day, i.workflow_id, i.stage, COUNT(*) AS n FROM {rows}
     JOIN instance i ON i.tenant_id = $2 AND i.wake_at >= {i1} AND i.wake_at < {i2} AND i.wake_at IS NOT NULL AND i.slot_seq IS NULL
     GROUP BY {i0}, i.workflow_id, i.stage ORDER BY day, i.workflow_id, i.stage",
);
/// Those who wait for a slot of a throttle leave as soon as it lets them.
static IN_SLOTS: Statement = Statement::new(
    "overview places",
    "SELECT i.workflow_id, i.stage, COUNT(*) AS n FROM instance i WHERE i.tenant_id = $1 AND i.slot_seq IS NOT NULL
     GROUP BY i.workflow_id, i.stage ORDER BY i.workflow_id, i.stage",
);
/// `$2` to `$5`: today, and 30, 60 and 90 days before it.
static RECEIVABLES: Statement = Statement::new(
    "overview receivables",
    "SELECT o.workflow_id, o.passed, o.age, o.currency, COUNT(*) AS n, CAST(SUM(o.open_minor) AS BIGINT) AS open_minor FROM (
        SELECT i.workflow_id, i.passed, v.currency,
            CAST(CASE WHEN v.due_date >= $2 THEN 0 WHEN v.due_date >= $3 THEN 1 WHEN v.due_date >= $4 THEN 2 WHEN v.due_date >= $5 THEN 3 ELSE 4 END AS BIGINT) AS age,
            v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
                WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor
        FROM instance i JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
        WHERE i.tenant_id = $1 AND i.state NOT IN ('settled', 'withdrawn')) AS o
     GROUP BY o.workflow_id, o.passed, o.age, o.currency ORDER BY o.workflow_id, o.passed, o.age, o.currency",
);
static INVOICED: Statement = Statement::new(
    "overview invoiced",
    "SELECT currency, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor FROM invoice
     WHERE tenant_id = $1 AND invoice_date > $2 AND invoice_date <= $3 AND cancelled_at IS NULL GROUP BY currency ORDER BY currency",
);
static ADDRESSLESS: Statement = Statement::new(
    "overview addressless",
    "SELECT COUNT(*) AS n FROM customer c WHERE c.tenant_id = $1 AND (c.email = '' OR c.email_blocked IS NOT NULL) AND EXISTS (
        SELECT 1 FROM invoice v JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
        WHERE v.tenant_id = c.tenant_id AND v.customer_id = c.id AND i.state IN ('waiting', 'queued_by_quota', 'proposed', 'issued'))",
);

pub(super) const STATEMENTS: &[&Statement] = &[&DUE_BY_DAY, &IN_SLOTS, &RECEIVABLES, &INVOICED, &ADDRESSLESS];

/// How many instances of a stage are due on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCount {
    /// As it was asked for: the place of the day's bounds.
    pub day: i64,
    pub workflow: WorkflowId,
    pub stage: i64,
    pub count: i64,
}

/// What is open of claims at a stage and of an age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receivable {
    pub workflow: WorkflowId,
    /// The last stage that was sent or skipped.
    pub passed: Option<i64>,
    /// 0: not due; 1 to 3: up to 30, 60, 90 days overdue; 4: longer.
    pub age: i64,
    pub currency: String,
    pub count: i64,
    pub open_minor: i64,
}

impl Store {
    /// How many instances sleep until each day, by workflow and stage. `bounds`: each day's first instant and the one after its last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_by_day(&self, tenant: TenantId, bounds: &[(Timestamp, Timestamp)]) -> Result<Vec<DueCount>, StoreError> {
        let days: Vec<_> = bounds.iter().enumerate().map(|(day, (from, to))| json!([day, from.0, to.0])).collect();
        let rows = self.rows(&DUE_BY_DAY, &[Value::Text(&json!(days).to_string()), Value::Int(tenant.0)]).await?;
        let waiting = self.rows(&IN_SLOTS, &[Value::Int(tenant.0)]).await?;
        let counted = |row: &super::Row, day| {
            let (workflow, stage) = (WorkflowId(row.int("workflow_id")?), row.opt_int("stage")?.unwrap_or(0));
            Ok(DueCount { day, workflow, stage, count: row.int("n")? })
        };
        let today = waiting.iter().map(|row| counted(row, 0));
        rows.iter().map(|row| counted(row, row.int("day")?)).chain(today).collect()
    }

    /// What is open, by the last stage and by age on `today`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn receivables(&self, tenant: TenantId, today: NaiveDate) -> Result<Vec<Receivable>, StoreError> {
        let before = |days| today.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN).to_string();
        let (now, month, two, three) = (today.to_string(), before(30), before(60), before(90));
        let values = [Value::Int(tenant.0), Value::Text(&now), Value::Text(&month), Value::Text(&two), Value::Text(&three)];
        let rows = self.rows(&RECEIVABLES, &values).await?;
        rows.iter()
            .map(|row| {
                Ok(Receivable {
                    workflow: WorkflowId(row.int("workflow_id")?),
                    passed: row.opt_int("passed")?,
                    age: row.int("age")?,
                    currency: row.text("currency")?,
                    count: row.int("n")?,
                    open_minor: row.int("open_minor")?,
                })
            })
            .collect()
    }

    /// What was invoiced in the days after `after` up to `to`, by currency.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invoiced(&self, tenant: TenantId, after: NaiveDate, to: NaiveDate) -> Result<Vec<(String, i64)>, StoreError> {
        let (after, to) = (after.to_string(), to.to_string());
        let rows = self.rows(&INVOICED, &[Value::Int(tenant.0), Value::Text(&after), Value::Text(&to)]).await?;
        rows.iter().map(|row| Ok((row.text("currency")?, row.int("amount_minor")?))).collect()
    }

    /// How many customers that are dunned have no usable e-mail address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn addressless(&self, tenant: TenantId) -> Result<i64, StoreError> {
        let rows = self.rows(&ADDRESSLESS, &[Value::Int(tenant.0)]).await?;
        rows.first().map_or(Ok(0), |row| row.int("n"))
    }
}
