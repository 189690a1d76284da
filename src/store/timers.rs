//! The earliest timer: when a tenant next needs its planner.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

/// What a planner has to know to sleep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timer {
    /// The earliest instant at which something is due.
    pub at: Option<Timestamp>,
    /// Somebody stands in a sender's queue: the queues have timers of their own.
    pub queued: bool,
    /// How many instances hold a place, and how many wait for one.
    pub places: i64,
    pub place_queue: i64,
    /// A person holds everything back.
    pub off: bool,
}

/// An instance's wake-up, a block's end, a step's retry, an unheard bell, a lease that ends (a dead process's has).
static NEXT: Statement = Statement::new(
    "next timer",
    "SELECT MIN(t.at) AS at, CAST(CASE WHEN EXISTS (SELECT 1 FROM slot WHERE tenant_id = $1) THEN 1 ELSE 0 END AS BIGINT) AS queued,
        (SELECT places FROM tenant WHERE id = $1) AS places, (SELECT place_queue FROM tenant WHERE id = $1) AS place_queue,
        CAST(CASE WHEN EXISTS (SELECT 1 FROM tenant WHERE id = $1 AND (sending = 'off' OR backlog = 'asked')) THEN 1 ELSE 0 END AS BIGINT) AS off
     FROM (
        SELECT MIN(wake_at) AS at FROM instance WHERE tenant_id = $1 AND wake_at IS NOT NULL AND slot_seq IS NULL
        UNION ALL
        SELECT MIN(until_at) AS at FROM block WHERE tenant_id = $1 AND ended_at IS NULL AND until_at IS NOT NULL
        UNION ALL
        SELECT MIN(due_at) AS at FROM step WHERE tenant_id = $1 AND state = 'retry'
        UNION ALL
        SELECT MIN(due_at) + $2 AS at FROM step WHERE tenant_id = $1 AND state = 'queued'
        UNION ALL
        SELECT MIN(CASE WHEN owner IN (SELECT id FROM process WHERE ended_at IS NOT NULL) THEN 0 ELSE lease_until END) AS at
            FROM step WHERE tenant_id = $1 AND state = 'started'
     ) AS t",
);

pub(super) const STATEMENTS: &[&Statement] = &[&NEXT];

impl Store {
    /// When the tenant next needs its planner; a bell counts as unheard `patience_ms` after it was rung.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_timer(&self, tenant: TenantId, patience_ms: i64) -> Result<Timer, StoreError> {
        let rows = self.rows(&NEXT, &[Value::Int(tenant.0), Value::Int(patience_ms)]).await?;
        rows.first().map_or(Ok(Timer::default()), |row| {
            Ok(Timer {
                at: row.opt_int("at")?.map(Timestamp),
                queued: row.int("queued")? != 0,
                places: row.opt_int("places")?.unwrap_or(0),
                place_queue: row.opt_int("place_queue")?.unwrap_or(0),
                off: row.int("off")? != 0,
            })
        })
    }
}
