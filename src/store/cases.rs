//! Cases: an instance with what is known of its invoice and customer at this moment. What a decision looks at.

use super::db::{Row, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::compose::Reach;
use crate::domain::ids::{CustomerId, InvoiceId, NoticeId, WorkflowId};
use crate::domain::instance::{Facts, Instance, Rest, State};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use std::collections::BTreeSet;

macro_rules! case_query {
    ($from:literal) => {
        concat!(
            "SELECT i.id, i.workflow_id, i.seq, i.state, i.stage, i.stage_date, i.wake_at, i.notice_id, i.reason, i.until_date,
                i.passed, i.dispatched_on, i.slot_seq,
                v.number, v.customer_id, v.currency, v.amount_minor, v.invoice_date, v.due_date,
                CAST(CASE WHEN v.cancelled_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS cancelled,
                v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
                    WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor,
                COALESCE((SELECT CAST(SUM(b.amount_minor) AS BIGINT) FROM block b WHERE b.tenant_id = v.tenant_id AND b.customer_id = v.customer_id
                    AND b.ended_at IS NULL AND b.amount_minor IS NOT NULL AND b.invoice_id = v.id), 0) AS resting_minor,
                k.reason AS block_reason, k.until_date AS block_until,
                (SELECT l.notice_id FROM notice_line l WHERE l.tenant_id = i.tenant_id AND l.instance_id = i.id AND l.stage = i.stage
                    AND l.recalled = 0) AS standing,
                c.number AS customer_number, CAST(CASE WHEN c.email = '' THEN 0 ELSE 1 END AS BIGINT) AS has_email,
                CAST(CASE WHEN c.email_blocked IS NULL THEN 0 ELSE 1 END AS BIGINT) AS email_blocked,
                CAST(CASE WHEN c.street <> '' AND c.city <> '' THEN 1 ELSE 0 END AS BIGINT) AS has_post
             FROM ",
            $from,
            " LEFT JOIN block k ON k.tenant_id = i.tenant_id AND k.id = (SELECT MIN(b.id) FROM block b
                    WHERE b.tenant_id = v.tenant_id AND b.customer_id = v.customer_id AND b.ended_at IS NULL
                        AND b.amount_minor IS NULL AND (b.invoice_id IS NULL OR b.invoice_id = v.id))"
        )
    };
}

/// Due ones that do not stand in a sender's queue yet, in the order in which slots are assigned.
static DUE: Statement = Statement::new(
    "cases due",
    concat!(
        case_query!(
            "instance i JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
             JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id"
        ),
        " WHERE i.tenant_id = $1 AND i.wake_at <= $2 AND i.slot_seq IS NULL
          ORDER BY i.wake_at, i.stage_date, v.due_date, v.number LIMIT $3"
    ),
);
static BY_IDS: Statement = Statement::new(
    "cases by ids",
    concat!(
        case_query!(
            "{rows} JOIN instance i ON i.tenant_id = $2 AND i.id = {i0} JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
             JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id"
        ),
        " WHERE i.tenant_id = $2 ORDER BY i.id"
    ),
);
/// All that a customer may be dunned for on this date.
static OF_CUSTOMERS: Statement = Statement::new(
    "cases of customers",
    concat!(
        case_query!(
            "{rows} JOIN invoice v ON v.tenant_id = $2 AND v.customer_id = {i0} JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
             JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id"
        ),
        " WHERE i.tenant_id = $2 AND i.state = 'waiting' AND i.stage_date <= $3 ORDER BY i.id"
    ),
);
/// All instances of customers, whatever their state: what a block on the customer touches.
static ALL_OF_CUSTOMERS: Statement = Statement::new(
    "all cases of customers",
    concat!(
        case_query!(
            "{rows} JOIN invoice v ON v.tenant_id = $2 AND v.customer_id = {i0} JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id
             JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id"
        ),
        " WHERE i.tenant_id = $2 ORDER BY i.id"
    ),
);
/// Those that wait in a queue at these places.
static AT_SLOTS: Statement = Statement::new(
    "cases at slots",
    concat!(
        case_query!(
            "{rows} JOIN instance i ON i.tenant_id = $2 AND i.slot_seq = {i0} JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
             JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id"
        ),
        " WHERE i.tenant_id = $2 ORDER BY i.id"
    ),
);
static INSERT: Statement = Statement::new(
    "instance insert",
    "INSERT INTO instance (tenant_id, id, workflow_id, seq, state, stage, stage_date, wake_at, tzdb, notice_id, reason, until_date, passed, dispatched_on)
     SELECT $2, {i0}, {i1}, {i2}, {t3}, {i4}, {t5}, {i6}, $3, {t7}, {t8}, {t9}, {i10}, {t11} FROM {rows}",
);
static SAVE: Statement = Statement::new(
    "instance save",
    "UPDATE instance SET workflow_id = {i1}, seq = {i2}, state = {t3}, stage = {i4}, stage_date = {t5}, wake_at = {i6}, tzdb = $3,
            notice_id = {t7}, reason = {t8}, until_date = {t9}, passed = {i10}, dispatched_on = {t11}, slot_seq = NULL
     FROM {rows} WHERE instance.tenant_id = $2 AND instance.id = {i0} AND instance.seq = {i12}",
);
/// Moves wake-ups without a transition: the window is closed, or the customer had a notice today.
static POSTPONE: Statement = Statement::new(
    "instance postpone",
    "UPDATE instance SET wake_at = {i1}, tzdb = $3, slot_seq = NULL FROM {rows}
     WHERE instance.tenant_id = $2 AND instance.id = {i0} AND instance.state = 'waiting'",
);
static QUEUE: Statement = Statement::new(
    "instance queue",
    "UPDATE instance SET slot_seq = {i1} FROM {rows} WHERE instance.tenant_id = $2 AND instance.id = {i0} AND instance.state = 'waiting'",
);

pub(super) const STATEMENTS: &[&Statement] =
    &[&DUE, &BY_IDS, &OF_CUSTOMERS, &ALL_OF_CUSTOMERS, &AT_SLOTS, &INSERT, &SAVE, &POSTPONE, &QUEUE];

/// An instance with what is known of its invoice and customer.
#[derive(Clone, Debug)]
pub struct Case {
    pub instance: Instance,
    /// Its place in a sender's queue, if it waits there.
    pub slot: Option<i64>,
    /// The notice that stands for its present stage, whatever became of it since.
    pub standing: Option<NoticeId>,
    pub number: String,
    pub customer: CustomerId,
    pub customer_number: String,
    pub currency: Currency,
    pub amount_minor: i64,
    pub open_minor: i64,
    pub resting_minor: i64,
    pub invoice_date: NaiveDate,
    pub due_date: NaiveDate,
    pub cancelled: bool,
    pub block: Option<Rest>,
    pub reach: Reach,
}

impl Case {
    /// What may be dunned now, in minor units.
    #[must_use]
    pub fn dunnable_minor(&self) -> i64 {
        self.open_minor.saturating_sub(self.resting_minor)
    }

    /// The facts of a decision; `minimum_minor` is the workflow's for this currency.
    #[must_use]
    pub fn facts(&self, minimum_minor: i64) -> Facts {
        Facts {
            due_date: self.due_date,
            open_minor: self.open_minor,
            resting_minor: self.resting_minor,
            minimum_minor,
            block: self.block.clone(),
            cancelled: self.cancelled,
        }
    }
}

/// What becomes of a civil date in the ledger and back.
pub(super) fn date(text: &str, table: &'static str, column: &'static str) -> Result<NaiveDate, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { table, column, why: format!("`{text}` is no date") })
}

