//! Fences: a tenant whose ledger is older than what was done under it may issue and send nothing until a person lifts it.
//!
//! Who holds the tenant's head knows whether it is fenced: [`TenantTx`] reads it with the head, and compares the head with
//! the mark of this process ([`super::mark`]). Facts may be written all the same.

use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::mark::Mark;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::chain::{digest, hex};
use crate::domain::ids::{CustomerId, InvoiceId, NoticeId, TenantId};
use crate::domain::time::Timestamp;
use chrono::NaiveDate;

static RAISE: Statement = Statement::new(
    "fence raise",
    "INSERT INTO fence (tenant_id, id, raised_at, cause, ledger_seq, ledger_at, mark_seq, mark_at)
     SELECT $1, $2, $3, $4, $5, (SELECT t.recorded_at FROM transition t WHERE t.tenant_id = $1 AND t.seq = $5), $6, $7",
);
static HOLD: Statement = Statement::new("fence hold", "UPDATE tenant SET fence = $2 WHERE id = $1");
static LIFT: Statement = Statement::new(
    "fence lift",
    "UPDATE fence SET lifted_at = $3, lifted_by = $4, reason = $5, detail = $6 WHERE tenant_id = $1 AND id = $2 AND lifted_at IS NULL",
);
static RELEASE: Statement = Statement::new(
    "fence release",
    "UPDATE tenant SET fence = NULL, lineage = $2, uncertain_until = COALESCE($3, uncertain_until) WHERE id = $1",
);
static CERTAIN: Statement = Statement::new("fence certain", "UPDATE tenant SET uncertain_until = NULL WHERE id = $1");
static KNOWN: Statement = Statement::new("fence known", "SELECT id FROM fence WHERE tenant_id = $1 AND id = $2 AND lifted_at IS NOT NULL");
static HASH_AT: Statement = Statement::new("chain hash at", "SELECT hash FROM transition WHERE tenant_id = $1 AND seq = $2");
static LIST: Statement = Statement::new(
    "fence list",
    "SELECT f.id, f.raised_at, f.cause, f.ledger_seq, f.ledger_at, f.mark_seq, f.mark_at, f.lifted_at, f.lifted_by, f.reason, f.detail
     FROM fence f WHERE f.tenant_id = $1 ORDER BY f.raised_at, f.id",
);
static GUARD: Statement = Statement::new("fence guard", "SELECT fence, uncertain_until FROM tenant WHERE id = $1");
/// Notices that are under way or whose end nobody knows: what may have left after the backup.
static UNDER_WAY: Statement = Statement::new(
    "fence notices under way",
    "SELECT DISTINCT s.notice_id FROM step s WHERE s.tenant_id = $1 AND s.state IN ('queued', 'claimed', 'started', 'retry') ORDER BY s.notice_id",
);
static STATES: Statement = Statement::new(
    "fence notice states",
    "SELECT n.id, n.state FROM {rows} JOIN notice n ON n.tenant_id = $2 AND n.id = {t0} WHERE n.tenant_id = $2 ORDER BY n.id",
);
/// Whose instances may have been dunned after the backup: due until a date, under way, resting, or changed since an entry.
static CUSTOMERS: Statement = Statement::new(
    "fence customers",
    "SELECT DISTINCT v.customer_id FROM instance i JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
     WHERE i.tenant_id = $1 AND (i.state IN ('queued_by_quota', 'proposed', 'issued', 'failed', 'blocked') OR (i.state = 'waiting' AND i.stage_date <= $2)
        OR EXISTS (SELECT 1 FROM transition t WHERE t.tenant_id = i.tenant_id AND t.instance_id = i.id AND t.instance_seq = i.seq AND t.seq > $3))
     ORDER BY v.customer_id",
);
static CLOSE_STEPS: Statement = Statement::new(
    "fence close steps",
    "UPDATE step SET state = {t1}, owner = NULL, lease_until = NULL, ended_at = $3, epoch = epoch + 1, error = {t2} FROM {rows}
     WHERE step.tenant_id = $2 AND step.notice_id = {t0} AND step.state IN ('ready', 'queued', 'claimed', 'started', 'retry', 'unknown')",
);
/// The planner takes them up again: in the window, in their sender's next slot.
static FREE_STEPS: Statement = Statement::new(
    "fence free steps",
    "UPDATE step SET state = 'retry', due_at = $3, owner = NULL, lease_until = NULL, epoch = epoch + 1, attempt = attempt + 1 FROM {rows}
     WHERE step.tenant_id = $2 AND step.notice_id = {t0} AND step.state IN ('queued', 'claimed', 'started', 'retry')",
);
/// Stages of which a person has said already that they were not sent: the unknown notice was recalled.
static ANSWERED: Statement = Statement::new(
    "fence answered",
    "SELECT DISTINCT l.instance_id, l.stage FROM {rows}
     JOIN notice_line l ON l.tenant_id = $2 AND l.instance_id = {i0} AND l.stage = {i1} AND l.recalled = 1
     JOIN step s ON s.tenant_id = l.tenant_id AND s.notice_id = l.notice_id AND s.state = 'unknown'
     WHERE l.tenant_id = $2 ORDER BY l.instance_id, l.stage",
);
static DUE: Statement = Statement::new(
    "fence due",
    "SELECT v.number, c.number AS customer, c.name, i.state, i.stage, i.stage_date, i.workflow_id, i.notice_id FROM instance i
     JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
     JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id
     WHERE i.tenant_id = $1 AND ((i.state = 'waiting' AND i.stage_date <= $2) OR i.state IN ('queued_by_quota', 'issued', 'proposed', 'blocked', 'failed'))
     ORDER BY i.state, i.stage_date, v.number LIMIT $3",
);
static LETTERS_DUE: Statement = Statement::new(
    "fence notices by paper",
    "SELECT COUNT(*) AS n FROM {rows} JOIN notice n ON n.tenant_id = $2 AND n.id = {t0} WHERE n.tenant_id = $2 AND n.channel <> 'email'",
);

