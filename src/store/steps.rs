//! Steps: claim, start, settle, and what a planner does for those that were forgotten.

use super::batch::Batch;
use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::ids::{NoticeId, StepId, TenantId, WorkflowId};
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use std::collections::BTreeSet;

static INSERT: Statement = Statement::new(
    "step insert",
    "INSERT INTO step (tenant_id, id, notice_id, position, pool, last, state, attempt, due_at, epoch)
     SELECT $2, {i0}, {t1}, {i2}, {t3}, {i4}, {t5}, 1, $3, 0 FROM {batch}",
);
static QUEUED: Statement = Statement::new(
    "steps queued",
    "SELECT s.id, s.notice_id, s.position, s.pool, s.last, s.attempt, s.epoch, s.due_at, s.started_at FROM {rows} JOIN step s ON s.tenant_id = $2 AND s.id = {i0}
     WHERE s.tenant_id = $2 AND s.attempt = {i1} AND s.state = 'queued'",
);
/// What was begun when its worker died and may be repeated; that it was begun stays written down.
static BEGIN_AGAIN: Statement = Statement::new(
    "step begin again",
    "UPDATE step SET state = 'retry', attempt = attempt + 1, due_at = $3, ended_at = $3, error = $4, owner = NULL, lease_until = NULL FROM {rows}
     WHERE step.tenant_id = $2 AND step.id = {i0} AND step.epoch = {i1} AND step.state = 'started'",
);
/// It was started and has certainly not begun.
static PUT_BACK: Statement = Statement::new(
    "step put back",
    "UPDATE step SET state = 'queued', due_at = $3, owner = NULL, lease_until = NULL, started_at = NULL FROM {rows}
     WHERE step.tenant_id = $2 AND step.id = {i0} AND step.epoch = {i1} AND step.state = 'started' RETURNING id",
);
/// Nothing has happened yet, and its slot is over: it takes another, as a retry does.
static PUT_OFF: Statement = Statement::new(
    "step put off",
    "UPDATE step SET state = 'retry', due_at = $3, owner = NULL, lease_until = NULL FROM {rows}
     WHERE step.tenant_id = $2 AND step.id = {i0} AND step.state = 'queued'",
);
/// Nothing has happened yet, and it may not: its payment data is too old.
static HOLD: Statement = Statement::new(
    "step hold",
    "UPDATE step SET state = 'retry', due_at = $3, error = $4, owner = NULL, lease_until = NULL
     WHERE tenant_id = $1 AND id = $2 AND state = 'queued' AND attempt = $5",
);
static QUEUE_NEXT: Statement = Statement::new(
    "step queue next",
    "UPDATE step SET state = 'queued', due_at = $3 FROM {rows}
     WHERE step.tenant_id = $2 AND step.notice_id = {t0} AND step.position = {i1} AND step.state = 'ready'
     RETURNING id, notice_id, position, pool, last, attempt, epoch, due_at, started_at",
);
/// The first step of a released proposal: the planner takes it up, in the sender's next slot.
static RELEASE: Statement = Statement::new(
    "step release",
    "UPDATE step SET state = 'retry', due_at = $3 WHERE tenant_id = $1 AND notice_id = $2 AND position = 0 AND state = 'ready'",
);
static CANCEL_REST: Statement = Statement::new(
    "step cancel rest",
    "UPDATE step SET state = 'cancelled' FROM {rows} WHERE step.tenant_id = $2 AND step.notice_id = {t0} AND step.state IN ('ready', 'queued', 'retry')",
);
static OF_NOTICES: Statement = Statement::new(
    "steps of notices",
    "SELECT s.id, s.notice_id, s.position, s.pool, s.last, s.state, s.attempt, s.epoch, s.due_at, s.started_at, s.error FROM {rows}
     JOIN step s ON s.tenant_id = $2 AND s.notice_id = {t0} WHERE s.tenant_id = $2 ORDER BY s.notice_id, s.position",
);
static RETRIES_DUE: Statement = Statement::new(
    "step retries due",
    "SELECT s.id, s.notice_id, s.position, s.pool, s.last, s.attempt, s.epoch, s.due_at, s.started_at, n.workflow_id FROM step s
     JOIN notice n ON n.tenant_id = s.tenant_id AND n.id = s.notice_id
     WHERE s.tenant_id = $1 AND s.state = 'retry' AND s.due_at <= $2 ORDER BY s.due_at, s.id LIMIT $3",
);
static REQUEUE: Statement = Statement::new(
    "step requeue",
    "UPDATE step SET state = 'queued', due_at = $3 FROM {rows} WHERE step.tenant_id = $2 AND step.id = {i0} AND step.state = 'retry'",
);
static POSTPONE: Statement = Statement::new(
    "step postpone",
    "UPDATE step SET due_at = {i1} FROM {rows} WHERE step.tenant_id = $2 AND step.id = {i0} AND step.state = 'retry'",
);
static UNHEARD: Statement = Statement::new(
    "step unheard",
    "UPDATE step SET due_at = $3 WHERE tenant_id = $1 AND id IN
        (SELECT id FROM step WHERE tenant_id = $1 AND state = 'queued' AND due_at <= $2 ORDER BY due_at, id LIMIT $4)
        AND state = 'queued' RETURNING id, notice_id, position, pool, last, attempt, epoch, due_at, started_at",
);
static EXPIRED_STARTS: Statement = Statement::new(
    "step expired starts",
    "SELECT id, notice_id, position, pool, last, attempt, epoch, due_at, started_at, owner FROM step
     WHERE tenant_id = $1 AND state = 'started' AND (lease_until <= $2 OR CAST($3 AS BIGINT) = 1
        OR owner IN (SELECT id FROM process WHERE ended_at IS NOT NULL)) ORDER BY id",
);
static STARTED_BY: Statement = Statement::new(
    "steps started by",
    "SELECT id, notice_id, position, pool, last, attempt, epoch, due_at, started_at, owner FROM step
     WHERE tenant_id = $1 AND state = 'started' AND owner = $2 ORDER BY id",
);
/// It was given up: how it ended nobody knows but, it may be, the flight log of who had started it.
static LOST: Statement = Statement::new(
    "step lost",
    "UPDATE step SET lost_by = {t1} FROM {rows} WHERE step.tenant_id = $2 AND step.id = {i0} AND step.state = 'unknown'",
);
/// As long as no person has resolved the notice.
static LOST_BY: Statement = Statement::new(
    "steps lost by",
    "SELECT s.id, s.notice_id, s.position, s.pool, s.last, s.attempt, s.epoch, s.due_at, s.started_at, s.lost_by AS owner FROM step s
     JOIN notice n ON n.tenant_id = s.tenant_id AND n.id = s.notice_id AND n.state = 'unknown'
     WHERE s.tenant_id = $1 AND s.state = 'unknown' AND s.lost_by = $2 ORDER BY s.id",
);
static OLDEST_QUEUED: Statement =
    Statement::new("step oldest queued", "SELECT MIN(due_at) AS at FROM step WHERE tenant_id = $1 AND state = 'queued'");
