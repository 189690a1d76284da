//! Webhooks: where transitions are told to, how far each has been told, and how it fails.

use super::db::{Row, Store, Tx, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static OF_TENANT: Statement = Statement::new(
    "webhook list",
    "SELECT tenant_id, id, url, secret, causes, created_by, created_at, told_seq, told_at, failures, failing_at, retry_at, error, stopped_at
     FROM webhook WHERE tenant_id = $1 ORDER BY id",
);
static INSERT: Statement = Statement::new(
    "webhook insert",
    "INSERT INTO webhook (tenant_id, id, url, secret, causes, created_by, created_at, told_seq, failures, retry_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)",
);
static DELETE: Statement = Statement::new("webhook delete", "DELETE FROM webhook WHERE tenant_id = $1 AND id = $2");
/// Only forwards: of two processes that tell the same, the slower one must not turn it back.
static TOLD: Statement = Statement::new(
    "webhook told",
    "UPDATE webhook SET told_seq = $3, told_at = $4, failures = 0, failing_at = NULL, retry_at = 0, error = NULL
     WHERE tenant_id = $1 AND id = $2 AND told_seq < $3",
);
static FAILED: Statement = Statement::new(
    "webhook failed",
    "UPDATE webhook SET failures = failures + 1, failing_at = COALESCE(failing_at, CAST($3 AS BIGINT)), retry_at = $4, error = $5, stopped_at = $6
     WHERE tenant_id = $1 AND id = $2 AND told_seq = $7",
);
/// Whoever holds the turn tells; another process waits until it has passed.
static TURN: Statement = Statement::new(
    "webhook turn",
    "UPDATE webhook SET retry_at = $3 WHERE tenant_id = $1 AND id = $2 AND retry_at = $4 AND told_seq = $5 AND stopped_at IS NULL",
);
static RESTART: Statement = Statement::new(
    "webhook restart",
    "UPDATE webhook SET failures = 0, failing_at = NULL, retry_at = 0, error = NULL, stopped_at = NULL WHERE tenant_id = $1 AND id = $2",
);

pub(super) const STATEMENTS: &[&Statement] = &[&OF_TENANT, &INSERT, &DELETE, &TOLD, &FAILED, &TURN, &RESTART];

/// A webhook as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub tenant: TenantId,
    pub id: String,
    pub url: String,
    /// Sealed.
    pub secret: Vec<u8>,
    /// Which causes are told; all if none.
    pub causes: Vec<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    /// The last place of the chain that it was told, or that it does not want to hear.
    pub told_seq: i64,
    pub told_at: Option<Timestamp>,
    pub failures: i64,
    pub failing_at: Option<Timestamp>,
    pub retry_at: Timestamp,
    pub error: Option<String>,
    pub stopped_at: Option<Timestamp>,
}

/// How a telling failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    pub at: Timestamp,
    pub retry_at: Timestamp,
    pub error: &'a str,
    /// It is given up until a person starts it again.
    pub stopped: bool,
}

fn webhook(row: &Row) -> Result<Webhook, StoreError> {
    let causes = row.text("causes")?;
    Ok(Webhook {
        tenant: TenantId(row.int("tenant_id")?),
        id: row.text("id")?,
        url: row.text("url")?,
        secret: row.blob("secret")?,
        causes: causes.split(' ').filter(|cause| !cause.is_empty()).map(ToOwned::to_owned).collect(),
        created_by: row.text("created_by")?,
        created_at: Timestamp(row.int("created_at")?),
        told_seq: row.int("told_seq")?,
        told_at: row.opt_int("told_at")?.map(Timestamp),
        failures: row.int("failures")?,
        failing_at: row.opt_int("failing_at")?.map(Timestamp),
        retry_at: Timestamp(row.int("retry_at")?),
        error: row.opt_text("error")?,
        stopped_at: row.opt_int("stopped_at")?.map(Timestamp),
    })
}

impl Store {
    /// A tenant's webhooks, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhooks(&self, tenant: TenantId) -> Result<Vec<Webhook>, StoreError> {
        self.rows(&OF_TENANT, &[Value::Int(tenant.0)]).await?.iter().map(webhook).collect()
    }

    /// Takes the turn to tell a webhook until `until`; `false` if another process has it, or it has changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_webhook_turn(&self, webhook: &Webhook, until: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let values = [
            Value::Int(webhook.tenant.0),
            Value::Text(&webhook.id),
            Value::Int(until.0),
            Value::Int(webhook.retry_at.0),
            Value::Int(webhook.told_seq),
        ];
        let taken = tx.run(&TURN, &values).await? == 1;
        tx.commit().await?;
        Ok(taken)
    }

    /// Notes that a webhook was told everything up to this place of the chain, or does not want to hear it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhook_told(&self, webhook: &Webhook, seq: i64, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let values = [Value::Int(webhook.tenant.0), Value::Text(&webhook.id), Value::Int(seq), Value::Int(now.0)];
        tx.run(&TOLD, &values).await?;
        tx.commit().await
    }

    /// Notes that telling failed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhook_failed(&self, webhook: &Webhook, failure: &Failure<'_>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let values = [
            Value::Int(webhook.tenant.0),
            Value::Text(&webhook.id),
            Value::Int(failure.at.0),
            Value::Int(failure.retry_at.0),
            Value::Text(failure.error),
            Value::OptInt(failure.stopped.then_some(failure.at.0)),
            Value::Int(webhook.told_seq),
        ];
        tx.run(&FAILED, &values).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Keeps a new webhook that has been told everything up to `told_seq`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_webhook(&mut self, webhook: &Webhook) -> Result<(), StoreError> {
        let causes = webhook.causes.join(" ");
        let values = [
            Value::Int(webhook.tenant.0),
            Value::Text(&webhook.id),
            Value::Text(&webhook.url),
            Value::Blob(&webhook.secret),
            Value::Text(&causes),
            Value::Text(&webhook.created_by),
            Value::Int(webhook.created_at.0),
            Value::Int(webhook.told_seq),
        ];
        self.run(&INSERT, &values).await.map(drop)
    }

    /// `false` if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_webhook(&mut self, tenant: TenantId, id: &str) -> Result<bool, StoreError> {
        Ok(self.run(&DELETE, &[Value::Int(tenant.0), Value::Text(id)]).await? == 1)
    }

    /// Tells a webhook again that was given up; `false` if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn restart_webhook(&mut self, tenant: TenantId, id: &str) -> Result<bool, StoreError> {
        Ok(self.run(&RESTART, &[Value::Int(tenant.0), Value::Text(id)]).await? == 1)
    }
}