pub(super) fn opt_date(text: Option<String>, table: &'static str, column: &'static str) -> Result<Option<NaiveDate>, StoreError> {
    text.map(|text| date(&text, table, column)).transpose()
}

fn case(row: &Row) -> Result<Case, StoreError> {
    let currency = row.text("currency")?;
    Ok(Case {
        instance: instance(row)?,
        slot: row.opt_int("slot_seq")?,
        standing: row.opt_text("standing")?.map(NoticeId),
        number: row.text("number")?,
        customer: CustomerId(row.int("customer_id")?),
        customer_number: row.text("customer_number")?,
        currency: Currency::parse(&currency).map_err(|why| StoreError::Corrupt { table: "invoice", column: "currency", why })?,
        amount_minor: row.int("amount_minor")?,
        open_minor: row.int("open_minor")?,
        resting_minor: row.int("resting_minor")?,
        invoice_date: date(&row.text("invoice_date")?, "invoice", "invoice_date")?,
        due_date: date(&row.text("due_date")?, "invoice", "due_date")?,
        cancelled: row.int("cancelled")? != 0,
        block: match row.opt_text("block_reason")? {
            Some(reason) => Some(Rest { reason, until: opt_date(row.opt_text("block_until")?, "block", "until_date")? }),
            None => None,
        },
        reach: Reach { email: row.int("has_email")? != 0, email_blocked: row.int("email_blocked")? != 0, post: row.int("has_post")? != 0 },
    })
}

