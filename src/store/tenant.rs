//! Tenants, and the transaction that holds one tenant's head: its next row id and the end of its chain.
//!
//! Whoever decides for a tenant holds the head from the first statement to the commit, so two planners can
//! never decide the same instance at once, and the chain has no gaps.

use super::batch::{Batch, Cell};
use super::cases::save_instances;
use super::changes::Changes;
use super::db::{Row, Store, Tx, Value};
use super::durable::Committed;
use super::error::StoreError;
use super::gate::{Gate, gate};
use super::mark::{Mark, Marks};
use super::statement::{Dialect, Statement};
use crate::domain::chain::{GENESIS, Hash, Transition};
use crate::domain::ids::{TenantId, WorkflowId};
use crate::domain::instance::Instance;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

static LOCK: Statement = Statement::new(
    "tenant lock",
    "SELECT next_id, chain_seq, chain_hash, facts_seq, fence, lineage, uncertain_until, own_seq,
        sending, backlog, backlog_from, backlog_on, backlog_preview, places, place_queue FROM tenant WHERE id = $1 {lock}",
);
static ADVANCE: Statement = Statement::new(
    "tenant advance",
    "UPDATE tenant SET next_id = $2, chain_seq = $3, chain_hash = $4, facts_seq = $5, own_seq = $6, places = $7, place_queue = $8 WHERE id = $1",
);
static FACTS_SEQ: Statement = Statement::new("tenant facts", "SELECT facts_seq FROM tenant WHERE id = $1");
static FIND: Statement = Statement::new("tenant find", "SELECT id FROM tenant WHERE name = $1");
static ALL: Statement = Statement::new("tenant list", "SELECT id, name FROM tenant ORDER BY name");
static CREATE: Statement = Statement::new(
    "tenant create",
    "INSERT INTO tenant (id, name, next_id, chain_seq, chain_hash, created_at)
     SELECT COALESCE(MAX(id), 0) + 1, $1, 1, 0, $2, $3 FROM tenant WHERE true ON CONFLICT DO NOTHING",
);
static WORKFLOW_INSERT: Statement = Statement::new(
    "workflow insert",
    "INSERT INTO workflow (tenant_id, id, name, hash, source, published_at) VALUES ($1, $2, $3, $4, $5, $6)",
);
static WORKFLOW_BY_HASH: Statement = Statement::new("workflow by hash", "SELECT id FROM workflow WHERE tenant_id = $1 AND hash = $2");
static WORKFLOWS: Statement =
    Statement::new("workflow list", "SELECT id, name, hash, source, published_at FROM workflow WHERE tenant_id = $1 ORDER BY id");
static APPEND: Statement = Statement::new(
    "transition append",
    "INSERT INTO transition (tenant_id, seq, instance_id, instance_seq, recorded_at, business_at, actor, cause, from_state, to_state, stage, detail, hash)
     SELECT $2, {i0}, {i1}, {i2}, {i3}, {i4}, {t5}, {t6}, {t7}, {t8}, {t9}, {t10}, {b11} FROM {batch}",
);

pub(super) const STATEMENTS: &[&Statement] =
    &[&LOCK, &ADVANCE, &FACTS_SEQ, &FIND, &ALL, &CREATE, &WORKFLOW_INSERT, &WORKFLOW_BY_HASH, &WORKFLOWS, &APPEND];

/// A write transaction that holds one tenant's head.
#[derive(Debug)]
pub struct TenantTx {
    pub(super) tx: Tx,
    /// Given on when the transaction is over.
    _turn: Option<OwnedMutexGuard<()>>,
    pub tenant: TenantId,
    next_id: i64,
    chain_seq: i64,
    chain_hash: Hash,
    moved: bool,
    /// Grows with every transaction that may have changed what a notice says or whether it may leave. Two equal numbers mean:
    /// whoever reads again reads the same.
    pub facts_seq: i64,
    /// When the last entry that was appended here counts as written.
    appended_at: Option<Timestamp>,
    pub(super) fence: Option<String>,
    pub(super) lineage: String,
    pub(super) uncertain_until: Option<Timestamp>,
    /// Its counts of places are written back with the head.
    pub gate: Gate,
    pub(super) own_seq: i64,
    pub(super) marks: Arc<Marks>,
    changes: Changes,
}

