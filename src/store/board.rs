//! Steps as the board shows them: by pool and by where they stand, the newest first.

use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::{InvoiceId, StepId, TenantId};
use crate::domain::time::Timestamp;

/// A step with what the board shows of its notice and customer; what follows says which.
macro_rules! steps {
    ($which:literal) => {
        concat!(
            "SELECT s.id, s.pool, s.state, s.attempt, s.due_at, s.started_at, s.ended_at, s.owner, s.error, s.notice_id, n.stage_key, n.channel,
                n.state AS notice_state, n.recipient, n.reply, n.reason, c.number AS customer_number, c.name AS customer_name
             FROM step s JOIN notice n ON n.tenant_id = s.tenant_id AND n.id = s.notice_id
             JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id
             WHERE s.tenant_id = $1",
            $which
        )
    };
}

// One statement for each state, so that each finds its own index.
static QUEUED: Statement =
    Statement::new("board queued", steps!(" AND ($2 = '' OR s.pool = $2) AND s.state = 'queued' ORDER BY s.id DESC LIMIT $3"));
static RETRIED: Statement =
    Statement::new("board retried", steps!(" AND ($2 = '' OR s.pool = $2) AND s.state = 'retry' ORDER BY s.id DESC LIMIT $3"));
static STARTED: Statement =
    Statement::new("board started", steps!(" AND ($2 = '' OR s.pool = $2) AND s.state = 'started' ORDER BY s.id DESC LIMIT $3"));
static DONE: Statement =
    Statement::new("board done", steps!(" AND s.id > 0 AND ($2 = '' OR s.pool = $2) AND s.state = 'done' ORDER BY s.id DESC LIMIT $3"));
static WANTING: Statement = Statement::new(
    "board wanting",
    steps!(
        " AND ($2 = '' OR s.pool = $2) AND (s.state = 'gave_up' OR s.state = 'unknown' OR s.state = 'cancelled') AND s.state = $4 ORDER BY s.id DESC LIMIT $3"
    ),
);
static ONE: Statement = Statement::new("board step", steps!(" AND s.id = $2"));
static LINES: Statement = Statement::new(
    "board lines",
    "SELECT l.instance_id, v.number FROM notice_line l JOIN invoice v ON v.tenant_id = l.tenant_id AND v.id = l.instance_id
     WHERE l.tenant_id = $1 AND l.notice_id = $2 ORDER BY l.position LIMIT 100",
);

/// What was taken back wants nobody any more.
static WANTING_COUNTS: Statement = Statement::new(
    "board wanting counts",
    "SELECT s.pool, COUNT(*) AS n FROM step s JOIN notice n ON n.tenant_id = s.tenant_id AND n.id = s.notice_id
     WHERE s.tenant_id = $1 AND (s.state = 'gave_up' OR s.state = 'unknown' OR s.state = 'cancelled') AND s.state <> 'cancelled' AND n.state <> 'recalled'
     GROUP BY s.pool ORDER BY s.pool",
);
static PROCESSES: Statement =
    Statement::new("board processes", "SELECT id, started_at FROM process WHERE ended_at IS NULL ORDER BY started_at, id");

/// By pool and by how many whole days (`$3` milliseconds) after `$2` their notices were issued.
static ACTIVITY: Statement = Statement::new(
    "board activity",
    "SELECT s.pool, (n.issued_at - $2) / CAST($3 AS BIGINT) AS day, COUNT(*) AS n FROM notice n
     JOIN step s ON s.tenant_id = n.tenant_id AND s.notice_id = n.id
     WHERE n.tenant_id = $1 AND n.issued_at >= $2 GROUP BY 1, 2 ORDER BY 1, 2",
);

pub(super) const STATEMENTS: &[&Statement] =
    &[&QUEUED, &RETRIED, &STARTED, &DONE, &WANTING, &ONE, &LINES, &WANTING_COUNTS, &PROCESSES, &ACTIVITY];

/// The milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The states that the board lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Queued,
    Retried,
    Started,
    Done,
    GaveUp,
    Unknown,
    Cancelled,
}

