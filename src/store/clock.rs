//! The clock that the ledger was last worked on with, and what a person's confirmation of another one changes.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::TenantTx;
use crate::domain::time::Timestamp;

static SEEN: Statement = Statement::new("clock seen", "SELECT seen_at, confirmed_at, confirmed_by, reason FROM clock WHERE id = 1");
/// Only forwards: several processes write it, and one whose clock is a little behind takes nothing back.
static SEE: Statement = Statement::new(
    "clock see",
    "INSERT INTO clock (id, seen_at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
     WHERE clock.seen_at < excluded.seen_at",
);
static CONFIRM: Statement = Statement::new(
    "clock confirm",
    "INSERT INTO clock (id, seen_at, confirmed_at, confirmed_by, reason) VALUES (1, $1, $1, $2, $3)
     ON CONFLICT (id) DO UPDATE SET replaced_at = clock.seen_at, seen_at = excluded.seen_at, confirmed_at = excluded.confirmed_at,
        confirmed_by = excluded.confirmed_by, reason = excluded.reason",
);
static PULL_SENDERS: Statement =
    Statement::new("clock pull senders", "UPDATE sender SET last_slot_at = $2 WHERE tenant_id = $1 AND last_slot_at > $2");
static PULL_STEPS: Statement = Statement::new(
    "clock pull steps",
    "UPDATE step SET due_at = CASE WHEN due_at > $2 THEN CAST($2 AS BIGINT) ELSE due_at END,
        lease_until = CASE WHEN lease_until > $3 THEN CAST($3 AS BIGINT) ELSE lease_until END
     WHERE tenant_id = $1 AND state IN ('queued', 'started', 'retry') AND (due_at > $2 OR lease_until > $3)",
);
static FORGET_TIMERS: Statement = Statement::new(
    "clock forget timers",
    "UPDATE instance SET tzdb = NULL WHERE tenant_id = $1 AND wake_at > $2 AND wake_at IS NOT NULL AND slot_seq IS NULL",
);

pub(super) const STATEMENTS: &[&Statement] = &[&SEEN, &SEE, &CONFIRM, &PULL_SENDERS, &PULL_STEPS, &FORGET_TIMERS];

/// The clock as the ledger remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenClock {
    /// When a planner last looked with a clock that it trusted.
    pub seen_at: Timestamp,
    pub confirmed: Option<Confirmation>,
}

/// A person's word that a clock is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

impl Store {
    /// The clock that the ledger was last worked on with; `None` if no planner ever looked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seen_clock(&self) -> Result<Option<SeenClock>, StoreError> {
        let rows = self.rows(&SEEN, &[]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let confirmed = match row.opt_int("confirmed_at")?.map(Timestamp) {
            Some(at) => {
                let by = row.opt_text("confirmed_by")?.unwrap_or_default();
                Some(Confirmation { at, by, reason: row.opt_text("reason")?.unwrap_or_default() })
            }
            None => None,
        };
        Ok(Some(SeenClock { seen_at: Timestamp(row.int("seen_at")?), confirmed }))
    }

    /// Remembers that a planner looked at `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn see_clock(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&SEE, &[Value::Int(now.0)]).await?;
        tx.commit().await
    }

    /// Takes `now` for right, whatever was trusted before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm_clock(&self, now: Timestamp, by: &str, reason: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&CONFIRM, &[Value::Int(now.0), Value::Text(by), Value::Text(reason)]).await?;
        tx.commit().await
    }
}

impl TenantTx {
    /// Brings back to `now` what a clock that ran ahead has put off: senders' slots, bells and retries; leases to `lease_until`.
    /// Sleeping timers are marked, to be computed anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pull_back(&mut self, now: Timestamp, lease_until: Timestamp) -> Result<(), StoreError> {
        let tenant = Value::Int(self.tenant.0);
        self.tx.run(&PULL_SENDERS, &[tenant, Value::Int(now.0)]).await?;
        self.tx.run(&PULL_STEPS, &[tenant, Value::Int(now.0), Value::Int(lease_until.0)]).await?;
        self.tx.run(&FORGET_TIMERS, &[tenant, Value::Int(now.0)]).await.map(drop)
    }
}
