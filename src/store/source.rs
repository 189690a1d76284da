//! Synchronised sources: where each tenant's is, who keeps it in step, and whose turn it is to ask.

use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, as_hash};
use crate::domain::chain::Hash;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static GET: Statement = Statement::new(
    "source get",
    "SELECT organisation, account, key_hash, state, since, error, failures, next_at, run, cursor, listed, expected, swept_at, changes_at,
        heard_at, owner, lease_until,
        CAST(CASE WHEN EXISTS (SELECT 1 FROM process p WHERE p.id = source.owner AND p.ended_at IS NOT NULL) THEN 1 ELSE 0 END AS BIGINT) AS orphaned
     FROM source WHERE tenant_id = $1 AND name = $2",
);
static ANY: Statement = Statement::new("source any", "SELECT name FROM source WHERE tenant_id = $1 ORDER BY name LIMIT 1");
static INSERT: Statement = Statement::new(
    "source insert",
    "INSERT INTO source (tenant_id, name, state, since, failures, next_at, run, listed, expected) VALUES ($1, $2, 'new', $3, 0, 0, 0, 0, 0)
     ON CONFLICT (tenant_id, name) DO NOTHING",
);
/// Only one process at a time keeps a source in step: the first, until it lets go, its lease ends or it is proved dead.
static HOLD: Statement = Statement::new(
    "source hold",
    "UPDATE source SET owner = $3, lease_until = $4 WHERE tenant_id = $1 AND name = $2
        AND (owner IS NULL OR owner = $3 OR lease_until <= $5
            OR EXISTS (SELECT 1 FROM process p WHERE p.id = source.owner AND p.ended_at IS NOT NULL))",
);
static LET_GO: Statement =
    Statement::new("source let go", "UPDATE source SET owner = NULL, lease_until = NULL WHERE tenant_id = $1 AND name = $2 AND owner = $3");
static FREE: Statement =
    Statement::new("source free", "UPDATE source SET owner = NULL, lease_until = NULL WHERE tenant_id = $1 AND owner IS NOT NULL");
static SAVE: Statement = Statement::new(
    "source save",
    "UPDATE source SET organisation = $3, account = $4, key_hash = $5, state = $6, since = $7, error = $8, failures = $9, next_at = $10,
        run = $11, cursor = $12, listed = $13, expected = $14, swept_at = $15, changes_at = $16, heard_at = $17
     WHERE tenant_id = $1 AND name = $2",
);
/// The turns of a key follow each other `$3` apart. No turn is taken that is more than `$4` away; one that is further away than an hour
/// was taken by a clock that ran ahead.
static TURN: Statement = Statement::new(
    "source turn",
    "INSERT INTO source_pace (key_hash, next_at) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT))
     ON CONFLICT (key_hash) DO UPDATE SET next_at = CAST($3 AS BIGINT) + CASE
        WHEN source_pace.next_at BETWEEN CAST($2 AS BIGINT) AND CAST($2 AS BIGINT) + 3600000 THEN source_pace.next_at
        ELSE CAST($2 AS BIGINT) END
     WHERE source_pace.next_at <= CAST($2 AS BIGINT) + CAST($4 AS BIGINT) OR source_pace.next_at > CAST($2 AS BIGINT) + 3600000
     RETURNING next_at",
);
static PAUSE: Statement = Statement::new(
    "source pause",
    "INSERT INTO source_pace (key_hash, next_at) VALUES ($1, $2)
     ON CONFLICT (key_hash) DO UPDATE SET next_at = excluded.next_at WHERE source_pace.next_at < excluded.next_at",
);

pub(super) const STATEMENTS: &[&Statement] = &[&GET, &ANY, &INSERT, &HOLD, &LET_GO, &FREE, &SAVE, &TURN, &PAUSE];

/// Where a source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    pub organisation: Option<String>,
    pub account: Option<String>,
    pub key_hash: Option<Hash>,
    pub state: String,
    pub since: Timestamp,
    pub error: Option<String>,
    pub failures: i64,
    /// Nobody tries before it.
    pub next_at: Timestamp,
    /// The run that was begun last.
    pub run: i64,
    pub cursor: Option<String>,
    pub listed: i64,
    pub expected: i64,
    pub swept_at: Option<Timestamp>,
    pub changes_at: Option<Timestamp>,
    pub heard_at: Option<Timestamp>,
    /// Who keeps it in step, and until when that holds without a word.
    pub owner: Option<String>,
    pub lease_until: Option<Timestamp>,
    /// Its owner is proved dead.
    pub orphaned: bool,
}

impl SourceRow {
    /// Whether another process than `owner` keeps it in step at `now`.
    #[must_use]
    pub fn is_kept_by_another(&self, owner: &str, now: Timestamp) -> bool {
        let another = self.owner.as_deref().is_some_and(|other| other != owner);
        another && !self.orphaned && self.lease_until.is_some_and(|until| until > now)
    }
}