impl Standing {
    /// As the ledger writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Retried => "retry",
            Self::Started => "started",
            Self::Done => "done",
            Self::GaveUp => "gave_up",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A step with what operations must know of its notice.
#[derive(Clone, Debug)]
pub struct BoardStep {
    pub tenant: TenantId,
    pub id: StepId,
    pub pool: String,
    pub state: String,
    pub attempt: i64,
    pub due_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub owner: Option<String>,
    pub error: Option<String>,
    pub notice: String,
    pub notice_state: String,
    pub stage: String,
    pub channel: String,
    pub recipient: Option<String>,
    pub reply: Option<String>,
    pub reason: Option<String>,
    pub customer_number: String,
    pub customer_name: String,
}

fn step(tenant: TenantId, row: &Row) -> Result<BoardStep, StoreError> {
    Ok(BoardStep {
        tenant,
        id: StepId(row.int("id")?),
        pool: row.text("pool")?,
        state: row.text("state")?,
        attempt: row.int("attempt")?,
        due_at: Timestamp(row.int("due_at")?),
        started_at: row.opt_int("started_at")?.map(Timestamp),
        ended_at: row.opt_int("ended_at")?.map(Timestamp),
        owner: row.opt_text("owner")?,
        error: row.opt_text("error")?,
        notice: row.text("notice_id")?,
        notice_state: row.text("notice_state")?,
        stage: row.text("stage_key")?,
        channel: row.text("channel")?,
        recipient: row.opt_text("recipient")?,
        reply: row.opt_text("reply")?,
        reason: row.opt_text("reason")?,
        customer_number: row.text("customer_number")?,
        customer_name: row.text("customer_name")?,
    })
}

impl Store {
    /// At most `limit` steps of a pool (empty: of all) that stand so, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn board_steps(&self, tenant: TenantId, pool: &str, standing: Standing, limit: i64) -> Result<Vec<BoardStep>, StoreError> {
        let mut values = vec![Value::Int(tenant.0), Value::Text(pool), Value::Int(limit)];
        let statement = match standing {
            Standing::Queued => &QUEUED,
            Standing::Retried => &RETRIED,
            Standing::Started => &STARTED,
            Standing::Done => &DONE,
            Standing::GaveUp | Standing::Unknown | Standing::Cancelled => {
                values.push(Value::Text(standing.word()));
                &WANTING
            }
        };
        self.rows(statement, &values).await?.iter().map(|row| step(tenant, row)).collect()
    }

    /// One step.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn board_step(&self, tenant: TenantId, id: StepId) -> Result<Option<BoardStep>, StoreError> {
        self.rows(&ONE, &[Value::Int(tenant.0), Value::Int(id.0)]).await?.first().map(|row| step(tenant, row)).transpose()
    }

    /// How many steps of each pool want a person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn board_wanting(&self, tenant: TenantId) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.rows(&WANTING_COUNTS, &[Value::Int(tenant.0)]).await?;
        rows.iter().map(|row| Ok((row.text("pool")?, row.int("n")?))).collect()
    }

    /// How many steps belong to the notices of each of the last `days` days before `now`: pool, day (0: the first), number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn board_activity(&self, tenant: TenantId, now: Timestamp, days: i64) -> Result<Vec<(String, i64, i64)>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Int(now.0 - days * DAY_MS), Value::Int(DAY_MS)];
        self.rows(&ACTIVITY, &values).await?.iter().map(|row| Ok((row.text("pool")?, row.int("day")?, row.int("n")?))).collect()
    }

    /// The processes that work on a shared ledger, and since when; an embedded one has none beside its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn board_processes(&self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let rows = self.rows(&PROCESSES, &[]).await?;
        rows.iter().map(|row| Ok((row.text("id")?, Timestamp(row.int("started_at")?)))).collect()
    }

    /// The invoices of a notice, recalled lines included: id and number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn board_lines(&self, tenant: TenantId, notice: &str) -> Result<Vec<(InvoiceId, String)>, StoreError> {
        let rows = self.rows(&LINES, &[Value::Int(tenant.0), Value::Text(notice)]).await?;
        rows.iter().map(|row| Ok((InvoiceId(row.int("instance_id")?), row.text("number")?))).collect()
    }
}
