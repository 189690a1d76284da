//! Steps: claim, start, settle, and what a planner does for those that were forgotten.

use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::ids::{NoticeId, StepId, TenantId, WorkflowId};
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;

static INSERT: Statement = Statement::new(
    "step insert",
    "INSERT INTO step (tenant_id, id, notice_id, position, pool, last, state, attempt, due_at, epoch)
     SELECT $2, {i0}, {t1}, {i2}, {t3}, {i4}, {t5}, 1, $3, 0 FROM {rows}",
);
static CLAIM: Statement = Statement::new(
    "step claim",
    "UPDATE step SET state = 'claimed', owner = $3, lease_until = $4, epoch = epoch + 1 FROM {rows}
     WHERE step.tenant_id = $2 AND step.id = {i0} AND step.attempt = {i1} AND step.state = 'queued'
     RETURNING id, notice_id, position, pool, last, attempt, epoch",
);
static START: Statement = Statement::new(
    "step start",
    "UPDATE step SET state = 'started', started_at = {i2}, lease_until = {i3} FROM {rows}
     WHERE step.tenant_id = $2 AND step.id = {i0} AND step.epoch = {i1} AND step.state = 'claimed' RETURNING id",
);
static SETTLE: Statement = Statement::new(
    "step settle",
    "UPDATE step SET state = {t2}, attempt = {i3}, due_at = {i4}, ended_at = {i5}, error = {t6}, owner = NULL, lease_until = NULL FROM {rows}
     WHERE step.tenant_id = $2 AND step.id = {i0} AND step.epoch = {i1} AND step.state IN ('claimed', 'started')
     RETURNING id, notice_id, position",
);
static QUEUE_NEXT: Statement = Statement::new(
    "step queue next",
    "UPDATE step SET state = 'queued', due_at = $3 FROM {rows}
     WHERE step.tenant_id = $2 AND step.notice_id = {t0} AND step.position = {i1} AND step.state = 'ready'
     RETURNING id, notice_id, position, pool, last, attempt, epoch",
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
    "SELECT s.id, s.notice_id, s.position, s.pool, s.last, s.state, s.attempt, s.epoch, s.error FROM {rows}
     JOIN step s ON s.tenant_id = $2 AND s.notice_id = {t0} WHERE s.tenant_id = $2 ORDER BY s.notice_id, s.position",
);
static RETRIES_DUE: Statement = Statement::new(
    "step retries due",
    "SELECT s.id, s.notice_id, s.position, s.pool, s.last, s.attempt, s.epoch, n.workflow_id FROM step s
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
        AND state = 'queued' RETURNING id, notice_id, position, pool, last, attempt, epoch",
);
static EXPIRED_CLAIMS: Statement = Statement::new(
    "step expired claims",
    "UPDATE step SET state = 'queued', due_at = $2, owner = NULL, lease_until = NULL, epoch = epoch + 1
     WHERE tenant_id = $1 AND state = 'claimed' AND (lease_until <= $2 OR CAST($3 AS BIGINT) = 1)
     RETURNING id, notice_id, position, pool, last, attempt, epoch",
);
static EXPIRED_STARTS: Statement = Statement::new(
    "step expired starts",
    "SELECT id, notice_id, position, pool, last, attempt, epoch FROM step
     WHERE tenant_id = $1 AND state = 'started' AND (lease_until <= $2 OR CAST($3 AS BIGINT) = 1) ORDER BY id",
);
static BUSY: Statement =
    Statement::new("step busy", "SELECT COUNT(*) AS busy FROM step WHERE tenant_id = $1 AND state IN ('queued', 'claimed', 'started')");

pub(super) const STATEMENTS: &[&Statement] = &[
    &INSERT,
    &CLAIM,
    &START,
    &SETTLE,
    &QUEUE_NEXT,
    &RELEASE,
    &CANCEL_REST,
    &OF_NOTICES,
    &RETRIES_DUE,
    &REQUEUE,
    &POSTPONE,
    &UNHEARD,
    &EXPIRED_CLAIMS,
    &EXPIRED_STARTS,
    &BUSY,
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
}

