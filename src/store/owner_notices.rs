//! Mails to the creditor about invoices that reached the end of their ladder: what each tells of, and how it ended.
//!
//! The newest row says whether one is under way; of a tenant there is never more than one.

use super::cases::date;
use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::notices::opt_hash;
use super::statement::Statement;
use super::tenant::TenantTx;
use crate::domain::chain::Hash;
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use chrono::NaiveDate;

static NEWEST: Statement = Statement::new(
    "owner notice newest",
    "SELECT id, on_date, after_seq, upto_seq, invoices, recipient, state, attempt, due_at, mail_hash, reply, started_at, lease_until, ended_at, owner
     FROM owner_notice WHERE tenant_id = $1 AND id > 0 ORDER BY id DESC LIMIT 1",
);
/// What a mail that failed was to tell, the next one tells.
static TOLD: Statement = Statement::new(
    "owner notice told",
    "SELECT upto_seq FROM owner_notice WHERE tenant_id = $1 AND id > 0 AND state <> 'failed' ORDER BY id DESC LIMIT 1",
);
/// Whose last stage was sent, and who stands there still.
static REACHED: Statement = Statement::new(
    "owner notice reached",
    "SELECT t.seq, t.recorded_at, t.stage, v.id, v.number, v.currency, c.name,
        v.amount_minor - COALESCE((SELECT CAST(SUM(p.amount_minor) AS BIGINT) FROM payment p
            WHERE p.tenant_id = v.tenant_id AND p.invoice_id = v.id), 0) AS open_minor
     FROM transition t JOIN instance i ON i.tenant_id = t.tenant_id AND i.id = t.instance_id
     JOIN invoice v ON v.tenant_id = t.tenant_id AND v.id = t.instance_id
     JOIN customer c ON c.tenant_id = v.tenant_id AND c.id = v.customer_id
     WHERE t.tenant_id = $1 AND t.seq > $2 AND t.to_state = 'exhausted' AND t.from_state <> 'exhausted' AND t.cause = 'delivered'
        AND i.state = 'exhausted' ORDER BY t.seq LIMIT $3",
);
static INSERT: Statement = Statement::new(
    "owner notice insert",
    "INSERT INTO owner_notice (tenant_id, id, on_date, after_seq, upto_seq, invoices, recipient, state, attempt, due_at, mail_hash, reply,
        started_at, lease_until, ended_at, owner)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
);
/// Whoever comes second finds another attempt.
static AGAIN: Statement = Statement::new(
    "owner notice again",
    "UPDATE owner_notice SET state = 'started', attempt = attempt + 1, started_at = $4, lease_until = $5, owner = $6
     WHERE tenant_id = $1 AND id = $2 AND attempt = $3 AND state = 'retry'",
);
/// Also of one that was given up: its sender lived after all.
static ENDED: Statement = Statement::new(
    "owner notice ended",
    "UPDATE owner_notice SET state = $4, due_at = $5, reply = $6, ended_at = $7
     WHERE tenant_id = $1 AND id = $2 AND attempt = $3 AND state IN ('started', 'unknown')",
);
static IS_ENDED_PROCESS: Statement =
    Statement::new("owner notice orphaned", "SELECT p.id FROM process p WHERE p.id = $1 AND p.ended_at IS NOT NULL");

pub(super) const STATEMENTS: &[&Statement] = &[&NEWEST, &TOLD, &REACHED, &INSERT, &AGAIN, &ENDED, &IS_ENDED_PROCESS];

/// A mail to the creditor as it is kept, or the place from which on is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerNotice {
    pub id: i64,
    /// The tenant's civil date.
    pub on: NaiveDate,
    pub after_seq: i64,
    pub upto_seq: i64,
    /// How many it names.
    pub invoices: i64,
    pub recipient: String,
    /// `begins`, `started`, `retry`, `sent`, `failed`, `unknown`.
    pub state: String,
    pub attempt: i64,
    pub due_at: Timestamp,
    pub mail_hash: Option<Hash>,
    pub reply: Option<String>,
    pub started_at: Timestamp,
    pub lease_until: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub owner: String,
}

/// An invoice whose last stage was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The place in the chain.
    pub seq: i64,
    pub at: Timestamp,
    /// The key of the last stage.
    pub stage: String,
    pub invoice: InvoiceId,
    pub number: String,
    pub customer: String,
    pub open_minor: i64,
    pub currency: Currency,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub struct OwnerNoticeEnd<'a> {
    pub id: i64,
    pub attempt: i64,
    pub state: &'a str,
    pub due_at: Timestamp,
    pub reply: &'a str,
    pub at: Timestamp,
}