static ON_ITS_WAY: Statement = Statement::new(
    "step on its way",
    "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM step WHERE tenant_id = $1 AND state = 'queued' AND pool = $2)
        THEN 1 ELSE 0 END AS BIGINT) AS found",
);
static BUSY: Statement = Statement::new(
    "step busy",
    "SELECT CAST((SELECT COUNT(*) FROM step WHERE tenant_id = $1 AND state = 'queued')
        + (SELECT COUNT(*) FROM step WHERE tenant_id = $1 AND state = 'started') AS BIGINT) AS busy",
);

pub(super) const STATEMENTS: &[&Statement] = &[
    &INSERT,
    &QUEUED,
    &BEGIN_AGAIN,
    &PUT_BACK,
    &PUT_OFF,
    &HOLD,
    &QUEUE_NEXT,
    &RELEASE,
    &CANCEL_REST,
    &OF_NOTICES,
    &RETRIES_DUE,
    &REQUEUE,
    &POSTPONE,
    &UNHEARD,
    &EXPIRED_STARTS,
    &STARTED_BY,
    &LOST,
    &LOST_BY,
    &BUSY,
    &OLDEST_QUEUED,
    &ON_ITS_WAY,
];

/// A step to be written. The first of a notice is queued, the others wait for their turn.
#[derive(Clone, Debug)]
pub struct NewStep {
    pub notice: NoticeId,
    pub position: usize,
    pub pool: Pool,
    /// Whether its end is the notice's end.
    pub last: bool,
    pub state: StepState,
}

/// A step as claims and sweeps return it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    pub id: StepId,
    pub notice: NoticeId,
    pub position: i64,
    pub pool: Pool,
    /// Whether its end is the notice's end.
    pub last: bool,
    pub attempt: i64,
    pub epoch: i64,
    /// When it was queued, or is to be: its slot.
    pub due_at: Timestamp,
    /// When its effect began, unless that is known not to have happened.
    pub started_at: Option<Timestamp>,
}

fn pool(word: &str) -> Result<Pool, StoreError> {
    Pool::ALL.into_iter().find(|pool| pool.as_str() == word).ok_or_else(|| StoreError::Corrupt {
        table: "step",
        column: "pool",
        why: format!("`{word}` is no pool"),
    })
}