fn instance(row: &Row) -> Result<Instance, StoreError> {
    Ok(Instance {
        id: InvoiceId(row.int("id")?),
        workflow: WorkflowId(row.int("workflow_id")?),
        seq: row.int("seq")?,
        passed: row.opt_int("passed")?.map(|stage| position(stage, "passed")).transpose()?,
        dispatched_on: opt_date(row.opt_text("dispatched_on")?, "instance", "dispatched_on")?,
        state: state(row)?,
    })
}

fn position(stage: i64, column: &'static str) -> Result<usize, StoreError> {
    usize::try_from(stage).map_err(|_| StoreError::Corrupt { table: "instance", column, why: format!("{stage} is no position") })
}

/// Reads a column that this state must have.
fn needed<T>(value: Option<T>, column: &'static str) -> Result<T, StoreError> {
    value.ok_or(StoreError::Corrupt { table: "instance", column, why: "missing in this state".to_owned() })
}

fn state(row: &Row) -> Result<State, StoreError> {
    let stage = || position(needed(row.opt_int("stage")?, "stage")?, "stage");
    let notice = || Ok::<_, StoreError>(NoticeId(needed(row.opt_text("notice_id")?, "notice_id")?));
    Ok(match row.text("state")?.as_str() {
        "waiting" => State::Waiting {
            stage: stage()?,
            stage_date: date(&needed(row.opt_text("stage_date")?, "stage_date")?, "instance", "stage_date")?,
            wake_at: Timestamp(needed(row.opt_int("wake_at")?, "wake_at")?),
        },
        "proposed" => State::Proposed { stage: stage()?, notice: notice()? },
        "issued" => State::Issued { stage: stage()?, notice: notice()? },
        "failed" => State::Failed { stage: stage()?, notice: notice()?, reason: row.opt_text("reason")?.unwrap_or_default() },
        "blocked" => State::Blocked {
            stage: stage()?,
            reason: row.opt_text("reason")?.unwrap_or_default(),
            until: opt_date(row.opt_text("until_date")?, "instance", "until_date")?,
        },
        "settled" => State::Settled,
        "withdrawn" => State::Withdrawn,
        "handed_over" => State::HandedOver,
        "exhausted" => State::Exhausted,
        other => return Err(StoreError::Corrupt { table: "instance", column: "state", why: format!("`{other}` is no state") }),
    })
}

type InstanceRow<'a> = (
    i64,
    i64,
    i64,
    &'static str,
    Option<usize>,
    Option<NaiveDate>,
    Option<i64>,
    Option<&'a str>,
    Option<&'a str>,
    Option<NaiveDate>,
    Option<usize>,
    Option<NaiveDate>,
    i64,
);

fn instance_row((instance, known_seq): &(Instance, i64)) -> InstanceRow<'_> {
    let (stage_date, wake_at) = match &instance.state {
        State::Waiting { stage_date, wake_at, .. } => (Some(*stage_date), Some(wake_at.0)),
        _ => (None, None),
    };
    let (reason, until) = match &instance.state {
        State::Blocked { reason, until, .. } => (Some(reason.as_str()), *until),
        State::Failed { reason, .. } => (Some(reason.as_str()), None),
        _ => (None, None),
    };
    let notice = instance.state.notice().map(|notice| notice.0.as_str());
    let (id, workflow, seq, word) = (instance.id.0, instance.workflow.0, instance.seq, instance.state.word());
    (
        id,
        workflow,
        seq,
        word,
        instance.state.stage(),
        stage_date,
        wake_at,
        notice,
        reason,
        until,
        instance.passed,
        instance.dispatched_on,
        *known_seq,
    )
}

