//! What a person has said about a tenant as a whole: whether notices leave, and what becomes of its backlog. And how many of
//! its instances hold a place, counted where the head is held.
//!
//! Who holds the tenant's head knows all of it: it is read with the head. Entries of the chain that are about the tenant itself
//! bear the instance 0.

use super::cases::opt_date;
use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::TenantTx;
use crate::domain::backlog::{Backlog, Choice};
use crate::domain::ids::{InvoiceId, TenantId};
use chrono::NaiveDate;

static READ: Statement = Statement::new(
    "gate read",
    "SELECT fence, sending, backlog, backlog_from, backlog_on, backlog_preview, places, place_queue FROM tenant WHERE id = $1",
);
static SENDING: Statement = Statement::new("gate sending", "UPDATE tenant SET sending = $2 WHERE id = $1");
static BACKLOG: Statement = Statement::new(
    "gate backlog",
    "UPDATE tenant SET backlog = $2, backlog_from = $3, backlog_on = $4, backlog_preview = NULL WHERE id = $1",
);
static PREVIEW: Statement = Statement::new("gate preview", "UPDATE tenant SET backlog_preview = $2 WHERE id = $1");
/// Of those that have nothing behind them, which an owner's choice moves.
static UNBEGUN: Statement = Statement::new(
    "instances unbegun",
    "SELECT i.id FROM instance i WHERE i.tenant_id = $1 AND i.id > $2 AND i.passed IS NULL AND i.dispatched_on IS NULL
        AND i.state IN ('waiting', 'queued_by_quota', 'blocked') ORDER BY i.id LIMIT $3",
);
static ANY_NOTICE: Statement =
    Statement::new("notice first", "SELECT n.id FROM notice n WHERE n.tenant_id = $1 AND n.id > '' ORDER BY n.id LIMIT 1");
/// Who waits for a place, in the order in which they get one.
static PLACE_QUEUE: Statement = Statement::new(
    "place queue",
    "SELECT i.id FROM instance i JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
     WHERE i.tenant_id = $1 AND i.state = 'queued_by_quota' ORDER BY v.due_date, v.number, v.id LIMIT $2",
);

pub(super) const STATEMENTS: &[&Statement] = &[&READ, &SENDING, &BACKLOG, &PREVIEW, &UNBEGUN, &ANY_NOTICE, &PLACE_QUEUE];

/// What stands between a tenant's due instances and their notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    pub fenced: bool,
    /// A person has switched sending off.
    pub off: bool,
    pub backlog: Option<Backlog>,
    /// The choice whose preview was shown last.
    pub previewed: Option<String>,
    /// How many instances hold a place.
    pub places: i64,
    /// How many wait for one.
    pub place_queue: i64,
}

impl Gate {
    /// Whether a person holds everything back.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.off || self.backlog == Some(Backlog::Asked)
    }
}

pub(super) fn gate(row: &Row) -> Result<Gate, StoreError> {
    Ok(Gate {
        fenced: row.opt_text("fence")?.is_some(),
        off: row.text("sending")? == "off",
        backlog: backlog(row)?,
        previewed: row.opt_text("backlog_preview")?,
        places: row.int("places")?,
        place_queue: row.int("place_queue")?,
    })
}

fn backlog(row: &Row) -> Result<Option<Backlog>, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: "tenant", column, why: "missing in this state".to_owned() };
    let date = |column| opt_date(row.opt_text(column)?, "tenant", column)?.ok_or_else(|| corrupt(column));
    let chosen = |choice| Ok(Some(Backlog::Chosen { choice, on: date("backlog_on")? }));
    match row.opt_text("backlog")?.as_deref() {
        None => Ok(None),
        Some("asked") => Ok(Some(Backlog::Asked)),
        Some("all") => chosen(Choice::All),
        Some("by_age") => chosen(Choice::ByAge),
        Some("from") => chosen(Choice::From(date("backlog_from")?)),
        Some(other) => Err(StoreError::Corrupt { table: "tenant", column: "backlog", why: format!("`{other}` is no choice") }),
    }
}