pub(super) const STATEMENTS: &[&Statement] = &[
    &RAISE,
    &HOLD,
    &LIFT,
    &RELEASE,
    &CERTAIN,
    &KNOWN,
    &HASH_AT,
    &LIST,
    &GUARD,
    &UNDER_WAY,
    &STATES,
    &CUSTOMERS,
    &CLOSE_STEPS,
    &FREE_STEPS,
    &ANSWERED,
    &DUE,
    &LETTERS_DUE,
];

/// Why a fence was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FenceCause {
    /// By the command `restore`.
    Restored,
    /// The chain ends before its mark.
    Behind,
    /// The chain is another one than the mark's.
    Forked,
}

impl FenceCause {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Behind => "behind",
            Self::Forked => "forked",
        }
    }
}

/// A fence as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    pub id: String,
    pub raised_at: Timestamp,
    pub cause: String,
    pub ledger_seq: i64,
    /// When the ledger's last entry was written.
    pub ledger_at: Option<Timestamp>,
    pub mark_seq: Option<i64>,
    /// When the last entry that the mark knew was written.
    pub mark_at: Option<Timestamp>,
    pub lifted_at: Option<Timestamp>,
    pub lifted_by: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<String>,
}

/// An instance that may have been dunned after the backup.
#[derive(Clone, Debug)]
pub struct Doubtful {
    pub number: String,
    pub customer: String,
    pub customer_name: String,
    pub state: String,
    pub stage: Option<i64>,
    pub stage_date: Option<String>,
    pub workflow: i64,
    pub notice: Option<String>,
}

fn fence(row: &Row) -> Result<Fence, StoreError> {
    Ok(Fence {
        id: row.text("id")?,
        raised_at: Timestamp(row.int("raised_at")?),
        cause: row.text("cause")?,
        ledger_seq: row.int("ledger_seq")?,
        ledger_at: row.opt_int("ledger_at")?.map(Timestamp),
        mark_seq: row.opt_int("mark_seq")?,
        mark_at: row.opt_int("mark_at")?.map(Timestamp),
        lifted_at: row.opt_int("lifted_at")?.map(Timestamp),
        lifted_by: row.opt_text("lifted_by")?,
        reason: row.opt_text("reason")?,
        detail: row.opt_text("detail")?,
    })
}

fn notice_rows<'a>(ids: impl IntoIterator<Item = &'a NoticeId>) -> String {
    rows_json(&ids.into_iter().map(|id| (&id.0,)).collect::<Vec<_>>())
}

