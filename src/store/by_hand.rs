//! What people decided about customers, above what sources bring: the language of their notices, the way these go, the workflow that
//! invoices to come are dunned under.

use super::cases::by_hand;
use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::ids::{CustomerId, InvoiceId, TenantId};
use crate::domain::time::Timestamp;
use crate::domain::workflow::Channel;

static OF: Statement = Statement::new(
    "customer by hand",
    "SELECT c.language_by_hand, c.channel_by_hand, c.workflow_by_hand FROM customer c WHERE c.tenant_id = $1 AND c.id = $2",
);
static SET: Statement = Statement::new(
    "customer by hand set",
    "UPDATE customer SET language_by_hand = $3, channel_by_hand = $4, workflow_by_hand = $5 WHERE tenant_id = $1 AND id = $2",
);
/// What of a customer stands in a sender's queue.
static QUEUED: Statement = Statement::new(
    "customer queued",
    "SELECT i.id, i.wake_at FROM {rows} JOIN invoice v ON v.tenant_id = $2 AND v.customer_id = {i0}
     JOIN instance i ON i.tenant_id = v.tenant_id AND i.id = v.id WHERE v.tenant_id = $2 AND i.slot_seq IS NOT NULL",
);

pub(super) const STATEMENTS: &[&Statement] = &[&OF, &SET, &QUEUED];

/// What was decided about one customer; `None`: as imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByHand {
    pub language: Option<String>,
    pub channel: Option<Channel>,
    /// By name.
    pub workflow: Option<String>,
}

/// What a row that has these columns says.
pub(super) fn read(row: &Row) -> Result<ByHand, StoreError> {
    Ok(ByHand {
        language: row.opt_text("language_by_hand")?,
        channel: by_hand(row.opt_text("channel_by_hand")?, "customer", "channel_by_hand")?,
        workflow: row.opt_text("workflow_by_hand")?,
    })
}

async fn of(reader: &mut impl Reads, tenant: TenantId, customer: CustomerId) -> Result<Option<ByHand>, StoreError> {
    reader.read(&OF, &[Value::Int(tenant.0), Value::Int(customer.0)]).await?.first().map(read).transpose()
}

impl Store {
    /// As [`TenantTx::by_hand`], outside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_hand(&self, tenant: TenantId, customer: CustomerId) -> Result<Option<ByHand>, StoreError> {
        of(&mut &*self, tenant, customer).await
    }
}

impl TenantTx {
    /// What was decided about a customer; `None` if there is no such customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_hand(&mut self, customer: CustomerId) -> Result<Option<ByHand>, StoreError> {
        of(&mut self.tx, self.tenant, customer).await
    }

    /// Writes what was decided about a customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_by_hand(&mut self, customer: CustomerId, decided: &ByHand) -> Result<(), StoreError> {
        let values = [
            Value::Int(self.tenant.0),
            Value::Int(customer.0),
            Value::OptText(decided.language.as_deref()),
            Value::OptText(decided.channel.map(Channel::word)),
            Value::OptText(decided.workflow.as_deref()),
        ];
        self.tx.run(&SET, &values).await.map(drop)
    }

    /// What of a customer stands in a sender's queue, and when each wanted to leave.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queued_of(&mut self, customer: CustomerId) -> Result<Vec<(InvoiceId, Timestamp)>, StoreError> {
        let rows = self.tx.rows(&QUEUED, &[Value::Text(&rows_json(&[(customer.0,)])), Value::Int(self.tenant.0)]).await?;
        rows.iter().map(|row| Ok((InvoiceId(row.int("id")?), Timestamp(row.int("wake_at")?)))).collect()
    }
}
