//! What an operator asks at night, counted from indexes that hold only what is pressing: never a walk through the whole ledger.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static DUE: Statement = Statement::new(
    "gauge due",
    "SELECT COUNT(*) AS due, COALESCE(CAST(SUM(CASE WHEN wake_at <= $3 THEN 1 ELSE 0 END) AS BIGINT), 0) AS overdue, MIN(wake_at) AS oldest
     FROM instance WHERE tenant_id = $1 AND wake_at <= $2 AND wake_at IS NOT NULL AND slot_seq IS NULL",
);
static ATTENTION: Statement = Statement::new(
    "gauge attention",
    "SELECT state, COUNT(*) AS n FROM notice WHERE tenant_id = $1 AND (state = 'proposed' OR state = 'failed' OR state = 'unknown') GROUP BY state ORDER BY state",
);
static BUSY: Statement = Statement::new(
    "gauge busy steps",
    "SELECT b.pool, b.state, COUNT(*) AS n FROM (SELECT pool, state FROM step WHERE tenant_id = $1 AND state = 'queued'
        UNION ALL SELECT pool, state FROM step WHERE tenant_id = $1 AND state = 'started'
        UNION ALL SELECT pool, state FROM step WHERE tenant_id = $1 AND state = 'retry') AS b
     GROUP BY b.pool, b.state ORDER BY b.pool, b.state",
);
static HEAD: Statement = Statement::new(
    "gauge head",
    "SELECT chain_seq, CAST(CASE WHEN fence IS NULL THEN 0 ELSE 1 END AS BIGINT) AS fenced,
        CAST(CASE WHEN uncertain_until IS NULL THEN 0 ELSE 1 END AS BIGINT) AS in_doubt FROM tenant WHERE id = $1",
);

pub(super) const STATEMENTS: &[&Statement] = &[&DUE, &ATTENTION, &BUSY, &HEAD];

/// Instances whose time has come and that nobody has looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub due: i64,
    /// Those that were due before the instant that was asked for.
    pub overdue: i64,
    pub oldest: Option<Timestamp>,
}

/// A tenant's own row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Entries of the chain.
    pub entries: i64,
    pub fenced: bool,
    /// Whether a fence was lifted though nobody knew what was sent.
    pub in_doubt: bool,
}

impl Store {
    /// What is due at `now`, and what of it was due at `before` already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_figures(&self, tenant: TenantId, now: Timestamp, before: Timestamp) -> Result<Due, StoreError> {
        let rows = self.rows(&DUE, &[Value::Int(tenant.0), Value::Int(now.0), Value::Int(before.0)]).await?;
        rows.first().map_or(Ok(Due::default()), |row| {
            Ok(Due { due: row.int("due")?, overdue: row.int("overdue")?, oldest: row.opt_int("oldest")?.map(Timestamp) })
        })
    }

    /// How many notices wait for a person, by state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn attention(&self, tenant: TenantId) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.rows(&ATTENTION, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((row.text("state")?, row.int("n")?))).collect()
    }

    /// How many steps are under way, by pool and state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn steps_under_way(&self, tenant: TenantId) -> Result<Vec<(String, String, i64)>, StoreError> {
        let rows = self.rows(&BUSY, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((row.text("pool")?, row.text("state")?, row.int("n")?))).collect()
    }

    /// The tenant's own row.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn head(&self, tenant: TenantId) -> Result<Head, StoreError> {
        let rows = self.rows(&HEAD, &[Value::Int(tenant.0)]).await?;
        rows.first().map_or(Ok(Head::default()), |row| {
            Ok(Head { entries: row.int("chain_seq")?, fenced: row.int("fenced")? != 0, in_doubt: row.int("in_doubt")? != 0 })
        })
    }
}