impl Store {
    /// What stands between the tenant's due instances and their notices.
    ///
    /// # Errors
    /// When the database fails or there is no such tenant.
    pub async fn gate(&self, tenant: TenantId) -> Result<Gate, StoreError> {
        let rows = self.rows(&READ, &[Value::Int(tenant.0)]).await?;
        gate(rows.first().ok_or(StoreError::Conflict { what: "gate read", expected: 1, found: 0 })?)
    }

    /// Who waits for a place, in the order in which they get one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn place_queue(&self, tenant: TenantId, limit: i64) -> Result<Vec<InvoiceId>, StoreError> {
        ids(&self.rows(&PLACE_QUEUE, &[Value::Int(tenant.0), Value::Int(limit)]).await?)
    }

    /// At most `limit` instances with ids after `after` that have nothing behind them yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unbegun(&self, tenant: TenantId, after: InvoiceId, limit: i64) -> Result<Vec<InvoiceId>, StoreError> {
        ids(&self.rows(&UNBEGUN, &[Value::Int(tenant.0), Value::Int(after.0), Value::Int(limit)]).await?)
    }
}

fn ids(rows: &[Row]) -> Result<Vec<InvoiceId>, StoreError> {
    rows.iter().map(|row| row.int("id").map(InvoiceId)).collect()
}

impl TenantTx {
    /// Whether nothing may be issued or sent: fenced, switched off, or the backlog's choice is not made.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.is_fenced() || self.gate.is_held()
    }

    /// The number of the next entry of the chain that is about the tenant itself.
    pub fn take_own_seq(&mut self) -> i64 {
        self.own_seq += 1;
        self.own_seq
    }

    /// Switches sending on or off.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_sending(&mut self, on: bool) -> Result<(), StoreError> {
        self.tx.run(&SENDING, &[Value::Int(self.tenant.0), Value::Text(if on { "on" } else { "off" })]).await?;
        self.gate.off = !on;
        Ok(())
    }

    /// Asks for the backlog's choice, or keeps it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_backlog(&mut self, backlog: Backlog) -> Result<(), StoreError> {
        let (word, from, on) = match backlog {
            Backlog::Asked => ("asked", None, None),
            Backlog::Chosen { choice, on } => (choice.word(), choice.from_date().map(written), Some(written(on))),
        };
        let values = [Value::Int(self.tenant.0), Value::Text(word), Value::OptText(from.as_deref()), Value::OptText(on.as_deref())];
        self.tx.run(&BACKLOG, &values).await?;
        self.gate.backlog = Some(backlog);
        Ok(())
    }

    /// Keeps which choice was previewed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_previewed(&mut self, choice: Choice) -> Result<(), StoreError> {
        self.tx.run(&PREVIEW, &[Value::Int(self.tenant.0), Value::Text(&choice.to_string())]).await.map(drop)
    }

    /// As [`Store::place_queue`], in the transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn place_queue(&mut self, limit: i64) -> Result<Vec<InvoiceId>, StoreError> {
        ids(&self.tx.rows(&PLACE_QUEUE, &[Value::Int(self.tenant.0), Value::Int(limit)]).await?)
    }

    /// As [`Store::unbegun`], in the transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unbegun(&mut self, after: InvoiceId, limit: i64) -> Result<Vec<InvoiceId>, StoreError> {
        ids(&self.tx.rows(&UNBEGUN, &[Value::Int(self.tenant.0), Value::Int(after.0), Value::Int(limit)]).await?)
    }

    /// Whether the tenant has ever had a notice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_notices(&mut self) -> Result<bool, StoreError> {
        Ok(!self.tx.rows(&ANY_NOTICE, &[Value::Int(self.tenant.0)]).await?.is_empty())
    }
}

fn written(date: NaiveDate) -> String {
    date.to_string()
}
