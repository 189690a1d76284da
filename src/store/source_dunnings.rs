//! Dunnings that a source makes itself of its claims: the intent before it is asked, what it answered, and what nobody knows.

use super::cases::date;
use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, as_hash, rows_json};
use crate::domain::chain::Hash;
use crate::domain::ids::{InvoiceId, NoticeId, TenantId};
use crate::domain::time::Timestamp;
use chrono::NaiveDate;

macro_rules! dunnings {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.source, d.claim_id, d.claim_kind, d.instance_id, d.stage, d.stage_key, d.token, d.state, d.notice_id, d.open_minor,
                d.fee_minor, d.dated, d.pay_by, d.external_id, d.document_hash, d.intended_at, d.lease_until, d.looks, d.next_at, d.error ",
            $rest
        )
    };
}

static OF_INVOICES: Statement = Statement::new(
    "source dunnings by invoice",
    dunnings!("FROM {rows} JOIN source_dunning d ON d.tenant_id = $2 AND d.instance_id = {i0} ORDER BY d.id"),
);
static IN_DOUBT: Statement = Statement::new(
    "source dunnings in doubt",
    dunnings!(
        "FROM source_dunning d WHERE d.tenant_id = $1 AND d.state IN ('intended', 'unknown') AND d.next_at <= $2 ORDER BY d.next_at, d.id LIMIT 1"
    ),
);
static SAVE: Statement = Statement::new(
    "source dunning save",
    "INSERT INTO source_dunning (tenant_id, id, source, claim_id, claim_kind, instance_id, stage, stage_key, token, state, notice_id, open_minor,
        fee_minor, dated, pay_by, external_id, document_hash, intended_at, lease_until, looks, next_at, error)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
     ON CONFLICT (tenant_id, id) DO UPDATE SET token = excluded.token, state = excluded.state, notice_id = excluded.notice_id,
        open_minor = excluded.open_minor, fee_minor = excluded.fee_minor, dated = excluded.dated, pay_by = excluded.pay_by,
        external_id = excluded.external_id, document_hash = excluded.document_hash, intended_at = excluded.intended_at,
        lease_until = excluded.lease_until, looks = excluded.looks, next_at = excluded.next_at, error = excluded.error",
);

pub(super) const STATEMENTS: &[&Statement] = &[&OF_INVOICES, &IN_DOUBT, &SAVE];

/// What is known of a dunning at its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DunningState {
    /// It was about to be made, or was: what came of it is not known yet.
    Intended,
    Made,
    /// It was looked for long enough: a person is asked.
    Unknown,
    /// It is certainly not there, and may be made.
    NotMade,
    /// It was made, and is not there any more.
    Gone,
}

impl DunningState {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Made => "made",
            Self::Unknown => "unknown",
            Self::NotMade => "not_made",
            Self::Gone => "gone",
        }
    }

    fn read(word: &str) -> Result<Self, StoreError> {
        let all = [Self::Intended, Self::Made, Self::Unknown, Self::NotMade, Self::Gone];
        let found = all.into_iter().find(|state| state.word() == word);
        found.ok_or_else(|| StoreError::Corrupt {
            table: "source_dunning",
            column: "state",
            why: format!("`{word}` is no state of a dunning"),
        })
    }
}

/// A dunning of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DunningRecord {
    /// From the tenant's counter.
    pub id: i64,
    pub source: String,
    pub claim_id: String,
    pub claim_kind: String,
    pub instance: InvoiceId,
    pub stage: usize,
    pub stage_key: String,
    /// Stands in its text.
    pub token: String,
    pub state: DunningState,
    /// The notice that it was intended for, or that took it up last.
    pub notice: NoticeId,
    pub open_minor: i64,
    pub fee_minor: i64,
    pub dated: NaiveDate,
    pub pay_by: NaiveDate,
    /// The source's id.
    pub external_id: Option<String>,
    pub document: Option<Hash>,
    pub intended_at: Timestamp,
    /// Until then somebody may be at it.
    pub lease_until: Timestamp,
    /// How often it was looked for, and when it is looked for next.
    pub looks: u32,
    pub next_at: Timestamp,
    pub error: Option<String>,
}

