//! What synchronised sources tell by themselves: events that wait or were taken, and the subscriptions that make a source tell.

use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::news;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

/// Told again, it is the same event; one that was taken within a minute of its stamp waits again, for the stamp may be as coarse as a
/// second and what was asked older than what is told.
static STORE: Statement = Statement::new(
    "source event store",
    "INSERT INTO source_event (tenant_id, source, resource, event, happened_at, kind, received_at, times)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 1)
     ON CONFLICT (tenant_id, source, resource, event, happened_at) DO UPDATE SET times = source_event.times + 1, taken_at = NULL
        WHERE source_event.taken_at IS NULL OR source_event.taken_at < source_event.happened_at + 60000
     RETURNING times",
);
/// Those of claims that the ledger does not have are left out unless `$3` is 1.
static WAITING: Statement = Statement::new(
    "source events waiting",
    "SELECT e.resource, e.event, e.happened_at, e.times, e.kind, CAST(CASE WHEN s.invoice_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS known
     FROM source_event e
     LEFT JOIN source_claim s ON s.tenant_id = e.tenant_id AND s.source = e.source AND s.external_id = e.resource
     WHERE e.tenant_id = $1 AND e.source = $2 AND e.taken_at IS NULL
        AND (s.invoice_id IS NOT NULL OR e.kind NOT IN ('payment', 'claim') OR CAST($3 AS BIGINT) = 1)
     ORDER BY e.received_at, e.resource, e.event, e.happened_at LIMIT 500",
);
static TAKE: Statement = Statement::new(
    "source event take",
    "UPDATE source_event SET taken_at = $4 FROM {rows} WHERE source_event.tenant_id = $2 AND source_event.source = $3
        AND source_event.resource = {t0} AND source_event.event = {t1} AND source_event.happened_at = {i2} AND source_event.times = {i3}",
);
static TOLD: Statement = Statement::new(
    "source event told",
    "SELECT event FROM source_event WHERE tenant_id = $1 AND source = $2 AND resource = $3 AND received_at >= $4 LIMIT 1",
);
/// The newest one stays: it says when something was last heard.
static FORGET: Statement = Statement::new(
    "source event forget",
    "DELETE FROM source_event WHERE tenant_id = $1 AND source = $2 AND received_at < $3 AND taken_at IS NOT NULL
        AND received_at < (SELECT MAX(e.received_at) FROM source_event e WHERE e.tenant_id = $1 AND e.source = $2)",
);
static COUNT: Statement = Statement::new(
    "source events count",
    "SELECT COUNT(*) AS n FROM source_event WHERE tenant_id = $1 AND source = $2 AND taken_at IS NULL",
);
static LAST: Statement =
    Statement::new("source event last", "SELECT MAX(received_at) AS last FROM source_event WHERE tenant_id = $1 AND source = $2");
static HOOKS: Statement = Statement::new(
    "source hooks get",
    "SELECT callback, former, wanted, subscribed, checked_at, next_at, failures, error FROM source_hooks WHERE tenant_id = $1 AND source = $2",
);
static HOOKS_SAVE: Statement = Statement::new(
    "source hooks save",
    "INSERT INTO source_hooks (tenant_id, source, callback, former, wanted, subscribed, checked_at, next_at, failures, error)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (tenant_id, source) DO UPDATE SET callback = excluded.callback, former = excluded.former, wanted = excluded.wanted, subscribed = excluded.subscribed,
        checked_at = excluded.checked_at, next_at = excluded.next_at, failures = excluded.failures, error = excluded.error",
);

pub(super) const STATEMENTS: &[&Statement] = &[&STORE, &WAITING, &TAKE, &TOLD, &FORGET, &COUNT, &LAST, &HOOKS, &HOOKS_SAVE];

/// An event as a source told it.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    pub source: &'a str,
    pub resource: &'a str,
    /// The source's own word.
    pub event: &'a str,
    pub happened_at: Timestamp,
    /// `payment`, `claim`, `contact`, `access`, `other`.
    pub kind: &'static str,
}

/// An event that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub resource: String,
    pub event: String,
    pub happened_at: Timestamp,
    pub times: i64,
    pub kind: String,
    /// Its resource is a claim that is in the ledger.
    pub known: bool,
}

/// How a source was asked to tell, and how that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksRow {
    pub callback: Option<String>,
    /// Addresses before that one, at which subscriptions of ours may be left.
    pub former: Vec<String>,
    pub wanted: i64,
    pub subscribed: i64,
    pub checked_at: Option<Timestamp>,
    pub next_at: Timestamp,
    pub failures: i64,
    pub error: Option<String>,
}

impl HooksRow {
    /// Of a source that was never asked to tell.
    #[must_use]
    pub fn none() -> Self {
        Self {
            callback: None,
            former: Vec::new(),
            wanted: 0,
            subscribed: 0,
            checked_at: None,
            next_at: Timestamp(0),
            failures: 0,
            error: None,
        }
    }
}