fn step_row(row: &Row) -> Result<StepRow, StoreError> {
    Ok(StepRow {
        id: StepId(row.int("id")?),
        notice: NoticeId(row.text("notice_id")?),
        position: row.int("position")?,
        pool: pool(&row.text("pool")?)?,
        last: row.int("last")? != 0,
        attempt: row.int("attempt")?,
        epoch: row.int("epoch")?,
        due_at: Timestamp(row.int("due_at")?),
        started_at: row.opt_int("started_at")?.map(Timestamp),
    })
}

pub(super) fn step_ids(rows: &[Row]) -> Result<BTreeSet<StepId>, StoreError> {
    rows.iter().map(|row| row.int("id").map(StepId)).collect()
}

fn step_rows(rows: &[Row]) -> Result<Vec<StepRow>, StoreError> {
    let mut steps = rows.iter().map(step_row).collect::<Result<Vec<_>, _>>()?;
    steps.sort_by_key(|step| step.id);
    Ok(steps)
}

fn owned_rows(rows: &[Row]) -> Result<Vec<(StepRow, String)>, StoreError> {
    rows.iter().map(|row| Ok((step_row(row)?, row.text("owner")?))).collect()
}

async fn queued_steps(reader: &mut impl Reads, tenant: TenantId, steps: &[(StepId, i64)]) -> Result<Vec<StepRow>, StoreError> {
    step_rows(&reader.read(&QUEUED, &[Value::Text(&rows_json(steps)), Value::Int(tenant.0)]).await?)
}

fn id_rows(ids: impl IntoIterator<Item = StepId>) -> String {
    rows_json(&ids.into_iter().map(|id| (id.0,)).collect::<Vec<_>>())
}

impl Store {
    /// As [`TenantTx::queued_steps`], outside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queued_steps(&self, tenant: TenantId, steps: &[(StepId, i64)]) -> Result<Vec<StepRow>, StoreError> {
        queued_steps(&mut &*self, tenant, steps).await
    }

    /// How many steps are queued or in a worker's hands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn busy_steps(&self, tenant: TenantId) -> Result<i64, StoreError> {
        let rows = self.rows(&BUSY, &[Value::Int(tenant.0)]).await?;
        rows.first().map_or(Ok(0), |row| row.int("busy"))
    }

    /// When the step was queued that has waited longest for a worker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_queued(&self, tenant: TenantId) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.rows(&OLDEST_QUEUED, &[Value::Int(tenant.0)]).await?;
        rows.first().map_or(Ok(None), |row| Ok(row.opt_int("at")?.map(Timestamp)))
    }

    /// Whether a step of this pool is queued and has not begun.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn on_its_way(&self, tenant: TenantId, pool: Pool) -> Result<bool, StoreError> {
        is_found(&self.rows(&ON_ITS_WAY, &[Value::Int(tenant.0), Value::Text(pool.as_str())]).await?)
    }
}

fn is_found(rows: &[Row]) -> Result<bool, StoreError> {
    rows.first().map_or(Ok(false), |row| Ok(row.int("found")? != 0))
}