/// The version of the time-zone database behind the computed instants.
fn tzdb() -> Value<'static> {
    Value::Text(super::retime::tzdb())
}

/// One row for each id, however often it is asked for: two copies of a case would be decided twice.
fn id_rows(ids: impl IntoIterator<Item = i64>) -> String {
    let ids: BTreeSet<i64> = ids.into_iter().collect();
    rows_json(&ids.into_iter().map(|id| (id,)).collect::<Vec<_>>())
}

impl TenantTx {
    /// At most `limit` due cases, in the order in which slots are assigned.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Case>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.tx.rows(&DUE, &[Value::Int(self.tenant.0), Value::Int(now.0), Value::Int(limit)]).await?;
        rows.iter().map(case).collect()
    }

    /// The cases of these invoices, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cases(&mut self, ids: impl IntoIterator<Item = InvoiceId>) -> Result<Vec<Case>, StoreError> {
        self.cases_by(&BY_IDS, id_rows(ids.into_iter().map(|id| id.0))).await
    }

    /// All cases of these customers, whatever their state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_cases_of(&mut self, customers: impl IntoIterator<Item = CustomerId>) -> Result<Vec<Case>, StoreError> {
        self.cases_by(&ALL_OF_CUSTOMERS, id_rows(customers.into_iter().map(|id| id.0))).await
    }

    /// The cases that wait at these places of the queues.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cases_at_slots(&mut self, slots: impl IntoIterator<Item = i64>) -> Result<Vec<Case>, StoreError> {
        self.cases_by(&AT_SLOTS, id_rows(slots)).await
    }

    async fn cases_by(&mut self, statement: &'static Statement, ids: String) -> Result<Vec<Case>, StoreError> {
        let rows = self.tx.rows(statement, &[Value::Text(&ids), Value::Int(self.tenant.0)]).await?;
        rows.iter().map(case).collect()
    }

    /// The waiting cases of these customers whose stage date is on or before `date`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_of(&mut self, customers: impl IntoIterator<Item = CustomerId>, date: NaiveDate) -> Result<Vec<Case>, StoreError> {
        let ids = id_rows(customers.into_iter().map(|id| id.0));
        let date = date.to_string();
        let rows = self.tx.rows(&OF_CUSTOMERS, &[Value::Text(&ids), Value::Int(self.tenant.0), Value::Text(&date)]).await?;
        rows.iter().map(case).collect()
    }

    /// Adds new instances.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_instances(&mut self, instances: Vec<Instance>) -> Result<(), StoreError> {
        let rows: Vec<_> = instances.into_iter().map(|instance| (instance, 0)).collect();
        self.write_instances(&INSERT, "instance insert", &rows).await
    }

    /// Writes changed instances, each with the sequence that the ledger's row must still have.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when one has not.
    pub async fn save_instances(&mut self, instances: &[(Instance, i64)]) -> Result<(), StoreError> {
        self.write_instances(&SAVE, "instance save", instances).await
    }

    async fn write_instances(
        &mut self,
        statement: &'static Statement,
        what: &'static str,
        instances: &[(Instance, i64)],
    ) -> Result<(), StoreError> {
        if instances.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&instances.iter().map(instance_row).collect::<Vec<_>>());
        let found = self.tx.run(statement, &[Value::Text(&rows), Value::Int(self.tenant.0), tzdb()]).await?;
        let expected = u64::try_from(instances.len()).unwrap_or(0);
        if found == expected { Ok(()) } else { Err(StoreError::Conflict { what, expected, found }) }
    }

    /// Moves the wake-ups of waiting instances and takes them out of the queues.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn postpone(&mut self, wakes: &[(InvoiceId, Timestamp)]) -> Result<(), StoreError> {
        if wakes.is_empty() {
            return Ok(());
        }
        let rows = rows_json(wakes);
        self.tx.run(&POSTPONE, &[Value::Text(&rows), Value::Int(self.tenant.0), tzdb()]).await.map(drop)
    }

    /// Puts waiting instances at a place of a sender's queue.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_instances(&mut self, places: &[(InvoiceId, i64)]) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        let rows = rows_json(places);
        self.tx.run(&QUEUE, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await.map(drop)
    }
}