fn source_row(row: &Row) -> Result<SourceRow, StoreError> {
    let at = |column| Ok::<_, StoreError>(row.opt_int(column)?.map(Timestamp));
    Ok(SourceRow {
        organisation: row.opt_text("organisation")?,
        account: row.opt_text("account")?,
        key_hash: row.opt_blob("key_hash")?.map(|bytes| as_hash(bytes, "source", "key_hash")).transpose()?,
        state: row.text("state")?,
        since: Timestamp(row.int("since")?),
        error: row.opt_text("error")?,
        failures: row.int("failures")?,
        next_at: Timestamp(row.int("next_at")?),
        run: row.int("run")?,
        cursor: row.opt_text("cursor")?,
        listed: row.int("listed")?,
        expected: row.int("expected")?,
        swept_at: at("swept_at")?,
        changes_at: at("changes_at")?,
        heard_at: at("heard_at")?,
        owner: row.opt_text("owner")?,
        lease_until: at("lease_until")?,
        orphaned: row.int("orphaned")? != 0,
    })
}

async fn had_source(reader: &mut impl Reads, tenant: TenantId) -> Result<bool, StoreError> {
    Ok(!reader.read(&ANY, &[Value::Int(tenant.0)]).await?.is_empty())
}

impl Store {
    /// As [`TenantTx::has_source`], outside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_source(&self, tenant: TenantId) -> Result<bool, StoreError> {
        had_source(&mut &*self, tenant).await
    }

    /// Where a tenant's source is; `None` if it was never connected.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn source(&self, tenant: TenantId, name: &str) -> Result<Option<SourceRow>, StoreError> {
        self.rows(&GET, &[Value::Int(tenant.0), Value::Text(name)]).await?.first().map(source_row).transpose()
    }

    /// Takes the key's next turn, `every_ms` after the one before it; when it is. `None`, and none is taken, when that would be
    /// more than `patience_ms` away.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_turn(&self, key: &Hash, now: Timestamp, every_ms: i64, patience_ms: i64) -> Result<Option<Timestamp>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = tx.rows(&TURN, &[Value::Blob(key), Value::Int(now.0), Value::Int(every_ms), Value::Int(patience_ms)]).await?;
        let next = rows.first().map(|row| row.int("next_at")).transpose()?;
        tx.commit().await?;
        Ok(next.map(|next| Timestamp(next - every_ms)))
    }

    /// Lets nobody use the key before `until`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause_turns(&self, key: &Hash, until: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&PAUSE, &[Value::Blob(key), Value::Int(until.0)]).await?;
        tx.commit().await
    }
}

impl TenantTx {
    /// Whether the tenant was ever connected to a source.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_source(&mut self) -> Result<bool, StoreError> {
        had_source(&mut self.tx, self.tenant).await
    }

    /// Where the tenant's source is; `None` if it was never connected.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_source(&mut self, name: &str) -> Result<Option<SourceRow>, StoreError> {
        self.tx.rows(&GET, &[Value::Int(self.tenant.0), Value::Text(name)]).await?.first().map(source_row).transpose()
    }

    /// Where the tenant's source is, made if it is missing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn source(&mut self, name: &str, now: Timestamp) -> Result<SourceRow, StoreError> {
        if let Some(row) = self.known_source(name).await? {
            return Ok(row);
        }
        self.tx.run(&INSERT, &[Value::Int(self.tenant.0), Value::Text(name), Value::Int(now.0)]).await?;
        self.known_source(name).await?.ok_or(StoreError::Conflict { what: "source get", expected: 1, found: 0 })
    }

    /// Makes `owner` the one who keeps the source in step. `false` when another does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_source(&mut self, name: &str, owner: &str, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Text(name), Value::Text(owner), Value::Int(until.0), Value::Int(now.0)];
        Ok(self.tx.run(&HOLD, &values).await? == 1)
    }

    /// `owner` does not keep it any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn let_source_go(&mut self, name: &str, owner: &str) -> Result<(), StoreError> {
        self.tx.run(&LET_GO, &[Value::Int(self.tenant.0), Value::Text(name), Value::Text(owner)]).await.map(drop)
    }

    /// Whoever keeps the tenant's sources in step is dead. Should it be a command that lives, both go on: only one of them takes each step.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn free_sources(&mut self) -> Result<(), StoreError> {
        self.tx.run(&FREE, &[Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// Writes down where the source is; who keeps it is left as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_source(&mut self, name: &str, row: &SourceRow) -> Result<(), StoreError> {
        let at = |at: Option<Timestamp>| Value::OptInt(at.map(|at| at.0));
        let values = [
            Value::Int(self.tenant.0),
            Value::Text(name),
            Value::OptText(row.organisation.as_deref()),
            Value::OptText(row.account.as_deref()),
            Value::OptBlob(row.key_hash.as_ref().map(<[u8; 32]>::as_slice)),
            Value::Text(&row.state),
            Value::Int(row.since.0),
            Value::OptText(row.error.as_deref()),
            Value::Int(row.failures),
            Value::Int(row.next_at.0),
            Value::Int(row.run),
            Value::OptText(row.cursor.as_deref()),
            Value::Int(row.listed),
            Value::Int(row.expected),
            at(row.swept_at),
            at(row.changes_at),
            at(row.heard_at),
        ];
        self.tx.run(&SAVE, &values).await.map(drop)
    }
}