/// The order in which this process's transactions want a tenant's head: one of them at a time asks the database for it.
///
/// A process that stands still is cut off by PostgreSQL once for each connection that holds a head or is given one: so no more than
/// one may stand in line. On SQLite there is only one connection that writes.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads(Arc<Mutex<BTreeMap<TenantId, Arc<tokio::sync::Mutex<()>>>>>);

impl Heads {
    async fn turn(&self, dialect: Dialect, tenant: TenantId) -> Option<OwnedMutexGuard<()>> {
        if dialect == Dialect::Sqlite {
            return None;
        }
        let head = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_default().clone();
        Some(head.lock_owned().await)
    }
}

/// A transition to be appended; its place and hash come from the chain.
#[derive(Clone, Debug)]
pub struct NewTransition {
    pub instance: crate::domain::ids::InvoiceId,
    pub instance_seq: i64,
    pub recorded_at: Timestamp,
    pub business_at: Timestamp,
    pub actor: String,
    pub cause: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub stage: String,
    pub detail: String,
}

/// A published workflow version as it stands in the ledger.
#[derive(Clone, Debug)]
pub struct WorkflowRow {
    pub id: WorkflowId,
    pub name: String,
    pub hash: String,
    pub source: String,
    pub published_at: Timestamp,
}

/// The rows of a batch as the one JSON text that a `{rows}` statement reads.
pub(super) fn rows_json<T: Serialize>(rows: &[T]) -> String {
    serde_json::to_string(rows).unwrap_or_else(|_| "[]".to_owned())
}

impl Store {
    /// Every tenant with its id, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tenants(&self) -> Result<Vec<(TenantId, String)>, StoreError> {
        self.rows(&ALL, &[]).await?.iter().map(|row| Ok((TenantId(row.int("id")?), row.text("name")?))).collect()
    }

    /// The tenant of this name, made if missing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tenant_named(&self, name: &str, now: Timestamp) -> Result<TenantId, StoreError> {
        if let Some(id) = self.find_tenant(name).await? {
            return Ok(id);
        }
        let mut tx = self.begin().await?;
        tx.run(&CREATE, &[Value::Text(name), Value::Blob(&GENESIS), Value::Int(now.0)]).await?;
        let id = tx.rows(&FIND, &[Value::Text(name)]).await?.first().map(|row| row.int("id")).transpose()?;
        tx.commit().await?;
        id.map(TenantId).ok_or(StoreError::Conflict { what: "tenant create", expected: 1, found: 0 })
    }

    /// The tenant of this name, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_tenant(&self, name: &str) -> Result<Option<TenantId>, StoreError> {
        self.rows(&FIND, &[Value::Text(name)]).await?.first().map(|row| row.int("id").map(TenantId)).transpose()
    }

    /// The tenant's facts as a number: it grows whenever they may have changed.
    ///
    /// # Errors
    /// When the database fails or there is no such tenant.
    pub async fn facts_seq(&self, tenant: TenantId) -> Result<i64, StoreError> {
        let rows = self.rows(&FACTS_SEQ, &[Value::Int(tenant.0)]).await?;
        rows.first().ok_or(StoreError::Conflict { what: "tenant facts", expected: 1, found: 0 })?.int("facts_seq")
    }

    /// Starts a write transaction that holds the tenant's head.
    ///
    /// # Errors
    /// When the database fails or there is no such tenant.
    pub async fn begin_tenant(&self, tenant: TenantId) -> Result<TenantTx, StoreError> {
        let turn = self.heads.turn(self.dialect(), tenant).await;
        let mut tx = self.begin().await?;
        let rows = tx.rows(&LOCK, &[Value::Int(tenant.0)]).await?;
        let row = rows.first().ok_or(StoreError::Conflict { what: "tenant lock", expected: 1, found: 0 })?;
        let chain_hash = as_hash(row.blob("chain_hash")?, "tenant", "chain_hash")?;
        Ok(TenantTx {
            tenant,
            next_id: row.int("next_id")?,
            chain_seq: row.int("chain_seq")?,
            chain_hash,
            moved: false,
            facts_seq: row.int("facts_seq")?,
            _turn: turn,
            appended_at: None,
            fence: row.opt_text("fence")?,
            lineage: row.text("lineage")?,
            uncertain_until: row.opt_int("uncertain_until")?.map(Timestamp),
            gate: gate(row)?,
            own_seq: row.int("own_seq")?,
            marks: self.marks(),
            changes: self.changes.clone(),
            tx,
        })
    }

    /// All published workflow versions of a tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workflows(&self, tenant: TenantId) -> Result<Vec<WorkflowRow>, StoreError> {
        self.rows(&WORKFLOWS, &[Value::Int(tenant.0)]).await?.iter().map(workflow_row).collect()
    }
}

