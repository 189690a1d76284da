//! What moving instances from one published version of a workflow to another needs.

use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::ids::{InvoiceId, NoticeId, TenantId, WorkflowId};
use crate::domain::time::Timestamp;

static LIST: Statement = Statement::new(
    "versions with instances",
    "SELECT w.id, w.name, w.hash, w.published_at, COALESCE(o.n, 0) AS open FROM workflow w
     LEFT JOIN (SELECT i.workflow_id, COUNT(*) AS n FROM instance i WHERE i.tenant_id = $1
        AND i.state IN ('waiting', 'queued_by_quota', 'proposed', 'issued', 'failed', 'blocked') GROUP BY i.workflow_id) AS o ON o.workflow_id = w.id
     WHERE w.tenant_id = $1 ORDER BY w.id DESC",
);
/// In the order of the primary key, a page at a time.
static ON: Statement = Statement::new(
    "instances on a version",
    "SELECT i.id FROM instance i WHERE i.tenant_id = $1 AND i.id > $3 AND i.workflow_id = $2
        AND i.state IN ('waiting', 'queued_by_quota', 'proposed', 'issued', 'failed', 'blocked') ORDER BY i.id LIMIT $4",
);
static LINES: Statement = Statement::new(
    "lines that stand",
    "SELECT l.instance_id, l.stage_key, l.notice_id, n.state FROM {rows}
     JOIN notice_line l ON l.tenant_id = $2 AND l.instance_id = {i0} AND l.recalled = 0
     JOIN notice n ON n.tenant_id = l.tenant_id AND n.id = l.notice_id WHERE l.tenant_id = $2 ORDER BY l.instance_id, l.stage_key",
);
static MOVE: Statement = Statement::new(
    "instance move",
    "UPDATE instance SET workflow_id = {i1} FROM {rows} WHERE instance.tenant_id = $2 AND instance.id = {i0}",
);
static LEAVE: Statement = Statement::new(
    "notice lines leave",
    "UPDATE notice_line SET past = 1 FROM {rows} WHERE notice_line.tenant_id = $2 AND notice_line.instance_id = {i0} AND notice_line.past = 0",
);

pub(super) const STATEMENTS: &[&Statement] = &[&LIST, &ON, &LINES, &MOVE, &LEAVE];

/// A published version, and how many instances are on it that have not ended.
#[derive(Clone, Debug)]
pub struct Version {
    pub id: WorkflowId,
    pub name: String,
    pub hash: String,
    pub published_at: Timestamp,
    pub open: i64,
}

/// A line of a notice that was not recalled.
#[derive(Clone, Debug)]
pub struct StandingLine {
    pub instance: InvoiceId,
    pub stage_key: String,
    pub notice: NoticeId,
    /// The notice's state.
    pub state: String,
}

async fn standing_lines(
    reader: &mut impl Reads,
    tenant: TenantId,
    instances: impl IntoIterator<Item = InvoiceId>,
) -> Result<Vec<StandingLine>, StoreError> {
    let ids = rows_json(&instances.into_iter().map(|id| (id.0,)).collect::<Vec<_>>());
    let line = |row: &Row| {
        Ok(StandingLine {
            instance: InvoiceId(row.int("instance_id")?),
            stage_key: row.text("stage_key")?,
            notice: NoticeId(row.text("notice_id")?),
            state: row.text("state")?,
        })
    };
    reader.read(&LINES, &[Value::Text(&ids), Value::Int(tenant.0)]).await?.iter().map(line).collect()
}

impl Store {
    /// All published versions, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn versions(&self, tenant: TenantId) -> Result<Vec<Version>, StoreError> {
        let version = |row: &Row| {
            Ok(Version {
                id: WorkflowId(row.int("id")?),
                name: row.text("name")?,
                hash: row.text("hash")?,
                published_at: Timestamp(row.int("published_at")?),
                open: row.int("open")?,
            })
        };
        self.rows(&LIST, &[Value::Int(tenant.0)]).await?.iter().map(version).collect()
    }

    /// At most `limit` instances after `after` that are on a version and have not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn instances_on(
        &self,
        tenant: TenantId,
        version: WorkflowId,
        after: InvoiceId,
        limit: usize,
    ) -> Result<Vec<InvoiceId>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.rows(&ON, &[Value::Int(tenant.0), Value::Int(version.0), Value::Int(after.0), Value::Int(limit)]).await?;
        rows.iter().map(|row| row.int("id").map(InvoiceId)).collect()
    }

    /// As [`TenantTx::standing_lines`], outside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_lines(
        &self,
        tenant: TenantId,
        instances: impl IntoIterator<Item = InvoiceId>,
    ) -> Result<Vec<StandingLine>, StoreError> {
        standing_lines(&mut &*self, tenant, instances).await
    }
}

impl TenantTx {
    /// The lines of these instances on notices that were not recalled, whichever version they were made under.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_lines(&mut self, instances: impl IntoIterator<Item = InvoiceId>) -> Result<Vec<StandingLine>, StoreError> {
        standing_lines(&mut self.tx, self.tenant, instances).await
    }

    /// Pins instances to other versions. Their state is the caller's to save; the lines that they have had belong to the past.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn move_instances(&mut self, moved: &[(InvoiceId, WorkflowId)]) -> Result<(), StoreError> {
        if moved.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&moved.iter().map(|(instance, version)| (instance.0, version.0)).collect::<Vec<_>>());
        for statement in [&MOVE, &LEAVE] {
            self.tx.run(statement, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await?;
        }
        Ok(())
    }
}
