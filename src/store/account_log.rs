//! What was done with accounts: appended, never changed. What is done to invoices stands in the tenants' chains.

use super::db::{Store, Tx, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static INSERT: Statement = Statement::new(
    "account event insert",
    "INSERT INTO account_event (id, at, actor, kind, subject, tenant_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
static PAGE: Statement = Statement::new(
    "account event page",
    "SELECT id, at, actor, kind, subject, tenant_id, detail FROM account_event WHERE (at < $1 OR (at = $1 AND id < $2))
     ORDER BY at DESC, id DESC LIMIT $3",
);

pub(super) const STATEMENTS: &[&Statement] = &[&INSERT, &PAGE];

/// One thing that was done with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    pub id: String,
    pub at: Timestamp,
    /// `user:E-MAIL`, or `system`.
    pub actor: String,
    /// `signed_in`, `refused`, `locked`, `invited`, `created`, `password_set`, `granted` and so on.
    pub kind: String,
    /// Whom it concerns: an e-mail address.
    pub subject: String,
    /// 0: the installation.
    pub tenant: TenantId,
    pub detail: String,
}

impl Store {
    /// At most `limit` events before that one, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_events(&self, before: (Timestamp, &str), limit: i64) -> Result<Vec<AccountEvent>, StoreError> {
        let rows = self.rows(&PAGE, &[Value::Int(before.0.0), Value::Text(before.1), Value::Int(limit)]).await?;
        rows.iter()
            .map(|row| {
                Ok(AccountEvent {
                    id: row.text("id")?,
                    at: Timestamp(row.int("at")?),
                    actor: row.text("actor")?,
                    kind: row.text("kind")?,
                    subject: row.text("subject")?,
                    tenant: TenantId(row.int("tenant_id")?),
                    detail: row.text("detail")?,
                })
            })
            .collect()
    }
}

impl Tx {
    /// # Errors
    /// When the database fails.
    pub async fn log_account_event(&mut self, event: &AccountEvent) -> Result<(), StoreError> {
        let values = [
            Value::Text(&event.id),
            Value::Int(event.at.0),
            Value::Text(&event.actor),
            Value::Text(&event.kind),
            Value::Text(&event.subject),
            Value::Int(event.tenant.0),
            Value::Text(&event.detail),
        ];
        self.run(&INSERT, &values).await.map(drop)
    }
}
