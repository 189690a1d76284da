//! Steps that a process starts, which it holds from then on, and what becomes of them. In batches: every effect passes by here twice.
//!
//! The other ways of a step are in [`steps`](super::steps).

use super::batch::{Batch, Cell};
use super::db::Value;
use super::error::StoreError;
use super::statement::Statement;
use super::steps::step_ids;
use super::tenant::TenantTx;
use crate::domain::ids::StepId;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use std::collections::BTreeSet;

// `CASE`, not `OR`: PostgreSQL would look for the states by their partial indexes, and walk through all that is started for each row of a batch.

/// A process has a step in hand only once, so what it has started already under the next epoch was started by this very worker,
/// whose commit took effect though its answer was lost.
static START: Statement = Statement::new(
    "step start",
    "UPDATE step SET state = 'started', owner = $3, epoch = {i2} + 1, started_at = {i3}, lease_until = {i4} FROM {batch}
     WHERE step.tenant_id = $2 AND step.id = {i0} AND step.attempt = {i1}
        AND CASE step.state WHEN 'queued' THEN step.epoch = {i2} WHEN 'started' THEN step.epoch = {i2} + 1 AND step.owner = $3 ELSE FALSE END
        AND NOT EXISTS (SELECT 1 FROM process p WHERE p.id = $3 AND p.ended_at IS NOT NULL)",
);
/// Which of them [`START`] has started. Asked only when some were not: rows that are returned one by one cost more than the update.
static STARTED: Statement = Statement::new(
    "steps started",
    "SELECT s.id FROM {batch} JOIN step s ON s.tenant_id = $2 AND s.id = {i0}
     WHERE s.tenant_id = $2 AND s.attempt = {i1} AND s.epoch = {i2} + 1 AND CASE s.state WHEN 'started' THEN s.owner = $3 ELSE FALSE END
        AND NOT EXISTS (SELECT 1 FROM process p WHERE p.id = $3 AND p.ended_at IS NOT NULL)",
);
/// What is tried again has not happened, so it has not begun either.
///
/// A worker that was taken for dead may still know how it ended; it counts as long as no person has resolved the notice.
macro_rules! settle {
    () => {
        "UPDATE step SET state = {t2}, attempt = {i3}, due_at = {i4}, ended_at = {i5}, error = {t6}, owner = NULL, lease_until = NULL, lost_by = NULL,
         started_at = CASE WHEN {t2} = 'retry' THEN NULL ELSE started_at END FROM {batch}
     WHERE step.tenant_id = $2 AND step.id = {i0} AND step.epoch = {i1} AND CASE step.state WHEN 'started' THEN TRUE
        WHEN 'unknown' THEN EXISTS (SELECT 1 FROM notice n WHERE n.tenant_id = $2 AND n.id = step.notice_id AND n.state = 'unknown')
        ELSE FALSE END"
    };
}
static SETTLE: Statement = Statement::new("step settle", settle!());
static SETTLE_HELD: Statement = Statement::new("step settle held", concat!(settle!(), " RETURNING id"));

pub(super) const STATEMENTS: &[&Statement] = &[&START, &STARTED, &SETTLE, &SETTLE_HELD];

/// A step that is about to begin, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct StartStep {
    pub id: StepId,
    pub attempt: i64,
    pub epoch: i64,
    pub at: Timestamp,
    pub lease_until: Timestamp,
}

/// What becomes of a step that was started.
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

fn outcome_rows(outcomes: &[StepOutcome]) -> Batch<'_> {
    outcomes.iter().map(outcome_row).collect()
}

fn outcome_row(o: &StepOutcome) -> [Cell<'_>; 7] {
    let (state, error) = (o.state.word().into(), o.error.as_ref().into());
    [o.id.0.into(), o.epoch.into(), state, o.attempt.into(), o.due_at.0.into(), o.ended_at.0.into(), error]
}

impl TenantTx {
    /// Starts queued steps for `owner`, who holds them from now on: their epoch grows by one. Those that were still queued as
    /// they were read; the others are stale, and a tenant that is held back has none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_steps(&mut self, steps: &[StartStep], owner: &str) -> Result<BTreeSet<StepId>, StoreError> {
        if self.is_shut() {
            return Ok(BTreeSet::new());
        }
        let values = [Value::Int(self.tenant.0), Value::Text(owner)];
        let rows: Batch<'_> =
            steps.iter().map(|s| [s.id.0.into(), s.attempt.into(), s.epoch.into(), s.at.0.into(), s.lease_until.0.into()]).collect();
        if self.tx.run_batch(&START, &rows, &values).await? == u64::try_from(steps.len()).unwrap_or(0) {
            return Ok(steps.iter().map(|step| step.id).collect());
        }
        let rows: Batch<'_> = steps.iter().map(|s| [s.id.0.into(), s.attempt.into(), s.epoch.into()]).collect();
        step_ids(&self.tx.rows_batch(&STARTED, &rows, &values).await?)
    }

    /// Writes outcomes of steps whose claims all hold, which is as good as always so.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when one holds no more: then the transaction is to be begun anew, with [`Self::settle_steps`].
    pub async fn settle_all(&mut self, outcomes: &[StepOutcome]) -> Result<(), StoreError> {
        let found = self.tx.run_batch(&SETTLE, &outcome_rows(outcomes), &[Value::Int(self.tenant.0)]).await?;
        let expected = u64::try_from(outcomes.len()).unwrap_or(0);
        if found == expected { Ok(()) } else { Err(StoreError::Conflict { what: SETTLE.name, expected, found }) }
    }

    /// Writes outcomes; those whose claim still held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_steps(&mut self, outcomes: &[StepOutcome]) -> Result<BTreeSet<StepId>, StoreError> {
        step_ids(&self.tx.rows_batch(&SETTLE_HELD, &outcome_rows(outcomes), &[Value::Int(self.tenant.0)]).await?)
    }
}
