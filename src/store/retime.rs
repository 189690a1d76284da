//! Timers that were computed with an older time-zone database: found a slice at a time, and written anew.
//!
//! The version stands beside each computed instant. Only older ones are found, so that of two programs with different
//! databases the newer one's word holds, and none undoes the other's. After a change of zone or holidays every timer is found.

use super::cases::date;
use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::chain::Hash;
use crate::domain::ids::{BlockId, InvoiceId, TenantId, WorkflowId};
use crate::domain::time::Timestamp;
use chrono::NaiveDate;

/// The end of a slice: so that no statement reads the whole table, however many of its rows are up to date.
static SLICE: Statement = Statement::new(
    "timers slice",
    "SELECT MAX(id) AS last FROM (SELECT id FROM instance WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS slice",
);
static STALE: Statement = Statement::new(
    "timers stale",
    "SELECT id, seq, workflow_id, stage, stage_date, wake_at, slot_seq FROM instance
     WHERE tenant_id = $1 AND id > $2 AND id <= $3 AND wake_at IS NOT NULL AND (tzdb IS NULL OR tzdb < $4) ORDER BY id LIMIT $5",
);
static SAVE: Statement = Statement::new(
    "timers save",
    "UPDATE instance SET wake_at = {i3}, tzdb = $3 FROM {rows}
     WHERE instance.tenant_id = $2 AND instance.id = {i0} AND instance.seq = {i1} AND instance.wake_at = {i2}",
);
/// `id + 0` keeps SQLite from walking along the key through all blocks that there ever were: the index has those that are open.
static STALE_BLOCKS: Statement = Statement::new(
    "block timers stale",
    "SELECT id, until_date, until_at FROM block
     WHERE tenant_id = $1 AND id + 0 > $2 AND ended_at IS NULL AND until_at IS NOT NULL AND (tzdb IS NULL OR tzdb < $3) ORDER BY id LIMIT $4",
);
static SAVE_BLOCKS: Statement = Statement::new(
    "block timers save",
    "UPDATE block SET until_at = {i1}, tzdb = $3 FROM {rows} WHERE block.tenant_id = $2 AND block.id = {i0} AND block.ended_at IS NULL",
);

static CALENDAR: Statement = Statement::new("calendar read", "SELECT calendar FROM tenant WHERE id = $1");
static SAVE_CALENDAR: Statement = Statement::new("calendar save", "UPDATE tenant SET calendar = $2 WHERE id = $1");

pub(super) const STATEMENTS: &[&Statement] = &[&SLICE, &STALE, &SAVE, &STALE_BLOCKS, &SAVE_BLOCKS, &CALENDAR, &SAVE_CALENDAR];

/// Sorts behind every version.
const ANY_VERSION: &str = "~";

/// The version of the time-zone database that this program computes with, such as `2025b`; later ones sort later.
#[must_use]
pub const fn tzdb() -> &'static str {
    chrono_tz::IANA_TZDB_VERSION
}

/// Which timers are to be computed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// Those of an older database.
    Older,
    All,
}

impl Stale {
    fn below(self) -> &'static str {
        match self {
            Self::Older => tzdb(),
            Self::All => ANY_VERSION,
        }
    }
}

/// A sleeping instance whose wake-up was computed with an older database.
#[derive(Clone, Debug)]
pub struct StaleTimer {
    pub id: InvoiceId,
    pub seq: i64,
    pub workflow: WorkflowId,
    pub stage: usize,
    pub stage_date: NaiveDate,
    pub wake_at: Timestamp,
    /// It stands in a sender's queue: its wake-up is behind it.
    pub queued: bool,
}

/// A block whose end was computed with an older database.
#[derive(Clone, Debug)]
pub struct StaleBlock {
    pub id: BlockId,
    pub until: NaiveDate,
    pub until_at: Timestamp,
}