impl Store {
    /// A tenant's fences, the oldest first; the one that holds has no `lifted_at`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn fences(&self, tenant: TenantId) -> Result<Vec<Fence>, StoreError> {
        self.rows(&LIST, &[Value::Int(tenant.0)]).await?.iter().map(fence).collect()
    }

    /// Whether the tenant is fenced, and until when nobody knows what was sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn guard(&self, tenant: TenantId) -> Result<(bool, Option<Timestamp>), StoreError> {
        let rows = self.rows(&GUARD, &[Value::Int(tenant.0)]).await?;
        let guard = |row: &Row| Ok((row.opt_text("fence")?.is_some(), row.opt_int("uncertain_until")?.map(Timestamp)));
        rows.first().map_or(Ok((false, None)), guard)
    }

    /// What may have been dunned until `date` though the ledger does not know it, and what is under way, resting or failed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn doubtful(&self, tenant: TenantId, date: NaiveDate, limit: i64) -> Result<Vec<Doubtful>, StoreError> {
        let date = date.to_string();
        let rows = self.rows(&DUE, &[Value::Int(tenant.0), Value::Text(&date), Value::Int(limit)]).await?;
        let doubtful = |row: &Row| {
            Ok(Doubtful {
                number: row.text("number")?,
                customer: row.text("customer")?,
                customer_name: row.text("name")?,
                state: row.text("state")?,
                stage: row.opt_int("stage")?,
                stage_date: row.opt_text("stage_date")?,
                workflow: row.int("workflow_id")?,
                notice: row.opt_text("notice_id")?,
            })
        };
        rows.iter().map(doubtful).collect()
    }
}