fn notice(row: &Row) -> Result<OwnerNotice, StoreError> {
    Ok(OwnerNotice {
        id: row.int("id")?,
        on: date(&row.text("on_date")?, "owner_notice", "on_date")?,
        after_seq: row.int("after_seq")?,
        upto_seq: row.int("upto_seq")?,
        invoices: row.int("invoices")?,
        recipient: row.text("recipient")?,
        state: row.text("state")?,
        attempt: row.int("attempt")?,
        due_at: Timestamp(row.int("due_at")?),
        mail_hash: opt_hash(row.opt_blob("mail_hash")?, "mail_hash")?,
        reply: row.opt_text("reply")?,
        started_at: Timestamp(row.int("started_at")?),
        lease_until: Timestamp(row.int("lease_until")?),
        ended_at: row.opt_int("ended_at")?.map(Timestamp),
        owner: row.text("owner")?,
    })
}

fn reached(row: &Row) -> Result<Reached, StoreError> {
    let currency = Currency::parse(&row.text("currency")?);
    let corrupt = |why: String| StoreError::Corrupt { table: "invoice", column: "currency", why };
    Ok(Reached {
        seq: row.int("seq")?,
        at: Timestamp(row.int("recorded_at")?),
        stage: row.text("stage")?,
        invoice: InvoiceId(row.int("id")?),
        number: row.text("number")?,
        customer: row.text("name")?,
        open_minor: row.int("open_minor")?,
        currency: currency.map_err(|why| corrupt(why.to_string()))?,
    })
}

impl Store {
    /// The newest of a tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_owner_notice(&self, tenant: TenantId) -> Result<Option<OwnerNotice>, StoreError> {
        self.rows(&NEWEST, &[Value::Int(tenant.0)]).await?.first().map(notice).transpose()
    }

    /// The place of the chain up to which the creditor was told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn owner_told_up_to(&self, tenant: TenantId) -> Result<Option<i64>, StoreError> {
        self.rows(&TOLD, &[Value::Int(tenant.0)]).await?.first().map(|row| row.int("upto_seq")).transpose()
    }

    /// At most `limit` invoices whose last stage was sent behind this place of the chain, in the order in which it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reached_last_stage(&self, tenant: TenantId, after: i64, limit: i64) -> Result<Vec<Reached>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Int(after), Value::Int(limit)];
        self.rows(&REACHED, &values).await?.iter().map(reached).collect()
    }

    /// Whether the process of this name is proved dead.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_process_ended(&self, owner: &str) -> Result<bool, StoreError> {
        Ok(!self.rows(&IS_ENDED_PROCESS, &[Value::Text(owner)]).await?.is_empty())
    }
}

impl TenantTx {
    /// The newest, read where nobody else can change it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_owner_notice(&mut self) -> Result<Option<OwnerNotice>, StoreError> {
        self.tx.rows(&NEWEST, &[Value::Int(self.tenant.0)]).await?.first().map(notice).transpose()
    }

    /// As [`Store::reached_last_stage`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reached_last_stage(&mut self, after: i64, limit: i64) -> Result<Vec<Reached>, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Int(after), Value::Int(limit)];
        self.tx.rows(&REACHED, &values).await?.iter().map(reached).collect()
    }

    /// Keeps a new one under an id of its own, which is given back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_owner_notice(&mut self, new: &OwnerNotice) -> Result<i64, StoreError> {
        let (id, on) = (self.take_ids(1), new.on.to_string());
        let values = [
            Value::Int(self.tenant.0),
            Value::Int(id),
            Value::Text(&on),
            Value::Int(new.after_seq),
            Value::Int(new.upto_seq),
            Value::Int(new.invoices),
            Value::Text(&new.recipient),
            Value::Text(&new.state),
            Value::Int(new.attempt),
            Value::Int(new.due_at.0),
            Value::OptBlob(new.mail_hash.as_ref().map(<[u8; 32]>::as_slice)),
            Value::OptText(new.reply.as_deref()),
            Value::Int(new.started_at.0),
            Value::Int(new.lease_until.0),
            Value::OptInt(new.ended_at.map(|at| at.0)),
            Value::Text(&new.owner),
        ];
        self.tx.run(&INSERT, &values).await?;
        Ok(id)
    }

    /// Begins the next attempt of one that waits; `false`: somebody else did.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn try_owner_notice_again(
        &mut self,
        waiting: &OwnerNotice,
        now: Timestamp,
        lease_until: Timestamp,
        owner: &str,
    ) -> Result<bool, StoreError> {
        let values = [
            Value::Int(self.tenant.0),
            Value::Int(waiting.id),
            Value::Int(waiting.attempt),
            Value::Int(now.0),
            Value::Int(lease_until.0),
            Value::Text(owner),
        ];
        Ok(self.tx.run(&AGAIN, &values).await? == 1)
    }

    /// Keeps how an attempt ended; `false`: it had ended otherwise.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_owner_notice(&mut self, end: &OwnerNoticeEnd<'_>) -> Result<bool, StoreError> {
        let values = [
            Value::Int(self.tenant.0),
            Value::Int(end.id),
            Value::Int(end.attempt),
            Value::Text(end.state),
            Value::Int(end.due_at.0),
            Value::Text(end.reply),
            Value::Int(end.at.0),
        ];
        Ok(self.tx.run(&ENDED, &values).await? == 1)
    }
}
