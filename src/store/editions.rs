//! How many invoices each edition of a workflow has under way.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::{TenantId, WorkflowId};
use std::collections::BTreeMap;

static IN_USE: Statement = Statement::new(
    "editions in use",
    "SELECT workflow_id, COUNT(*) AS n FROM instance
     WHERE tenant_id = $1 AND state NOT IN ('settled', 'withdrawn', 'handed_over') GROUP BY workflow_id ORDER BY workflow_id",
);

pub(super) const STATEMENTS: &[&Statement] = &[&IN_USE];

impl Store {
    /// Open instances by the edition that they are pinned to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_by_edition(&self, tenant: TenantId) -> Result<BTreeMap<WorkflowId, i64>, StoreError> {
        let rows = self.rows(&IN_USE, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((WorkflowId(row.int("workflow_id")?), row.int("n")?))).collect()
    }
}
