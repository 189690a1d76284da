//! The transition history, read: pages of the chain, of one instance, and its head.

use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::as_hash;
use crate::domain::chain::{Hash, Transition};
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::time::Timestamp;

static PAGE: Statement = Statement::new(
    "transition page",
    "SELECT t.seq, t.instance_id, t.instance_seq, t.recorded_at, t.business_at, t.actor, t.cause, t.from_state, t.to_state, t.stage, t.detail, t.hash, v.number
     FROM transition t LEFT JOIN invoice v ON v.tenant_id = t.tenant_id AND v.id = t.instance_id
     WHERE t.tenant_id = $1 AND t.seq > $2 ORDER BY t.seq LIMIT $3",
);
static OF_INSTANCE: Statement = Statement::new(
    "transitions of an instance",
    "SELECT t.seq, t.instance_id, t.instance_seq, t.recorded_at, t.business_at, t.actor, t.cause, t.from_state, t.to_state, t.stage, t.detail, t.hash, v.number
     FROM transition t LEFT JOIN invoice v ON v.tenant_id = t.tenant_id AND v.id = t.instance_id
     WHERE t.tenant_id = $1 AND t.instance_id = $2 ORDER BY t.instance_seq",
);
static HEAD: Statement = Statement::new("chain head", "SELECT chain_seq, chain_hash FROM tenant WHERE id = $1");

pub(super) const STATEMENTS: &[&Statement] = &[&PAGE, &OF_INSTANCE, &HEAD];

/// A transition as stored, with its hash and its invoice's number.
#[derive(Clone, Debug)]
pub struct StoredTransition {
    pub transition: Transition,
    pub hash: Vec<u8>,
    pub number: Option<String>,
}

fn stored(tenant: TenantId, row: &Row) -> Result<StoredTransition, StoreError> {
    Ok(StoredTransition {
        transition: Transition {
            tenant,
            seq: row.int("seq")?,
            instance: InvoiceId(row.int("instance_id")?),
            instance_seq: row.int("instance_seq")?,
            recorded_at: Timestamp(row.int("recorded_at")?),
            business_at: Timestamp(row.int("business_at")?),
            actor: row.text("actor")?,
            cause: row.text("cause")?,
            from: row.text("from_state")?,
            to: row.text("to_state")?,
            stage: row.text("stage")?,
            detail: row.text("detail")?,
        },
        hash: row.blob("hash")?,
        number: row.opt_text("number")?,
    })
}

impl Store {
    /// At most `limit` transitions after place `after` of the chain.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn transitions_after(&self, tenant: TenantId, after: i64, limit: i64) -> Result<Vec<StoredTransition>, StoreError> {
        let rows = self.rows(&PAGE, &[Value::Int(tenant.0), Value::Int(after), Value::Int(limit)]).await?;
        rows.iter().map(|row| stored(tenant, row)).collect()
    }

    /// The whole history of one instance.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn transitions_of(&self, tenant: TenantId, instance: InvoiceId) -> Result<Vec<StoredTransition>, StoreError> {
        let rows = self.rows(&OF_INSTANCE, &[Value::Int(tenant.0), Value::Int(instance.0)]).await?;
        rows.iter().map(|row| stored(tenant, row)).collect()
    }

    /// The chain's length and last hash, as the tenant's row has them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chain_head(&self, tenant: TenantId) -> Result<(i64, Hash), StoreError> {
        let rows = self.rows(&HEAD, &[Value::Int(tenant.0)]).await?;
        let row = rows.first().ok_or(StoreError::Conflict { what: "chain head", expected: 1, found: 0 })?;
        Ok((row.int("chain_seq")?, as_hash(row.blob("chain_hash")?, "tenant", "chain_hash")?))
    }
}