/// What becomes of a step that was claimed.
#[derive(Clone, Debug)]
pub struct StepOutcome {
    pub id: StepId,
    pub epoch: i64,
    pub state: StepState,
    pub attempt: i64,
    pub due_at: Timestamp,
    pub ended_at: Timestamp,
    pub error: Option<String>,
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
    })
}

fn step_rows(rows: &[Row]) -> Result<Vec<StepRow>, StoreError> {
    let mut steps = rows.iter().map(step_row).collect::<Result<Vec<_>, _>>()?;
    steps.sort_by_key(|step| step.id);
    Ok(steps)
}

fn id_rows(ids: impl IntoIterator<Item = StepId>) -> String {
    rows_json(&ids.into_iter().map(|id| (id.0,)).collect::<Vec<_>>())
}

impl Store {
    /// How many steps are queued or in a worker's hands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn busy_steps(&self, tenant: TenantId) -> Result<i64, StoreError> {
        let rows = self.rows(&BUSY, &[Value::Int(tenant.0)]).await?;
        rows.first().map_or(Ok(0), |row| row.int("busy"))
    }
}

impl TenantTx {
    /// Adds steps under fresh ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_steps(&mut self, steps: &[NewStep], now: Timestamp) -> Result<Vec<StepId>, StoreError> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.take_ids(steps.len());
        let rows: Vec<_> = (first..)
            .zip(steps)
            .map(|(id, step)| (id, &step.notice.0, step.position, step.pool.as_str(), i64::from(step.last), step.state.word()))
            .collect();
        self.tx.run(&INSERT, &[Value::Text(&rows_json(&rows)), Value::Int(self.tenant.0), Value::Int(now.0)]).await?;
        Ok((first..).take(steps.len()).map(StepId).collect())
    }

    /// Claims those of these steps that are queued for that attempt. The others are stale; a fenced tenant has none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_steps(&mut self, steps: &[(StepId, i64)], owner: &str, lease_until: Timestamp) -> Result<Vec<StepRow>, StoreError> {
        if self.is_fenced() {
            return Ok(Vec::new());
        }
        let rows = rows_json(steps);
        let values = [Value::Text(&rows), Value::Int(self.tenant.0), Value::Text(owner), Value::Int(lease_until.0)];
        step_rows(&self.tx.rows(&CLAIM, &values).await?)
    }

    /// Marks claimed steps as started, (step, epoch, when, lease); those whose claim still held, and none of a fenced tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_steps(&mut self, steps: &[(StepId, i64, Timestamp, Timestamp)]) -> Result<Vec<StepId>, StoreError> {
        if self.is_fenced() {
            return Ok(Vec::new());
        }
        let rows = self.tx.rows(&START, &[Value::Text(&rows_json(steps)), Value::Int(self.tenant.0)]).await?;
        rows.iter().map(|row| row.int("id").map(StepId)).collect()
    }

    /// Writes outcomes; those whose claim still held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_steps(&mut self, outcomes: &[StepOutcome]) -> Result<Vec<StepId>, StoreError> {
        if outcomes.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<_> =
            outcomes.iter().map(|o| (o.id.0, o.epoch, o.state.word(), o.attempt, o.due_at.0, o.ended_at.0, &o.error)).collect();
        let rows = self.tx.rows(&SETTLE, &[Value::Text(&rows_json(&rows)), Value::Int(self.tenant.0)]).await?;
        rows.iter().map(|row| row.int("id").map(StepId)).collect()
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

    /// Claims whose lease ended (or all, when no older process can be alive) are queued again: nothing had happened outside.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn free_expired_claims(&mut self, now: Timestamp, all: bool) -> Result<Vec<StepRow>, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Int(now.0), Value::Int(i64::from(all))];
        step_rows(&self.tx.rows(&EXPIRED_CLAIMS, &values).await?)
    }

    /// Started steps whose lease ended (or all): nobody knows how they ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expired_starts(&mut self, now: Timestamp, all: bool) -> Result<Vec<StepRow>, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Int(now.0), Value::Int(i64::from(all))];
        step_rows(&self.tx.rows(&EXPIRED_STARTS, &values).await?)
    }
}