fn workflow_row(row: &Row) -> Result<WorkflowRow, StoreError> {
    Ok(WorkflowRow {
        id: WorkflowId(row.int("id")?),
        name: row.text("name")?,
        hash: row.text("hash")?,
        source: row.text("source")?,
        published_at: Timestamp(row.int("published_at")?),
    })
}

pub(super) fn as_hash(bytes: Vec<u8>, table: &'static str, column: &'static str) -> Result<Hash, StoreError> {
    Hash::try_from(bytes).map_err(|bytes| StoreError::Corrupt { table, column, why: format!("{} bytes instead of 32", bytes.len()) })
}

impl TenantTx {
    /// Takes `count` row ids; the first of them.
    pub fn take_ids(&mut self, count: usize) -> i64 {
        let first = self.next_id;
        self.next_id += i64::try_from(count).unwrap_or(0);
        self.moved |= count > 0;
        first
    }

    /// The published version with this content, published now if it is new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn publish_workflow(&mut self, name: &str, hash: &str, source: &str, now: Timestamp) -> Result<WorkflowId, StoreError> {
        let tenant = Value::Int(self.tenant.0);
        let found = self.tx.rows(&WORKFLOW_BY_HASH, &[tenant, Value::Text(hash)]).await?;
        if let Some(row) = found.first() {
            return Ok(WorkflowId(row.int("id")?));
        }
        let id = self.take_ids(1);
        let values = [tenant, Value::Int(id), Value::Text(name), Value::Text(hash), Value::Text(source), Value::Int(now.0)];
        self.tx.run(&WORKFLOW_INSERT, &values).await?;
        Ok(WorkflowId(id))
    }

    /// Writes changed instances, each with the sequence that the ledger's row must still have, and appends to the tenant's chain, in
    /// this order. The chain is reckoned while the database writes the instances.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an instance has another sequence; otherwise what the database said.
    pub async fn save(&mut self, instances: &[(Instance, i64)], transitions: Vec<NewTransition>) -> Result<(), StoreError> {
        let last = transitions.last().map(|last| last.recorded_at);
        let Self { tx, tenant, chain_seq, chain_hash, .. } = self;
        let links = async { transitions.into_iter().map(|new| link(*tenant, chain_seq, chain_hash, new)).collect::<Vec<_>>() };
        let (saved, rows) = futures::join!(save_instances(tx, *tenant, instances), links);
        saved?;
        if rows.is_empty() {
            return Ok(());
        }
        self.appended_at = last;
        self.moved = true;
        let cells: Batch<'_> = rows.iter().map(|(row, hash)| transition_row(row, hash)).collect();
        self.tx.run_batch(&APPEND, &cells, &[Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// Writes the head back and makes everything durable; what was read of the facts before must be read again.
    ///
    /// # Errors
    /// When the database fails; then nothing of the transaction stands.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.move_facts();
        self.commit_keeping_facts().await
    }

    /// What was read of the facts before this transaction must be read again.
    pub fn move_facts(&mut self) {
        self.facts_seq += 1;
        self.moved = true;
    }

    /// As [`Self::commit`], by one who changed no fact: neither what is open, blocked or cancelled, nor a customer, nor an
    /// instance that stands on somebody else's notice.
    ///
    /// # Errors
    /// When the database fails; then nothing of the transaction stands.
    pub async fn commit_keeping_facts(self) -> Result<(), StoreError> {
        self.commit_keeping_facts_apart().await?.durable().await
    }

    /// As [`Self::commit_keeping_facts`], and not durable yet.
    ///
    /// # Errors
    /// When the database fails; then nothing of the transaction stands.
    pub async fn commit_keeping_facts_apart(self) -> Result<Committed, StoreError> {
        let (changes, tenant) = (self.changes.clone(), self.tenant);
        changes.announce(tenant);
        let committed = self.commit_keeping_cases().await;
        changes.settle(tenant);
        committed
    }

    /// As [`Self::commit_keeping_facts_apart`], by one who changed no instance that waited for its stage: what was read of those that are
    /// due stays true.
    ///
    /// # Errors
    /// When the database fails; then nothing of the transaction stands.
    pub async fn commit_keeping_cases(mut self) -> Result<Committed, StoreError> {
        if self.moved {
            let (tenant, hash) = (Value::Int(self.tenant.0), Value::Blob(&self.chain_hash));
            let [id, seq, facts] = [self.next_id, self.chain_seq, self.facts_seq].map(Value::Int);
            let [own, places, queue] = [self.own_seq, self.gate.places, self.gate.place_queue].map(Value::Int);
            let values = [tenant, id, seq, hash, facts, own, places, queue];
            self.tx.run(&ADVANCE, &values).await?;
        }
        let committed = self.tx.commit_apart().await?;
        // A fenced ledger's mark stays where it was.
        let (Some(at), None) = (self.appended_at, &self.fence) else { return Ok(committed) };
        let mark = Mark { seq: self.chain_seq, hash: self.chain_hash, lineage: self.lineage, at };
        Ok(committed.with_mark(self.marks, self.tenant, mark))
    }

    /// How many transactions of this process may have changed a waiting case before this one began.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.announced(self.tenant)
    }

    /// The last place of the chain as this transaction leaves it.
    #[must_use]
    pub fn chain_end(&self) -> i64 {
        self.chain_seq
    }

    /// The chain's length and last hash as this transaction leaves them.
    pub(super) fn head(&self) -> (i64, Hash) {
        (self.chain_seq, self.chain_hash)
    }
}

/// The chain's next link, which is its end from now on.
fn link(tenant: TenantId, seq: &mut i64, end: &mut Hash, new: NewTransition) -> (Transition, Hash) {
    *seq += 1;
    let row = Transition {
        tenant,
        seq: *seq,
        instance: new.instance,
        instance_seq: new.instance_seq,
        recorded_at: new.recorded_at,
        business_at: new.business_at,
        actor: new.actor,
        cause: new.cause.to_owned(),
        from: new.from.to_owned(),
        to: new.to.to_owned(),
        stage: new.stage,
        detail: new.detail,
    };
    *end = row.hash(end);
    (row, *end)
}

fn transition_row<'a>(row: &'a Transition, hash: &'a Hash) -> [Cell<'a>; 12] {
    [
        row.seq.into(),
        row.instance.0.into(),
        row.instance_seq.into(),
        row.recorded_at.0.into(),
        row.business_at.0.into(),
        (&row.actor).into(),
        (&row.cause).into(),
        (&row.from).into(),
        (&row.to).into(),
        (&row.stage).into(),
        (&row.detail).into(),
        hash.as_slice().into(),
    ]
}