fn event_row(row: &Row) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        resource: row.text("resource")?,
        event: row.text("event")?,
        happened_at: Timestamp(row.int("happened_at")?),
        times: row.int("times")?,
        kind: row.text("kind")?,
        known: row.int("known")? != 0,
    })
}

fn hooks_row(row: &Row) -> Result<HooksRow, StoreError> {
    Ok(HooksRow {
        callback: row.opt_text("callback")?,
        former: row.text("former")?.lines().map(str::to_owned).collect(),
        wanted: row.int("wanted")?,
        subscribed: row.int("subscribed")?,
        checked_at: row.opt_int("checked_at")?.map(Timestamp),
        next_at: Timestamp(row.int("next_at")?),
        failures: row.int("failures")?,
        error: row.opt_text("error")?,
    })
}

impl Store {
    /// Keeps an event until it is taken; how often it was told with this, `None` if it was taken long ago. It is a note and no fact, so
    /// that whoever tells need not wait for the tenant's head: nothing is decided by it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store_event(&self, tenant: TenantId, event: NewEvent<'_>, now: Timestamp) -> Result<Option<i64>, StoreError> {
        let values = [
            Value::Int(tenant.0),
            Value::Text(event.source),
            Value::Text(event.resource),
            Value::Text(event.event),
            Value::Int(event.happened_at.0),
            Value::Text(event.kind),
            Value::Int(now.0),
        ];
        let mut tx = self.begin().await?;
        let times = tx.rows(&STORE, &values).await?.first().map(|row| row.int("times")).transpose()?;
        if times.is_some() {
            news::tell(&mut tx).await?;
        }
        tx.commit().await?;
        Ok(times)
    }

    /// Events that wait, the first received first, 500 at most. Those of claims that are not in the ledger only if `unknown`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_events(&self, tenant: TenantId, source: &str, unknown: bool) -> Result<Vec<EventRow>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(source), Value::Int(i64::from(unknown))];
        self.rows(&WAITING, &values).await?.iter().map(event_row).collect()
    }

    /// How many events wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events_waiting(&self, tenant: TenantId, source: &str) -> Result<i64, StoreError> {
        let rows = self.rows(&COUNT, &[Value::Int(tenant.0), Value::Text(source)]).await?;
        rows.first().map_or(Ok(0), |row| row.int("n"))
    }

    /// When the last event came.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_event(&self, tenant: TenantId, source: &str) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.rows(&LAST, &[Value::Int(tenant.0), Value::Text(source)]).await?;
        rows.first().map_or(Ok(None), |row| Ok(row.opt_int("last")?.map(Timestamp)))
    }

    /// How a source was asked to tell; `None` if it never was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hooks(&self, tenant: TenantId, source: &str) -> Result<Option<HooksRow>, StoreError> {
        self.rows(&HOOKS, &[Value::Int(tenant.0), Value::Text(source)]).await?.first().map(hooks_row).transpose()
    }
}

impl TenantTx {
    /// These events were seen to; one that was told again since it was read waits on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_events(&mut self, source: &str, events: &[EventRow], now: Timestamp) -> Result<(), StoreError> {
        let rows: Vec<_> = events.iter().map(|event| (&event.resource, &event.event, event.happened_at.0, event.times)).collect();
        let values = [Value::Text(&rows_json(&rows)), Value::Int(self.tenant.0), Value::Text(source), Value::Int(now.0)];
        self.tx.run(&TAKE, &values).await.map(drop)
    }

    /// Whether something was told of this resource since then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn was_told(&mut self, source: &str, resource: &str, since: Timestamp) -> Result<bool, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Text(source), Value::Text(resource), Value::Int(since.0)];
        Ok(!self.tx.rows(&TOLD, &values).await?.is_empty())
    }

    /// Forgets events that were taken and came before `before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_events(&mut self, source: &str, before: Timestamp) -> Result<(), StoreError> {
        self.tx.run(&FORGET, &[Value::Int(self.tenant.0), Value::Text(source), Value::Int(before.0)]).await.map(drop)
    }

    /// Writes down how the source was asked to tell.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_hooks(&mut self, source: &str, hooks: &HooksRow) -> Result<(), StoreError> {
        let former = hooks.former.join("\n");
        let values = [
            Value::Int(self.tenant.0),
            Value::Text(source),
            Value::OptText(hooks.callback.as_deref()),
            Value::Text(&former),
            Value::Int(hooks.wanted),
            Value::Int(hooks.subscribed),
            Value::OptInt(hooks.checked_at.map(|at| at.0)),
            Value::Int(hooks.next_at.0),
            Value::Int(hooks.failures),
            Value::OptText(hooks.error.as_deref()),
        ];
        self.tx.run(&HOOKS_SAVE, &values).await.map(drop)
    }
}
