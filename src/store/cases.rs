//! Cases: an instance with what is known of its invoice and customer at this moment. What a decision looks at.

use super::batch::{Batch, Cell};
use super::db::{Reads, Row, Store, Tx, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::chain::Hash;
use crate::domain::compose::Reach;
use crate::domain::ids::{CustomerId, InvoiceId, NoticeId, TenantId, WorkflowId};
use crate::domain::instance::{Facts, Instance, Rest, State};
use crate::domain::money::Currency;
use crate::domain::notice::Recipient;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Channel;
use chrono::NaiveDate;
use std::collections::BTreeSet;

macro_rules! case_query {
    ($from:literal) => {
        concat!(
            "SELECT i.id, i.workflow_id, i.seq, i.state, i.stage, i.stage_date, i.wake_at, i.notice_id, i.reason, i.until_date,
                i.passed, i.dispatched_on, i.place, i.channel, i.slot_seq,
                v.number, v.customer_id, v.currency, v.amount_minor, v.invoice_date, v.due_date,
                CAST(CASE WHEN v.cancelled_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS cancelled,
                v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
                    WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor,
                COALESCE((SELECT CAST(SUM(b.amount_minor) AS BIGINT) FROM block b WHERE b.tenant_id = v.tenant_id AND b.customer_id = v.customer_id
                    AND b.ended_at IS NULL AND b.amount_minor IS NOT NULL AND b.invoice_id = v.id), 0) AS resting_minor,
                k.reason AS block_reason, k.until_date AS block_until,
                (SELECT l.notice_id FROM notice_line l WHERE l.tenant_id = i.tenant_id AND l.instance_id = i.id AND l.stage = i.stage
                    AND l.recalled = 0 AND l.past = 0) AS standing,
                v.document_hash, CAST(CASE WHEN v.kind = 'revenue_voucher' THEN 1 ELSE 0 END AS BIGINT) AS voucher,
                c.number AS customer_number, c.name, c.email, c.email_rule, c.street, c.postcode, c.city, c.country, COALESCE(c.language_by_hand, c.language) AS language, c.channel_by_hand, c.secret,
                CAST(CASE WHEN c.email_blocked IS NULL THEN 0 ELSE 1 END AS BIGINT) AS email_blocked
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
    "instances due",
    "SELECT i.id FROM instance i JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
     WHERE i.tenant_id = $1 AND i.wake_at <= $2 AND i.slot_seq IS NULL
     ORDER BY i.wake_at, i.stage_date, v.due_date, v.number LIMIT $3",
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
    "INSERT INTO instance (tenant_id, id, workflow_id, seq, state, stage, stage_date, wake_at, tzdb, notice_id, reason, until_date, passed, dispatched_on, place)
     SELECT $2, {i0}, {i1}, {i2}, {t3}, {i4}, {t5}, {i6}, $3, {t7}, {t8}, {t9}, {i10}, {t11}, {i12} FROM {batch}",
);
static SAVE: Statement = Statement::new(
    "instance save",
    "UPDATE instance SET seq = {i2}, state = {t3}, stage = {i4}, stage_date = {t5}, wake_at = {i6}, tzdb = $3,
            notice_id = {t7}, reason = {t8}, until_date = {t9}, passed = {i10}, dispatched_on = {t11}, place = {i12}, slot_seq = NULL
     FROM {batch} WHERE instance.tenant_id = $2 AND instance.id = {i0} AND instance.workflow_id = {i1} AND instance.seq = {i13}",
);
/// Moves wake-ups without a transition: the window is closed, or the customer had a notice today.
static POSTPONE: Statement = Statement::new(
    "instance postpone",
    "UPDATE instance SET wake_at = {i1}, tzdb = $3, slot_seq = NULL FROM {rows}
     WHERE instance.tenant_id = $2 AND instance.id = {i0} AND instance.state = 'waiting'",
);
/// Kept beside what every stage writes: hardly any instance has one.
static REROUTE: Statement = Statement::new(
    "instance reroute",
    "UPDATE instance SET channel = {t1} FROM {rows} WHERE instance.tenant_id = $2 AND instance.id = {i0}",
);
static QUEUE: Statement = Statement::new(
    "instance queue",
    "UPDATE instance SET slot_seq = {i1} FROM {rows} WHERE instance.tenant_id = $2 AND instance.id = {i0} AND instance.state = 'waiting'",
);

pub(super) const STATEMENTS: &[&Statement] =
    &[&DUE, &BY_IDS, &OF_CUSTOMERS, &ALL_OF_CUSTOMERS, &AT_SLOTS, &INSERT, &SAVE, &POSTPONE, &REROUTE, &QUEUE];

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
    pub recipient: Recipient,
    /// The customer's language, a person's word before the source's; empty if unknown.
    pub language: String,
    /// How a person wants this customer's notices to go.
    pub channel: Option<Channel>,
    /// Key of the commitments about this customer.
    pub secret: Vec<u8>,
    pub document_hash: Option<Hash>,
    /// It was booked, not written, by the creditor: an Einnahmenbeleg.
    pub is_voucher: bool,
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

/// A way to send that a person decided.
pub(super) fn by_hand(word: Option<String>, table: &'static str, column: &'static str) -> Result<Option<Channel>, StoreError> {
    word.map(|word| Channel::by_hand(&word).map_err(|why| StoreError::Corrupt { table, column, why })).transpose()
}

fn case(row: &Row) -> Result<Case, StoreError> {
    let currency = row.text("currency")?;
    let recipient = super::notices::recipient(row, "customer_number")?;
    Ok(Case {
        instance: instance(row)?,
        slot: row.opt_int("slot_seq")?,
        standing: row.opt_text("standing")?.map(NoticeId),
        number: row.text("number")?,
        customer: CustomerId(row.int("customer_id")?),
        language: row.text("language")?,
        channel: by_hand(row.opt_text("channel_by_hand")?, "customer", "channel_by_hand")?,
        secret: row.blob("secret")?,
        document_hash: super::notices::opt_hash(row.opt_blob("document_hash")?, "document_hash")?,
        is_voucher: row.int("voucher")? != 0,
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
        reach: Reach {
            email: !recipient.email.is_empty(),
            email_blocked: row.int("email_blocked")? != 0,
            post: !recipient.street.is_empty() && !recipient.city.is_empty(),
        },
        recipient,
    })
}

fn instance(row: &Row) -> Result<Instance, StoreError> {
    Ok(Instance {
        id: InvoiceId(row.int("id")?),
        workflow: WorkflowId(row.int("workflow_id")?),
        seq: row.int("seq")?,
        passed: row.opt_int("passed")?.map(|stage| position(stage, "passed")).transpose()?,
        dispatched_on: opt_date(row.opt_text("dispatched_on")?, "instance", "dispatched_on")?,
        placed: row.int("place")? != 0,
        channel: by_hand(row.opt_text("channel")?, "instance", "channel")?,
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
        "queued_by_quota" => State::QueuedByQuota { stage: stage()? },
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

fn instance_row(instance: &Instance) -> [Cell<'_>; 13] {
    let (stage_date, wake_at) = match &instance.state {
        State::Waiting { stage_date, wake_at, .. } => (Some(*stage_date), Some(wake_at.0)),
        _ => (None, None),
    };
    let (reason, until) = match &instance.state {
        State::Blocked { reason, until, .. } => (Some(reason), *until),
        State::Failed { reason, .. } => (Some(reason), None),
        _ => (None, None),
    };
    [
        instance.id.0.into(),
        instance.workflow.0.into(),
        instance.seq.into(),
        instance.state.word().into(),
        instance.state.stage().into(),
        stage_date.into(),
        wake_at.into(),
        instance.state.notice().map(|notice| &notice.0).into(),
        reason.into(),
        until.into(),
        instance.passed.into(),
        instance.dispatched_on.into(),
        i64::from(instance.placed).into(),
    ]
}

/// With the sequence that the ledger's row must still have.
fn changed_row((instance, known_seq): &(Instance, i64)) -> [Cell<'_>; 14] {
    let [id, workflow, seq, state, stage, stage_date, wake_at, notice, reason, until, passed, dispatched_on, place] =
        instance_row(instance);
    [id, workflow, seq, state, stage, stage_date, wake_at, notice, reason, until, passed, dispatched_on, place, (*known_seq).into()]
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

impl Store {
    /// At most `limit` due instances that stand in no queue, in the order in which slots are assigned.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due(&self, tenant: TenantId, now: Timestamp, limit: usize) -> Result<Vec<InvoiceId>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.rows(&DUE, &[Value::Int(tenant.0), Value::Int(now.0), Value::Int(limit)]).await?;
        rows.iter().map(|row| row.int("id").map(InvoiceId)).collect()
    }

    /// As [`TenantTx::cases`], outside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cases(&self, tenant: TenantId, ids: impl IntoIterator<Item = InvoiceId>) -> Result<Vec<Case>, StoreError> {
        cases_by(&mut &*self, tenant, &BY_IDS, id_rows(ids.into_iter().map(|id| id.0))).await
    }
}

async fn cases_by(reader: &mut impl Reads, tenant: TenantId, statement: &'static Statement, ids: String) -> Result<Vec<Case>, StoreError> {
    let rows = reader.read(statement, &[Value::Text(&ids), Value::Int(tenant.0)]).await?;
    rows.iter().map(case).collect()
}

/// Writes changed instances, each with the sequence that the ledger's row must still have ([`TenantTx::save`]).
pub(super) async fn save_instances(tx: &mut Tx, tenant: TenantId, instances: &[(Instance, i64)]) -> Result<(), StoreError> {
    let rows: Batch<'_> = instances.iter().map(changed_row).collect();
    write_instances(tx, tenant, &SAVE, &rows).await
}

async fn write_instances(tx: &mut Tx, tenant: TenantId, statement: &'static Statement, rows: &Batch<'_>) -> Result<(), StoreError> {
    let found = tx.run_batch(statement, rows, &[Value::Int(tenant.0), tzdb()]).await?;
    let expected = u64::try_from(rows.len()).unwrap_or(0);
    if found == expected { Ok(()) } else { Err(StoreError::Conflict { what: statement.name, expected, found }) }
}

impl TenantTx {
    /// The cases of these invoices, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cases(&mut self, ids: impl IntoIterator<Item = InvoiceId>) -> Result<Vec<Case>, StoreError> {
        cases_by(&mut self.tx, self.tenant, &BY_IDS, id_rows(ids.into_iter().map(|id| id.0))).await
    }

    /// All cases of these customers, whatever their state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_cases_of(&mut self, customers: impl IntoIterator<Item = CustomerId>) -> Result<Vec<Case>, StoreError> {
        cases_by(&mut self.tx, self.tenant, &ALL_OF_CUSTOMERS, id_rows(customers.into_iter().map(|id| id.0))).await
    }

    /// The cases that wait at these places of the queues.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cases_at_slots(&mut self, slots: impl IntoIterator<Item = i64>) -> Result<Vec<Case>, StoreError> {
        cases_by(&mut self.tx, self.tenant, &AT_SLOTS, id_rows(slots)).await
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
        let rows: Batch<'_> = instances.iter().map(instance_row).collect();
        write_instances(&mut self.tx, self.tenant, &INSERT, &rows).await
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

    /// Writes how the next notices of instances go; `None`: nobody decided.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reroute_instances(&mut self, rerouted: &[(InvoiceId, Option<Channel>)]) -> Result<(), StoreError> {
        if rerouted.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&rerouted.iter().map(|(id, channel)| (id.0, channel.map(Channel::word))).collect::<Vec<_>>());
        self.tx.run(&REROUTE, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await.map(drop)
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