impl TenantTx {
    /// Whether nothing may be issued or sent.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.fence.is_some()
    }

    /// The fence that holds.
    #[must_use]
    pub fn fence(&self) -> Option<&str> {
        self.fence.as_deref()
    }

    /// Up to when nobody knows what was sent.
    #[must_use]
    pub fn uncertain_until(&self) -> Option<Timestamp> {
        self.uncertain_until
    }

    /// Raises a fence where this process has seen the chain further than it is now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn compare_with_mark(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let Some(mark) = self.marks.of(self.tenant).filter(|_| self.fence.is_none()) else { return Ok(()) };
        let (seq, hash) = self.head();
        let cause = if mark.lineage != self.lineage {
            if self.knows_lineage(&mark.lineage).await? {
                self.marks.forget(self.tenant);
                return Ok(());
            }
            FenceCause::Behind
        } else if seq < mark.seq {
            FenceCause::Behind
        } else if seq == mark.seq && hash != mark.hash {
            FenceCause::Forked
        } else {
            return Ok(());
        };
        self.raise_fence(cause, Some(&mark), now).await
    }

    /// As [`Self::compare_with_mark`], and the entry that the mark names must be in the chain.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm_mark(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.compare_with_mark(now).await?;
        let Some(mark) = self.marks.of(self.tenant).filter(|mark| self.fence.is_none() && mark.seq > 0) else { return Ok(()) };
        let rows = self.tx.rows(&HASH_AT, &[Value::Int(self.tenant.0), Value::Int(mark.seq)]).await?;
        let same = rows.first().map(|row| row.blob("hash")).transpose()?.is_some_and(|hash| hash == mark.hash);
        if same { Ok(()) } else { self.raise_fence(FenceCause::Forked, Some(&mark), now).await }
    }

    /// Every lineage but the first has a fence that was lifted; the first is older than all of them.
    async fn knows_lineage(&mut self, lineage: &str) -> Result<bool, StoreError> {
        if lineage.is_empty() {
            return Ok(true);
        }
        Ok(!self.tx.rows(&KNOWN, &[Value::Int(self.tenant.0), Value::Text(lineage)]).await?.is_empty())
    }

    /// Raises a fence.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn raise_fence(&mut self, cause: FenceCause, mark: Option<&Mark>, now: Timestamp) -> Result<(), StoreError> {
        let (seq, hash) = self.head();
        let known = format!("mahnwerk.fence.1 {} {seq} {} {}", self.tenant.0, hex(&hash), now.0);
        let id = hex(digest(known.as_bytes()).first_chunk::<8>().unwrap_or(&[0; 8]));
        let values = [
            Value::Int(self.tenant.0),
            Value::Text(&id),
            Value::Int(now.0),
            Value::Text(cause.word()),
            Value::Int(seq),
            Value::OptInt(mark.map(|mark| mark.seq)),
            Value::OptInt(mark.map(|mark| mark.at.0)),
        ];
        self.tx.run(&RAISE, &values).await?;
        self.tx.run(&HOLD, &[Value::Int(self.tenant.0), Value::Text(&id)]).await?;
        self.fence = Some(id);
        Ok(())
    }

    /// Lifts the fence; with `uncertain_until` what was to leave until then becomes `unknown`.
    ///
    /// # Errors
    /// When the database fails or none holds.
    pub async fn lift_fence(
        &mut self,
        now: Timestamp,
        (actor, reason): (&str, &str),
        detail: &str,
        uncertain_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let Some(id) = self.fence.take() else { return Err(StoreError::Conflict { what: "fence lift", expected: 1, found: 0 }) };
        let tenant = Value::Int(self.tenant.0);
        let values = [tenant, Value::Text(&id), Value::Int(now.0), Value::Text(actor), Value::Text(reason), Value::Text(detail)];
        let found = self.tx.run(&LIFT, &values).await?;
        if found != 1 {
            return Err(StoreError::Conflict { what: "fence lift", expected: 1, found });
        }
        self.tx.run(&RELEASE, &[tenant, Value::Text(&id), Value::OptInt(uncertain_until.map(|at| at.0))]).await?;
        self.lineage = id;
        Ok(())
    }

    /// All that was uncertain was looked at: new invoices are dunned as usual, however old they are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_uncertainty(&mut self) -> Result<(), StoreError> {
        self.tx.run(&CERTAIN, &[Value::Int(self.tenant.0)]).await?;
        self.uncertain_until = None;
        Ok(())
    }

    /// Notices with steps under way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notices_under_way(&mut self) -> Result<Vec<NoticeId>, StoreError> {
        let rows = self.tx.rows(&UNDER_WAY, &[Value::Int(self.tenant.0)]).await?;
        rows.iter().map(|row| row.text("notice_id").map(NoticeId)).collect()
    }

    /// Those of these notices that the ledger has, with their states.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notice_states<'a>(&mut self, ids: impl IntoIterator<Item = &'a NoticeId>) -> Result<Vec<(NoticeId, String)>, StoreError> {
        let rows = self.tx.rows(&STATES, &[Value::Text(&notice_rows(ids)), Value::Int(self.tenant.0)]).await?;
        rows.iter().map(|row| Ok((NoticeId(row.text("id")?), row.text("state")?))).collect()
    }

    /// How many of these notices go as letters.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn letters_among(&mut self, ids: &[NoticeId]) -> Result<i64, StoreError> {
        let rows = self.tx.rows(&LETTERS_DUE, &[Value::Text(&notice_rows(ids)), Value::Int(self.tenant.0)]).await?;
        rows.first().map_or(Ok(0), |row| row.int("n"))
    }

    /// Customers whose instances may have been dunned after entry `after` of the chain, until `date`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn doubtful_customers(&mut self, date: NaiveDate, after: i64) -> Result<Vec<CustomerId>, StoreError> {
        let date = date.to_string();
        let rows = self.tx.rows(&CUSTOMERS, &[Value::Int(self.tenant.0), Value::Text(&date), Value::Int(after)]).await?;
        rows.iter().map(|row| row.int("customer_id").map(CustomerId)).collect()
    }

    /// Ends what is left of these notices' steps, (notice, step state, what is written there).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_steps(&mut self, notices: &[(&NoticeId, &str, Option<&str>)], now: Timestamp) -> Result<(), StoreError> {
        let rows = rows_json(&notices.iter().map(|(id, state, error)| (&id.0, state, error)).collect::<Vec<_>>());
        self.tx.run(&CLOSE_STEPS, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Int(now.0)]).await.map(drop)
    }

    /// Lets these notices' steps that are under way go again, as retries that are due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn free_steps(&mut self, notices: &[NoticeId], now: Timestamp) -> Result<u64, StoreError> {
        self.tx.run(&FREE_STEPS, &[Value::Text(&notice_rows(notices)), Value::Int(self.tenant.0), Value::Int(now.0)]).await
    }

    /// Those of these stages of which a person has said that they were not sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answered(&mut self, stages: &[(InvoiceId, usize)]) -> Result<Vec<(InvoiceId, i64)>, StoreError> {
        let rows = rows_json(&stages.iter().map(|(id, stage)| (id.0, stage)).collect::<Vec<_>>());
        let rows = self.tx.rows(&ANSWERED, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await?;
        rows.iter().map(|row| Ok((InvoiceId(row.int("instance_id")?), row.int("stage")?))).collect()
    }
}