fn record(row: &Row) -> Result<DunningRecord, StoreError> {
    let whole = |column| row.int(column).map(|value| usize::try_from(value).unwrap_or(0));
    let document = row.opt_blob("document_hash")?;
    Ok(DunningRecord {
        id: row.int("id")?,
        source: row.text("source")?,
        claim_id: row.text("claim_id")?,
        claim_kind: row.text("claim_kind")?,
        instance: InvoiceId(row.int("instance_id")?),
        stage: whole("stage")?,
        stage_key: row.text("stage_key")?,
        token: row.text("token")?,
        state: DunningState::read(&row.text("state")?)?,
        notice: NoticeId(row.text("notice_id")?),
        open_minor: row.int("open_minor")?,
        fee_minor: row.int("fee_minor")?,
        dated: date(&row.text("dated")?, "source_dunning", "dated")?,
        pay_by: date(&row.text("pay_by")?, "source_dunning", "pay_by")?,
        external_id: row.opt_text("external_id")?,
        document: document.map(|bytes| as_hash(bytes, "source_dunning", "document_hash")).transpose()?,
        intended_at: Timestamp(row.int("intended_at")?),
        lease_until: Timestamp(row.int("lease_until")?),
        looks: u32::try_from(row.int("looks")?).unwrap_or(u32::MAX),
        next_at: Timestamp(row.int("next_at")?),
        error: row.opt_text("error")?,
    })
}

async fn of_invoices(reader: &mut impl Reads, tenant: TenantId, invoices: &[InvoiceId]) -> Result<Vec<DunningRecord>, StoreError> {
    if invoices.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rows_json(&invoices.iter().map(|id| (id.0,)).collect::<Vec<_>>());
    reader.read(&OF_INVOICES, &[Value::Text(&ids), Value::Int(tenant.0)]).await?.iter().map(record).collect()
}

impl Store {
    /// The dunnings that their source made, or was to make, of these invoices, in the order in which they were intended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dunnings_of(&self, tenant: TenantId, invoices: &[InvoiceId]) -> Result<Vec<DunningRecord>, StoreError> {
        of_invoices(&mut &*self, tenant, invoices).await
    }

    /// A dunning that may or may not be there, and is to be looked for now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dunning_in_doubt(&self, tenant: TenantId, now: Timestamp) -> Result<Option<DunningRecord>, StoreError> {
        self.rows(&IN_DOUBT, &[Value::Int(tenant.0), Value::Int(now.0)]).await?.first().map(record).transpose()
    }
}

impl TenantTx {
    /// As [`Store::dunnings_of`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dunnings_of(&mut self, invoices: &[InvoiceId]) -> Result<Vec<DunningRecord>, StoreError> {
        of_invoices(&mut self.tx, self.tenant, invoices).await
    }

    /// Writes a dunning down as it is now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_dunning(&mut self, dunning: &DunningRecord) -> Result<(), StoreError> {
        let (dated, pay_by) = (dunning.dated.to_string(), dunning.pay_by.to_string());
        let values = [
            Value::Int(self.tenant.0),
            Value::Int(dunning.id),
            Value::Text(&dunning.source),
            Value::Text(&dunning.claim_id),
            Value::Text(&dunning.claim_kind),
            Value::Int(dunning.instance.0),
            Value::Int(i64::try_from(dunning.stage).unwrap_or(i64::MAX)),
            Value::Text(&dunning.stage_key),
            Value::Text(&dunning.token),
            Value::Text(dunning.state.word()),
            Value::Text(&dunning.notice.0),
            Value::Int(dunning.open_minor),
            Value::Int(dunning.fee_minor),
            Value::Text(&dated),
            Value::Text(&pay_by),
            Value::OptText(dunning.external_id.as_deref()),
            Value::OptBlob(dunning.document.as_ref().map(<[u8; 32]>::as_slice)),
            Value::Int(dunning.intended_at.0),
            Value::Int(dunning.lease_until.0),
            Value::Int(i64::from(dunning.looks)),
            Value::Int(dunning.next_at.0),
            Value::OptText(dunning.error.as_deref()),
        ];
        self.tx.run(&SAVE, &values).await.map(drop)
    }
}
