//! Senders' throttles and the queues before them: first in, first out.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::compose::Sender;
use crate::domain::ids::{CustomerId, TenantId, WorkflowId};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;

static LAST_SLOT: Statement = Statement::new("sender last slot", "SELECT last_slot_at FROM sender WHERE tenant_id = $1 AND name = $2");
static SET_LAST_SLOT: Statement = Statement::new(
    "sender set last slot",
    "INSERT INTO sender (tenant_id, name, last_slot_at) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, name) DO UPDATE SET last_slot_at = excluded.last_slot_at",
);
/// Never back: a slot may have been planned for later already.
static MOVE_LAST_SLOT: Statement = Statement::new(
    "sender move last slot",
    "INSERT INTO sender (tenant_id, name, last_slot_at) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id, name) DO UPDATE SET last_slot_at =
        CASE WHEN sender.last_slot_at > excluded.last_slot_at THEN sender.last_slot_at ELSE excluded.last_slot_at END",
);
static INSERT: Statement = Statement::new(
    "slot insert",
    "INSERT INTO slot (tenant_id, seq, sender, workflow_id, customer_id, currency, due_at)
     SELECT $2, {i0}, {t1}, {i2}, {i3}, {t4}, {i5} FROM {rows}",
);
static HEADS: Statement = Statement::new(
    "slot heads",
    "SELECT s.seq, s.workflow_id, s.customer_id, s.currency, s.due_at FROM {rows}
     JOIN slot s ON s.tenant_id = $2 AND s.sender = $3 AND s.workflow_id = {i0}
     WHERE s.tenant_id = $2 AND s.sender = $3 ORDER BY s.seq LIMIT $4",
);
/// A place that nobody stands at any more is given up: whoever comes later goes to the end.
static OF_CUSTOMERS: Statement = Statement::new(
    "slots of customers",
    "SELECT s.seq, s.sender, s.workflow_id, s.customer_id, s.currency, s.due_at FROM {rows}
     JOIN slot s ON s.tenant_id = $2 AND s.customer_id = {i0}
     WHERE EXISTS (SELECT 1 FROM instance i WHERE i.tenant_id = s.tenant_id AND i.slot_seq = s.seq) ORDER BY s.seq",
);
/// Whoever does not leave with the head of his place is due again, and queues anew if he still wants to leave.
static LEAVE: Statement = Statement::new(
    "slot leave",
    "UPDATE instance SET slot_seq = NULL FROM {rows} WHERE instance.tenant_id = $2 AND instance.slot_seq = {i0}",
);
static DELETE: Statement = Statement::new("slot delete", "DELETE FROM slot WHERE tenant_id = $2 AND seq IN (SELECT {i0} FROM {rows})");
/// One look into the index for each of the few workflows: the queue may hold hundreds of thousands.
static WORKFLOWS: Statement = Statement::new(
    "slot workflows",
    "SELECT w.id AS workflow_id FROM workflow w WHERE w.tenant_id = $1
        AND EXISTS (SELECT 1 FROM slot s WHERE s.tenant_id = $1 AND s.sender = $2 AND s.workflow_id = w.id) ORDER BY w.id",
);
static BACKLOG: Statement =
    Statement::new("slot backlog", "SELECT sender, COUNT(*) AS waiting FROM slot WHERE tenant_id = $1 GROUP BY sender ORDER BY sender");

pub(super) const STATEMENTS: &[&Statement] =
    &[&LAST_SLOT, &SET_LAST_SLOT, &MOVE_LAST_SLOT, &INSERT, &HEADS, &OF_CUSTOMERS, &LEAVE, &DELETE, &WORKFLOWS, &BACKLOG];

/// A place in a sender's queue.
#[derive(Clone, Debug)]
pub struct Slot {
    pub seq: i64,
    pub sender: Sender,
    /// Whose window decides when it may leave.
    pub workflow: WorkflowId,
    pub customer: CustomerId,
    pub currency: Currency,
    pub due_at: Timestamp,
}

fn slot(row: &super::db::Row, sender: Sender) -> Result<Slot, StoreError> {
    let currency = Currency::parse(&row.text("currency")?).map_err(|why| StoreError::Corrupt { table: "slot", column: "currency", why })?;
    Ok(Slot {
        seq: row.int("seq")?,
        sender,
        workflow: WorkflowId(row.int("workflow_id")?),
        customer: CustomerId(row.int("customer_id")?),
        currency,
        due_at: Timestamp(row.int("due_at")?),
    })
}

