//! What the planner made on single days, counted along the index of issue: days outside the ones that are asked about are not read.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use serde_json::json;

/// From the days' bounds into the index.
static COUNTS: Statement = Statement::new(
    "run counts",
    "SELECT {i0} AS day, n.state, n.currency, COUNT(*) AS n, CAST(SUM(n.open_minor + n.fee_minor) AS BIGINT) AS total_minor,
        CAST(SUM(n.fee_minor) AS BIGINT) AS fee_minor FROM {rows}
     JOIN notice n ON n.tenant_id = $2 AND n.issued_at >= {i1} AND n.issued_at < {i2}
     GROUP BY {i0}, n.state, n.currency ORDER BY day, n.state, n.currency",
);
static LAST_BEFORE: Statement = Statement::new(
    "run before",
    "SELECT n.issued_at FROM notice n WHERE n.tenant_id = $1 AND n.issued_at < $2 ORDER BY n.issued_at DESC, n.id DESC LIMIT 1",
);

pub(super) const STATEMENTS: &[&Statement] = &[&COUNTS, &LAST_BEFORE];

/// How many notices of a run are in one state, in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCount {
    /// As it was asked for: the place of the day's bounds.
    pub day: usize,
    pub state: String,
    pub currency: String,
    pub count: i64,
    /// What they ask for, fees included, in minor units.
    pub total_minor: i64,
    pub fee_minor: i64,
}

impl Store {
    /// What was issued on each of these days, by state and currency. `bounds`: each day's first instant and the one after its last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run_counts(&self, tenant: TenantId, bounds: &[(Timestamp, Timestamp)]) -> Result<Vec<RunCount>, StoreError> {
        let days: Vec<_> = bounds.iter().enumerate().map(|(day, (from, to))| json!([day, from.0, to.0])).collect();
        let rows = self.rows(&COUNTS, &[Value::Text(&json!(days).to_string()), Value::Int(tenant.0)]).await?;
        rows.iter()
            .map(|row| {
                Ok(RunCount {
                    day: usize::try_from(row.int("day")?).unwrap_or(usize::MAX),
                    state: row.text("state")?,
                    currency: row.text("currency")?,
                    count: row.int("n")?,
                    total_minor: row.int("total_minor")?,
                    fee_minor: row.int("fee_minor")?,
                })
            })
            .collect()
    }

    /// When the last notice before this instant was issued.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn issued_before(&self, tenant: TenantId, before: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.rows(&LAST_BEFORE, &[Value::Int(tenant.0), Value::Int(before.0)]).await?;
        rows.first().map(|row| row.int("issued_at").map(Timestamp)).transpose()
    }
}
