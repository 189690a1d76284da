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
    "SELECT t.seq, t.instance_id, t.instance_seq, t.recorded_at, t.business_at, t.actor, t.cause, t.from_state, t.to_state, t.stage, t.detail, t.hash, v.number, v.currency
     FROM transition t LEFT JOIN invoice v ON v.tenant_id = t.tenant_id AND v.id = t.instance_id
     WHERE t.tenant_id = $1 AND t.seq > $2 ORDER BY t.seq LIMIT $3",
);
static OF_INSTANCE: Statement = Statement::new(
    "transitions of an instance",
    "SELECT t.seq, t.instance_id, t.instance_seq, t.recorded_at, t.business_at, t.actor, t.cause, t.from_state, t.to_state, t.stage, t.detail, t.hash, v.number, v.currency
     FROM transition t LEFT JOIN invoice v ON v.tenant_id = t.tenant_id AND v.id = t.instance_id
     WHERE t.tenant_id = $1 AND t.instance_id = $2 ORDER BY t.instance_seq",
);
/// Backwards through the chain: `$2` is the place before which it goes on.
static SOUGHT: Statement = Statement::new(
    "transitions sought",
    "SELECT t.seq, t.instance_id, t.instance_seq, t.recorded_at, t.business_at, t.actor, t.cause, t.from_state, t.to_state, t.stage, t.detail, t.hash, v.number, v.currency
     FROM transition t LEFT JOIN invoice v ON v.tenant_id = t.tenant_id AND v.id = t.instance_id
     WHERE t.tenant_id = $1 AND t.seq < $2 AND ($3 = '' OR t.actor = $3) AND ($4 = '' OR t.cause = $4) AND t.recorded_at >= $5 AND t.recorded_at < $6
     ORDER BY t.seq DESC LIMIT $7",
);
/// The same of an invoice's number or a customer's, from the invoices to their entries.
static SOUGHT_OF: Statement = Statement::new(
    "transitions sought of invoices",
    "SELECT t.seq, t.instance_id, t.instance_seq, t.recorded_at, t.business_at, t.actor, t.cause, t.from_state, t.to_state, t.stage, t.detail, t.hash, v.number, v.currency
     FROM customer c JOIN invoice v ON v.tenant_id = c.tenant_id AND v.customer_id = c.id
     JOIN transition t ON t.tenant_id = v.tenant_id AND t.instance_id = v.id
     WHERE c.tenant_id = $1 AND t.seq < $2 AND ($3 = '' OR t.actor = $3) AND ($4 = '' OR t.cause = $4) AND t.recorded_at >= $5 AND t.recorded_at < $6
        AND ($8 = '' OR c.number = $8) AND ($9 = '' OR v.number = $9)
     ORDER BY t.seq DESC LIMIT $7",
);
static HEAD: Statement = Statement::new("chain head", "SELECT chain_seq, chain_hash FROM tenant WHERE id = $1");

pub(super) const STATEMENTS: &[&Statement] = &[&PAGE, &OF_INSTANCE, &SOUGHT, &SOUGHT_OF, &HEAD];

/// A transition as stored, with its hash and its invoice's number and currency.
#[derive(Clone, Debug)]
pub struct StoredTransition {
    pub transition: Transition,
    pub hash: Vec<u8>,
    pub number: Option<String>,
    /// Its invoice's currency.
    pub currency: Option<String>,
}

/// Which entries of a tenant's history are sought. Empty texts mean all.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// Entries before this place.
    pub before: i64,
    pub customer: &'a str,
    pub invoice: &'a str,
    pub actor: &'a str,
    pub cause: &'a str,
    /// Recorded from this instant on, and before that one.
    pub from: Timestamp,
    pub to: Timestamp,
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
        currency: row.opt_text("currency")?,
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

    /// At most `limit` entries that fit, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn transitions_sought(&self, tenant: TenantId, sought: &Sought<'_>, limit: i64) -> Result<Vec<StoredTransition>, StoreError> {
        let mut values = vec![
            Value::Int(tenant.0),
            Value::Int(sought.before),
            Value::Text(sought.actor),
            Value::Text(sought.cause),
            Value::Int(sought.from.0),
            Value::Int(sought.to.0),
            Value::Int(limit),
        ];
        let of_invoices = !(sought.customer.is_empty() && sought.invoice.is_empty());
        if of_invoices {
            values.extend([Value::Text(sought.customer), Value::Text(sought.invoice)]);
        }
        let rows = self.rows(if of_invoices { &SOUGHT_OF } else { &SOUGHT }, &values).await?;
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