impl TenantTx {
    /// Whether a step of this pool is queued and has not begun, in this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn on_its_way(&mut self, pool: Pool) -> Result<bool, StoreError> {
        is_found(&self.tx.rows(&ON_ITS_WAY, &[Value::Int(self.tenant.0), Value::Text(pool.as_str())]).await?)
    }

    /// Adds steps under fresh ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_steps(&mut self, steps: &[NewStep], now: Timestamp) -> Result<Vec<StepId>, StoreError> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.take_ids(steps.len());
        let rows: Batch<'_> = (first..)
            .zip(steps)
            .map(|(id, step)| {
                let (notice, last) = ((&step.notice.0).into(), i64::from(step.last).into());
                [id.into(), notice, step.position.into(), step.pool.as_str().into(), last, step.state.word().into()]
            })
            .collect();
        self.tx.run_batch(&INSERT, &rows, &[Value::Int(self.tenant.0), Value::Int(now.0)]).await?;
        Ok((first..).take(steps.len()).map(StepId).collect())
    }

    /// Those of these steps, each with the attempt that it was rung for, that are queued for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queued_steps(&mut self, steps: &[(StepId, i64)]) -> Result<Vec<StepRow>, StoreError> {
        queued_steps(&mut self.tx, self.tenant, steps).await
    }

    /// Takes up again what was begun when its worker died: a repetition changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_again(&mut self, steps: &[&StepRow], why: &str, now: Timestamp) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&steps.iter().map(|step| (step.id.0, step.epoch)).collect::<Vec<_>>());
        let values = [Value::Text(&rows), Value::Int(self.tenant.0), Value::Int(now.0), Value::Text(why)];
        self.tx.run(&BEGIN_AGAIN, &values).await.map(drop)
    }

    /// Queues again what was started, each under this epoch, and has certainly not begun; those that were still started.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_back(&mut self, steps: &[(StepId, i64)], now: Timestamp) -> Result<BTreeSet<StepId>, StoreError> {
        if steps.is_empty() {
            return Ok(BTreeSet::new());
        }
        let rows = rows_json(steps);
        step_ids(&self.tx.rows(&PUT_BACK, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Int(now.0)]).await?)
    }

    /// Lets steps wait for their sender's next slot.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_off(&mut self, steps: &[StepId], now: Timestamp) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        let rows = id_rows(steps.iter().copied());
        self.tx.run(&PUT_OFF, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Int(now.0)]).await.map(drop)
    }

    /// Lets a step that has not begun wait until `until`, and writes down why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_step(&mut self, step: &StepRow, until: Timestamp, why: &str) -> Result<(), StoreError> {
        let (tenant, id) = (Value::Int(self.tenant.0), Value::Int(step.id.0));
        self.tx.run(&HOLD, &[tenant, id, Value::Int(until.0), Value::Text(why), Value::Int(step.attempt)]).await.map(drop)
    }

    /// Queues the steps at these places, if it is now their turn.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_next(&mut self, places: &[(&NoticeId, i64)], now: Timestamp) -> Result<Vec<StepRow>, StoreError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let rows = rows_json(&places.iter().map(|(notice, position)| (&notice.0, position)).collect::<Vec<_>>());
        step_rows(&self.tx.rows(&QUEUE_NEXT, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Int(now.0)]).await?)
    }

    /// Lets a proposal's first step go: the planner finds it due at `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_steps(&mut self, notice: &NoticeId, now: Timestamp) -> Result<(), StoreError> {
        self.tx.run(&RELEASE, &[Value::Int(self.tenant.0), Value::Text(&notice.0), Value::Int(now.0)]).await.map(drop)
    }

    /// Cancels what is left of these notices' steps.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cancel_rest(&mut self, notices: &[&NoticeId]) -> Result<(), StoreError> {
        if notices.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&notices.iter().map(|id| (&id.0,)).collect::<Vec<_>>());
        self.tx.run(&CANCEL_REST, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// The steps of these notices with their states, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn steps_of(&mut self, notices: &[&NoticeId]) -> Result<Vec<(StepRow, String)>, StoreError> {
        let rows = rows_json(&notices.iter().map(|id| (&id.0,)).collect::<Vec<_>>());
        let rows = self.tx.rows(&OF_NOTICES, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await?;
        rows.iter().map(|row| Ok((step_row(row)?, row.text("state")?))).collect()
    }

    /// Retries whose time has come, each with the workflow whose window it keeps to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retries_due(&mut self, now: Timestamp, limit: i64) -> Result<Vec<(StepRow, WorkflowId)>, StoreError> {
        let rows = self.tx.rows(&RETRIES_DUE, &[Value::Int(self.tenant.0), Value::Int(now.0), Value::Int(limit)]).await?;
        rows.iter().map(|row| Ok((step_row(row)?, WorkflowId(row.int("workflow_id")?)))).collect()
    }

    /// Queues retries again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn requeue(&mut self, steps: &[StepId], now: Timestamp) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        let rows = id_rows(steps.iter().copied());
        self.tx.run(&REQUEUE, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Int(now.0)]).await.map(drop)
    }

    /// Moves retries to later instants.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn postpone_retries(&mut self, steps: &[(StepId, Timestamp)]) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        self.tx.run(&POSTPONE, &[Value::Text(&rows_json(steps)), Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// Steps that were queued before `before` and never claimed: to be rung again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unheard(&mut self, before: Timestamp, now: Timestamp, limit: i64) -> Result<Vec<StepRow>, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Int(before.0), Value::Int(now.0), Value::Int(limit)];
        step_rows(&self.tx.rows(&UNHEARD, &values).await?)
    }

    /// Started steps whose lease ended (or all), each with who started it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expired_starts(&mut self, now: Timestamp, all: bool) -> Result<Vec<(StepRow, String)>, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Int(now.0), Value::Int(i64::from(all))];
        owned_rows(&self.tx.rows(&EXPIRED_STARTS, &values).await?)
    }

    /// The steps that this process has started and not ended, each with its name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn started_by(&mut self, owner: &str) -> Result<Vec<(StepRow, String)>, StoreError> {
        owned_rows(&self.tx.rows(&STARTED_BY, &[Value::Int(self.tenant.0), Value::Text(owner)]).await?)
    }

    /// Writes down who had started steps that were given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lose(&mut self, steps: &[(StepId, &str)]) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&steps.iter().map(|(step, owner)| (step.0, owner)).collect::<Vec<_>>());
        self.tx.run(&LOST, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// The steps that this process had started before it was given up, of which still nobody knows how they ended; each with its name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lost_by(&mut self, owner: &str) -> Result<Vec<(StepRow, String)>, StoreError> {
        owned_rows(&self.tx.rows(&LOST_BY, &[Value::Int(self.tenant.0), Value::Text(owner)]).await?)
    }
}