impl Store {
    /// The last id of the slice of `rows` instances after `after`; `None` after the last instance.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn timers_slice(&self, tenant: TenantId, after: InvoiceId, rows: i64) -> Result<Option<InvoiceId>, StoreError> {
        let found = self.rows(&SLICE, &[Value::Int(tenant.0), Value::Int(after.0), Value::Int(rows)]).await?;
        Ok(found.first().map(|row| row.opt_int("last")).transpose()?.flatten().map(InvoiceId))
    }

    /// At most `limit` sleeping instances of a slice whose wake-up is to be computed anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stale_timers(
        &self,
        tenant: TenantId,
        (after, last): (InvoiceId, InvoiceId),
        stale: Stale,
        limit: i64,
    ) -> Result<Vec<StaleTimer>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Int(after.0), Value::Int(last.0), Value::Text(stale.below()), Value::Int(limit)];
        self.rows(&STALE, &values).await?.iter().map(stale_timer).collect()
    }

    /// At most `limit` open blocks after this one whose end is to be computed anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stale_blocks(&self, tenant: TenantId, after: BlockId, stale: Stale, limit: i64) -> Result<Vec<StaleBlock>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Int(after.0), Value::Text(stale.below()), Value::Int(limit)];
        let rows = self.rows(&STALE_BLOCKS, &values).await?;
        let block = |row: &Row| {
            let until = date(&row.text("until_date")?, "block", "until_date")?;
            Ok(StaleBlock { id: BlockId(row.int("id")?), until, until_at: Timestamp(row.int("until_at")?) })
        };
        rows.iter().map(block).collect()
    }

    /// What all timers of a tenant were computed with; `None`: nobody has said.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn calendar(&self, tenant: TenantId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows(&CALENDAR, &[Value::Int(tenant.0)]).await?.first().map(|row| row.opt_blob("calendar")).transpose()?.flatten())
    }
}

fn stale_timer(row: &Row) -> Result<StaleTimer, StoreError> {
    let corrupt = |column: &'static str, why: &str| StoreError::Corrupt { table: "instance", column, why: why.to_owned() };
    let stage = row.opt_int("stage")?.and_then(|stage| usize::try_from(stage).ok());
    let stage_date = row.opt_text("stage_date")?.ok_or_else(|| corrupt("stage_date", "missing in this state"))?;
    Ok(StaleTimer {
        id: InvoiceId(row.int("id")?),
        seq: row.int("seq")?,
        workflow: WorkflowId(row.int("workflow_id")?),
        stage: stage.ok_or_else(|| corrupt("stage", "missing in this state"))?,
        stage_date: date(&stage_date, "instance", "stage_date")?,
        wake_at: Timestamp(row.int("wake_at")?),
        queued: row.opt_int("slot_seq")?.is_some(),
    })
}

impl TenantTx {
    /// Writes wake-ups, each with what it becomes; those that moved meanwhile are left alone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_timers(&mut self, timers: &[(&StaleTimer, Timestamp)]) -> Result<(), StoreError> {
        if timers.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = timers.iter().map(|(timer, at)| (timer.id.0, timer.seq, timer.wake_at.0, at.0)).collect();
        let values = [Value::Text(&rows_json(&rows)), Value::Int(self.tenant.0), Value::Text(tzdb())];
        self.tx.run(&SAVE, &values).await.map(drop)
    }

    /// Keeps what all timers are computed with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_calendar(&mut self, calendar: &Hash) -> Result<(), StoreError> {
        self.tx.run(&SAVE_CALENDAR, &[Value::Int(self.tenant.0), Value::Blob(calendar)]).await.map(drop)
    }

    /// Writes the ends of blocks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_block_timers(&mut self, ends: &[(BlockId, Timestamp)]) -> Result<(), StoreError> {
        if ends.is_empty() {
            return Ok(());
        }
        let rows = rows_json(&ends.iter().map(|(id, at)| (id.0, at.0)).collect::<Vec<_>>());
        self.tx.run(&SAVE_BLOCKS, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Text(tzdb())]).await.map(drop)
    }
}