impl Store {
    /// The workflows that have someone waiting before a sender, and when the sender dispatched last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_of(&self, tenant: TenantId, sender: Sender) -> Result<(Vec<WorkflowId>, Option<Timestamp>), StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(sender.word())];
        let workflows =
            self.rows(&WORKFLOWS, &values).await?.iter().map(|row| row.int("workflow_id").map(WorkflowId)).collect::<Result<_, _>>()?;
        let last = self.rows(&LAST_SLOT, &values).await?;
        Ok((workflows, last.first().map(|row| row.opt_int("last_slot_at")).transpose()?.flatten().map(Timestamp)))
    }

    /// How many wait before each sender.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(&self, tenant: TenantId) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.rows(&BACKLOG, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((row.text("sender")?, row.int("waiting")?))).collect()
    }
}

impl TenantTx {
    /// When the sender dispatched last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_slot(&mut self, sender: Sender) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.tx.rows(&LAST_SLOT, &[Value::Int(self.tenant.0), Value::Text(sender.word())]).await?;
        Ok(rows.first().map(|row| row.opt_int("last_slot_at")).transpose()?.flatten().map(Timestamp))
    }

    /// Takes the slot at `at`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_last_slot(&mut self, sender: Sender, at: Timestamp) -> Result<(), StoreError> {
        self.tx.run(&SET_LAST_SLOT, &[Value::Int(self.tenant.0), Value::Text(sender.word()), Value::Int(at.0)]).await.map(drop)
    }

    /// The sender really dispatched at `at`, which may be later than its slot was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn move_last_slot(&mut self, sender: Sender, at: Timestamp) -> Result<(), StoreError> {
        self.tx.run(&MOVE_LAST_SLOT, &[Value::Int(self.tenant.0), Value::Text(sender.word()), Value::Int(at.0)]).await.map(drop)
    }

    /// Appends to the queues, in this order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_slots(&mut self, slots: &[Slot]) -> Result<(), StoreError> {
        if slots.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = slots
            .iter()
            .map(|slot| (slot.seq, slot.sender.word(), slot.workflow.0, slot.customer.0, slot.currency.code(), slot.due_at.0))
            .collect();
        self.tx.run(&INSERT, &[Value::Text(&rows_json(&rows)), Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// The workflows that have someone waiting before `sender`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queued_workflows(&mut self, sender: Sender) -> Result<Vec<WorkflowId>, StoreError> {
        let rows = self.tx.rows(&WORKFLOWS, &[Value::Int(self.tenant.0), Value::Text(sender.word())]).await?;
        rows.iter().map(|row| row.int("workflow_id").map(WorkflowId)).collect()
    }

    /// The first `limit` places of a sender's queue among these workflows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_heads(&mut self, sender: Sender, workflows: &[WorkflowId], limit: i64) -> Result<Vec<Slot>, StoreError> {
        let ids = rows_json(&workflows.iter().map(|id| (id.0,)).collect::<Vec<_>>());
        let values = [Value::Text(&ids), Value::Int(self.tenant.0), Value::Text(sender.word()), Value::Int(limit)];
        self.tx.rows(&HEADS, &values).await?.iter().map(|row| slot(row, sender)).collect()
    }

    /// Where these customers stand in the queues.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn slots_of(&mut self, customers: impl IntoIterator<Item = CustomerId>) -> Result<Vec<Slot>, StoreError> {
        let ids = rows_json(&customers.into_iter().map(|id| (id.0,)).collect::<Vec<_>>());
        let rows = self.tx.rows(&OF_CUSTOMERS, &[Value::Text(&ids), Value::Int(self.tenant.0)]).await?;
        let sender = |row: &super::db::Row| Ok::<_, StoreError>(if row.text("sender")? == "post" { Sender::Post } else { Sender::Mail });
        rows.iter().map(|row| slot(row, sender(row)?)).collect()
    }

    /// Takes places out of the queues. Nobody stands there any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_slots(&mut self, seqs: &[i64]) -> Result<(), StoreError> {
        if seqs.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&seqs.iter().map(|seq| (seq,)).collect::<Vec<_>>());
        let values = [Value::Text(&rows), Value::Int(self.tenant.0)];
        self.tx.run(&LEAVE, &values).await?;
        self.tx.run(&DELETE, &values).await.map(drop)
    }
}
