//! Blocks: why a customer or an invoice rests.

use super::cases::opt_date;
use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::retime::tzdb;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::ids::{BlockId, CustomerId, InvoiceId, TenantId};
use crate::domain::time::Timestamp;
use chrono::NaiveDate;

static INSERT: Statement = Statement::new(
    "block insert",
    "INSERT INTO block (tenant_id, id, customer_id, invoice_id, amount_minor, kind, reason, owner, starts_at, until_date, until_at, tzdb)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
);
/// Blocks of invoices that are for good, many at once.
static INSERT_MANY: Statement = Statement::new(
    "block insert many",
    "INSERT INTO block (tenant_id, id, customer_id, invoice_id, kind, reason, owner, starts_at)
     SELECT $2, {i0}, {i1}, {i2}, {t3}, {t4}, {t5}, CAST($3 AS BIGINT) FROM {rows}",
);
static OPEN: Statement = Statement::new(
    "block open",
    "SELECT id, customer_id, invoice_id, amount_minor, kind, reason, owner, until_date FROM block
     WHERE tenant_id = $1 AND customer_id = $2 AND ended_at IS NULL ORDER BY id",
);
static CUSTOMER: Statement =
    Statement::new("block customer", "SELECT customer_id FROM block WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL");
static END: Statement = Statement::new(
    "block end",
    "UPDATE block SET ended_at = $3, ended_by = $4, end_reason = $5 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL",
);
static RUN_OUT: Statement = Statement::new(
    "block run out",
    "UPDATE block SET ended_at = until_at, ended_by = 'system', end_reason = 'its date has come'
     WHERE tenant_id = $1 AND ended_at IS NULL AND until_at <= $2 RETURNING customer_id",
);

pub(super) const STATEMENTS: &[&Statement] = &[&INSERT, &INSERT_MANY, &OPEN, &CUSTOMER, &END, &RUN_OUT];

/// A block to be set.
#[derive(Clone, Debug)]
pub struct NewBlock {
    pub customer: CustomerId,
    /// The whole customer if none.
    pub invoice: Option<InvoiceId>,
    /// The whole invoice if none.
    pub amount_minor: Option<i64>,
    /// `pause`, `dispute`, `promise` or `instalment_plan`.
    pub kind: &'static str,
    pub reason: String,
    pub owner: String,
    /// The first day on which it no longer holds, with that day's first instant.
    pub until: Option<(NaiveDate, Timestamp)>,
}

/// A block that holds.
#[derive(Clone, Debug)]
pub struct OpenBlock {
    pub id: BlockId,
    pub invoice: Option<InvoiceId>,
    pub amount_minor: Option<i64>,
    pub kind: String,
    pub reason: String,
    pub owner: String,
    pub until: Option<NaiveDate>,
}

impl Store {
    /// As [`TenantTx::open_blocks`], outside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_blocks(&self, tenant: TenantId, customer: CustomerId) -> Result<Vec<OpenBlock>, StoreError> {
        open_blocks(&mut &*self, tenant, customer).await
    }
}

async fn open_blocks(reader: &mut impl Reads, tenant: TenantId, customer: CustomerId) -> Result<Vec<OpenBlock>, StoreError> {
    let block = |row: &Row| {
        Ok(OpenBlock {
            id: BlockId(row.int("id")?),
            invoice: row.opt_int("invoice_id")?.map(InvoiceId),
            amount_minor: row.opt_int("amount_minor")?,
            kind: row.text("kind")?,
            reason: row.text("reason")?,
            owner: row.text("owner")?,
            until: opt_date(row.opt_text("until_date")?, "block", "until_date")?,
        })
    };
    reader.read(&OPEN, &[Value::Int(tenant.0), Value::Int(customer.0)]).await?.iter().map(block).collect()
}

impl TenantTx {
    /// The blocks that hold for a customer and its invoices.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_blocks(&mut self, customer: CustomerId) -> Result<Vec<OpenBlock>, StoreError> {
        open_blocks(&mut self.tx, self.tenant, customer).await
    }

    /// Whose block this is, while it holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customer_of_block(&mut self, block: BlockId) -> Result<Option<CustomerId>, StoreError> {
        let rows = self.tx.rows(&CUSTOMER, &[Value::Int(self.tenant.0), Value::Int(block.0)]).await?;
        rows.first().map(|row| row.int("customer_id").map(CustomerId)).transpose()
    }

    /// Sets a block.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_block(&mut self, block: &NewBlock, now: Timestamp) -> Result<BlockId, StoreError> {
        let id = self.take_ids(1);
        let until = block.until.map(|(date, _)| date.to_string());
        let values = [
            Value::Int(self.tenant.0),
            Value::Int(id),
            Value::Int(block.customer.0),
            Value::OptInt(block.invoice.map(|invoice| invoice.0)),
            Value::OptInt(block.amount_minor),
            Value::Text(block.kind),
            Value::Text(&block.reason),
            Value::Text(&block.owner),
            Value::Int(now.0),
            Value::OptText(until.as_deref()),
            Value::OptInt(block.until.map(|(_, at)| at.0)),
            Value::Text(tzdb()),
        ];
        self.tx.run(&INSERT, &values).await?;
        Ok(BlockId(id))
    }

    /// Sets blocks on whole invoices that hold until a person ends them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_blocks(&mut self, blocks: &[NewBlock], now: Timestamp) -> Result<(), StoreError> {
        if blocks.is_empty() {
            return Ok(());
        }
        let first = self.take_ids(blocks.len());
        let row = |(id, block): (i64, &NewBlock)| {
            let invoice = block.invoice.map(|invoice| invoice.0);
            (id, block.customer.0, invoice, block.kind, block.reason.clone(), block.owner.clone())
        };
        let rows = rows_json(&(first..).zip(blocks).map(row).collect::<Vec<_>>());
        self.tx.run(&INSERT_MANY, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Int(now.0)]).await.map(drop)
    }

    /// Ends a block.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_block(&mut self, block: BlockId, by: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Int(block.0), Value::Int(now.0), Value::Text(by), Value::Text(reason)];
        self.tx.run(&END, &values).await.map(drop)
    }

    /// Ends the blocks whose date has come; their customers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run_out_blocks(&mut self, now: Timestamp) -> Result<Vec<CustomerId>, StoreError> {
        let rows = self.tx.rows(&RUN_OUT, &[Value::Int(self.tenant.0), Value::Int(now.0)]).await?;
        let mut customers = rows.iter().map(|row| row.int("customer_id").map(CustomerId)).collect::<Result<Vec<_>, _>>()?;
        customers.sort_unstable();
        customers.dedup();
        Ok(customers)
    }
}
