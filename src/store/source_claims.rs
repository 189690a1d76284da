//! What is known of each claim and contact at a synchronised source, beside the invoice that it became.

use super::cases::opt_date;
use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::ids::{CustomerId, InvoiceId, TenantId};
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use std::collections::BTreeMap;

macro_rules! claims {
    ($rest:literal) => {
        concat!(
            "SELECT s.source, s.external_id, s.kind, s.status, s.invoice_id, s.number, s.contact_id, s.claim_date, s.due_date, s.term_id, s.term,
                s.updated_at, s.open, s.seen_run, s.checked_at, s.detailed_at, s.retry_at, s.reason ",
            $rest
        )
    };
}

static BY_ID: Statement = Statement::new(
    "source claims by id",
    claims!("FROM {rows} JOIN source_claim s ON s.tenant_id = $2 AND s.source = $3 AND s.external_id = {t0}"),
);
static BY_INVOICE: Statement =
    Statement::new("source claims by invoice", claims!("FROM {rows} JOIN source_claim s ON s.tenant_id = $2 AND s.invoice_id = {i0}"));
static UNSEEN: Statement = Statement::new(
    "source claims unseen",
    claims!(
        "FROM source_claim s WHERE s.tenant_id = $1 AND s.source = $2 AND s.open = 1 AND s.seen_run < $3
         ORDER BY s.seen_run, s.external_id LIMIT $4"
    ),
);
static UNDETAILED: Statement = Statement::new(
    "source claims undetailed",
    claims!(
        "FROM source_claim s WHERE s.tenant_id = $1 AND s.source = $2 AND s.open = 1 AND s.detailed_at IS NULL AND s.due_date <= $3
            AND s.invoice_id IS NOT NULL AND s.retry_at <= $4
         ORDER BY s.due_date, s.external_id LIMIT 1"
    ),
);
static UNDETAILED_COUNT: Statement = Statement::new(
    "source claims to detail",
    "SELECT COUNT(*) AS n FROM source_claim WHERE tenant_id = $1 AND source = $2 AND open = 1 AND detailed_at IS NULL AND due_date <= $3
        AND invoice_id IS NOT NULL",
);
static REASONS: Statement = Statement::new(
    "source claims by reason",
    "SELECT reason, COUNT(*) AS n FROM source_claim WHERE tenant_id = $1 AND source = $2 AND open = 1 AND reason IS NOT NULL
     GROUP BY reason ORDER BY reason",
);
/// Of the first claims only: a listing of all would read the whole table.
static TERMS: Statement = Statement::new(
    "source claim terms",
    "SELECT t.term, COUNT(*) AS n FROM (SELECT s.term FROM source_claim s WHERE s.tenant_id = $1 AND s.source = $2
        ORDER BY s.external_id LIMIT 5000) t WHERE t.term IS NOT NULL GROUP BY t.term ORDER BY n DESC, t.term LIMIT 12",
);
static NOT_DUNNABLE: Statement = Statement::new(
    "source claims not dunnable",
    claims!(
        "FROM source_claim s WHERE s.tenant_id = $1 AND s.source = $2 AND s.open = 1 AND s.reason IS NOT NULL
         ORDER BY s.reason, s.external_id LIMIT $3"
    ),
);
static OPEN_COUNT: Statement =
    Statement::new("source claims open", "SELECT COUNT(*) AS n FROM source_claim WHERE tenant_id = $1 AND source = $2 AND open = 1");
static OF_CONTACT: Statement = Statement::new(
    "source claims of a contact",
    claims!(
        "FROM source_claim s WHERE s.tenant_id = $1 AND s.source = $2 AND s.contact_id = $3 AND s.open = 1 AND s.invoice_id IS NOT NULL
         ORDER BY s.due_date, s.external_id LIMIT 1000"
    ),
);
static SAVE: Statement = Statement::new(
    "source claim save",
    "INSERT INTO source_claim (tenant_id, source, external_id, kind, status, invoice_id, number, contact_id, claim_date, due_date, term_id,
        term, updated_at, open, seen_run, checked_at, detailed_at, retry_at, reason)
     SELECT $2, $3, {t0}, {t1}, {t2}, {i3}, {t4}, {t5}, {t6}, {t7}, {t8}, {t9}, {i10}, {i11}, {i12}, {i13}, {i14}, {i15}, {t16}
     FROM {rows} WHERE true
     ON CONFLICT (tenant_id, source, external_id) DO UPDATE SET kind = excluded.kind, status = excluded.status,
        invoice_id = excluded.invoice_id, number = excluded.number, contact_id = excluded.contact_id, claim_date = excluded.claim_date,
        due_date = excluded.due_date, term_id = excluded.term_id, term = excluded.term, updated_at = excluded.updated_at,
        open = excluded.open, seen_run = excluded.seen_run, checked_at = excluded.checked_at, detailed_at = excluded.detailed_at,
        retry_at = excluded.retry_at, reason = excluded.reason",
);
static CONTACTS: Statement = Statement::new(
    "source contacts by id",
    "SELECT k.external_id, k.customer_id, k.read_at, k.archived FROM {rows}
     JOIN source_contact k ON k.tenant_id = $2 AND k.source = $3 AND k.external_id = {t0}",
);
static CONTACT_SAVE: Statement = Statement::new(
    "source contact save",
    "INSERT INTO source_contact (tenant_id, source, external_id, customer_id, read_at, archived)
     SELECT $2, $3, {t0}, {i1}, {i2}, {i3} FROM {rows} WHERE true
     ON CONFLICT (tenant_id, source, external_id) DO UPDATE SET customer_id = excluded.customer_id, read_at = excluded.read_at,
        archived = excluded.archived",
);

pub(super) const STATEMENTS: &[&Statement] = &[
    &BY_ID,
    &BY_INVOICE,
    &UNSEEN,
    &UNDETAILED,
    &UNDETAILED_COUNT,
    &REASONS,
    &TERMS,
    &NOT_DUNNABLE,
    &OPEN_COUNT,
    &OF_CONTACT,
    &SAVE,
    &CONTACTS,
    &CONTACT_SAVE,
];

/// A claim at a source, as the ledger remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRecord {
    pub source: String,
    pub external_id: String,
    pub kind: String,
    pub status: String,
    /// `None`: it is not in the ledger.
    pub invoice: Option<InvoiceId>,
    pub number: String,
    pub contact: Option<String>,
    pub date: Option<NaiveDate>,
    pub due_date: Option<NaiveDate>,
    pub term_id: Option<String>,
    pub term: Option<String>,
    /// The source's stamp of its last change.
    pub updated_at: Timestamp,
    /// It was open when it was last heard of.
    pub open: bool,
    pub seen_run: i64,
    /// When the answer was asked for that its payments are known from.
    pub checked_at: Timestamp,
    pub detailed_at: Option<Timestamp>,
    pub retry_at: Timestamp,
    /// Why it is not dunned though it is open.
    pub reason: Option<String>,
}

/// A contact at a source, and the customer that it became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRecord {
    pub external_id: String,
    pub customer: CustomerId,
    pub read_at: Option<Timestamp>,
    pub archived: bool,
}

fn claim(row: &Row) -> Result<ClaimRecord, StoreError> {
    let day = |column| opt_date(row.opt_text(column)?, "source_claim", column);
    Ok(ClaimRecord {
        source: row.text("source")?,
        external_id: row.text("external_id")?,
        kind: row.text("kind")?,
        status: row.text("status")?,
        invoice: row.opt_int("invoice_id")?.map(InvoiceId),
        number: row.text("number")?,
        contact: row.opt_text("contact_id")?,
        date: day("claim_date")?,
        due_date: day("due_date")?,
        term_id: row.opt_text("term_id")?,
        term: row.opt_text("term")?,
        updated_at: Timestamp(row.int("updated_at")?),
        open: row.int("open")? != 0,
        seen_run: row.int("seen_run")?,
        checked_at: Timestamp(row.int("checked_at")?),
        detailed_at: row.opt_int("detailed_at")?.map(Timestamp),
        retry_at: Timestamp(row.int("retry_at")?),
        reason: row.opt_text("reason")?,
    })
}

fn by_id(rows: &[Row]) -> Result<BTreeMap<String, ClaimRecord>, StoreError> {
    rows.iter().map(|row| claim(row).map(|claim| (claim.external_id.clone(), claim))).collect()
}

fn texts<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    rows_json(&ids.into_iter().map(|id| (id,)).collect::<Vec<_>>())
}

fn numbers(ids: &[InvoiceId]) -> String {
    rows_json(&ids.iter().map(|id| (id.0,)).collect::<Vec<_>>())
}

async fn of_invoices(reader: &mut impl Reads, tenant: TenantId, invoices: &[InvoiceId]) -> Result<Vec<ClaimRecord>, StoreError> {
    if invoices.is_empty() {
        return Ok(Vec::new());
    }
    let rows = reader.read(&BY_INVOICE, &[Value::Text(&numbers(invoices)), Value::Int(tenant.0)]).await?;
    let mut claims = rows.iter().map(claim).collect::<Result<Vec<_>, _>>()?;
    claims.sort_by_key(|claim| claim.invoice);
    Ok(claims)
}

fn contact(row: &Row) -> Result<ContactRecord, StoreError> {
    Ok(ContactRecord {
        external_id: row.text("external_id")?,
        customer: CustomerId(row.int("customer_id")?),
        read_at: row.opt_int("read_at")?.map(Timestamp),
        archived: row.int("archived")? != 0,
    })
}

impl Store {
    /// What is known of a contact.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contact(&self, tenant: TenantId, source: &str, id: &str) -> Result<Option<ContactRecord>, StoreError> {
        let values = [Value::Text(&texts([id])), Value::Int(tenant.0), Value::Text(source)];
        self.rows(&CONTACTS, &values).await?.first().map(contact).transpose()
    }

    /// What the source knows of these invoices: those that come from one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claims_of(&self, tenant: TenantId, invoices: &[InvoiceId]) -> Result<Vec<ClaimRecord>, StoreError> {
        of_invoices(&mut &*self, tenant, invoices).await
    }

    /// What is known of one claim.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim(&self, tenant: TenantId, source: &str, id: &str) -> Result<Option<ClaimRecord>, StoreError> {
        let values = [Value::Text(&texts([id])), Value::Int(tenant.0), Value::Text(source)];
        self.rows(&BY_ID, &values).await?.first().map(claim).transpose()
    }

    /// The open claims of a contact that are in the ledger, the first due first: a thousand at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_claims_of(&self, tenant: TenantId, source: &str, contact: &str) -> Result<Vec<ClaimRecord>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(source), Value::Text(contact)];
        self.rows(&OF_CONTACT, &values).await?.iter().map(claim).collect()
    }

    /// Claims that are believed open and that the run has not seen.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unseen_claims(&self, tenant: TenantId, source: &str, run: i64, limit: i64) -> Result<Vec<ClaimRecord>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(source), Value::Int(run), Value::Int(limit)];
        self.rows(&UNSEEN, &values).await?.iter().map(claim).collect()
    }

    /// The claim whose details are wanted first: the one that was due first, on `until` or before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undetailed_claim(
        &self,
        tenant: TenantId,
        source: &str,
        until: NaiveDate,
        now: Timestamp,
    ) -> Result<Option<ClaimRecord>, StoreError> {
        let until = until.to_string();
        let values = [Value::Int(tenant.0), Value::Text(source), Value::Text(&until), Value::Int(now.0)];
        self.rows(&UNDETAILED, &values).await?.first().map(claim).transpose()
    }

    /// How many claims that are due on `until` or before lack their details.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undetailed_claims(&self, tenant: TenantId, source: &str, until: NaiveDate) -> Result<i64, StoreError> {
        let until = until.to_string();
        let rows = self.rows(&UNDETAILED_COUNT, &[Value::Int(tenant.0), Value::Text(source), Value::Text(&until)]).await?;
        rows.first().map_or(Ok(0), |row| row.int("n"))
    }

    /// How many claims are believed open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_claims(&self, tenant: TenantId, source: &str) -> Result<i64, StoreError> {
        let rows = self.rows(&OPEN_COUNT, &[Value::Int(tenant.0), Value::Text(source)]).await?;
        rows.first().map_or(Ok(0), |row| row.int("n"))
    }

    /// Why open claims are not dunned, with how many each reason holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_reasons(&self, tenant: TenantId, source: &str) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = self.rows(&REASONS, &[Value::Int(tenant.0), Value::Text(source)]).await?;
        rows.iter().map(|row| Ok((row.text("reason")?, row.int("n")?))).collect()
    }

    /// The payment terms that are usual at a source.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn usual_terms(&self, tenant: TenantId, source: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.rows(&TERMS, &[Value::Int(tenant.0), Value::Text(source)]).await?;
        rows.iter().map(|row| row.text("term")).collect()
    }

    /// Open claims that are not dunned, by reason.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn not_dunnable_claims(&self, tenant: TenantId, source: &str, limit: i64) -> Result<Vec<ClaimRecord>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(source), Value::Int(limit)];
        self.rows(&NOT_DUNNABLE, &values).await?.iter().map(claim).collect()
    }
}

impl TenantTx {
    /// What is known of these claims, by their id at the source.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claims(&mut self, source: &str, ids: impl IntoIterator<Item = &str>) -> Result<BTreeMap<String, ClaimRecord>, StoreError> {
        let values = [Value::Text(&texts(ids)), Value::Int(self.tenant.0), Value::Text(source)];
        by_id(&self.tx.rows(&BY_ID, &values).await?)
    }

    /// As [`Store::claims_of`], in this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claims_of(&mut self, invoices: &[InvoiceId]) -> Result<Vec<ClaimRecord>, StoreError> {
        of_invoices(&mut self.tx, self.tenant, invoices).await
    }

    /// Writes claims as they are known now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_claims(&mut self, source: &str, claims: &[ClaimRecord]) -> Result<(), StoreError> {
        if claims.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = claims.iter().map(claim_values).collect();
        let values = [Value::Text(&serde_json::Value::Array(rows).to_string()), Value::Int(self.tenant.0), Value::Text(source)];
        self.tx.run(&SAVE, &values).await.map(drop)
    }

    /// These contacts' customers, by the contact's id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contacts(
        &mut self,
        source: &str,
        ids: impl IntoIterator<Item = &str>,
    ) -> Result<BTreeMap<String, ContactRecord>, StoreError> {
        let values = [Value::Text(&texts(ids)), Value::Int(self.tenant.0), Value::Text(source)];
        let rows = self.tx.rows(&CONTACTS, &values).await?;
        rows.iter().map(|row| contact(row).map(|contact| (contact.external_id.clone(), contact))).collect()
    }

    /// Writes contacts as they are known now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_contacts(&mut self, source: &str, contacts: &[ContactRecord]) -> Result<(), StoreError> {
        if contacts.is_empty() {
            return Ok(());
        }
        let row = |contact: &ContactRecord| {
            (contact.external_id.clone(), contact.customer.0, contact.read_at.map(|at| at.0), i64::from(contact.archived))
        };
        let rows = rows_json(&contacts.iter().map(row).collect::<Vec<_>>());
        self.tx.run(&CONTACT_SAVE, &[Value::Text(&rows), Value::Int(self.tenant.0), Value::Text(source)]).await.map(drop)
    }
}

/// A claim's columns in the order of [`SAVE`]; more than tuples can be written out with.
fn claim_values(claim: &ClaimRecord) -> serde_json::Value {
    serde_json::json!([
        claim.external_id,
        claim.kind,
        claim.status,
        claim.invoice,
        claim.number,
        claim.contact,
        claim.date,
        claim.due_date,
        claim.term_id,
        claim.term,
        claim.updated_at,
        i64::from(claim.open),
        claim.seen_run,
        claim.checked_at,
        claim.detailed_at,
        claim.retry_at,
        claim.reason,
    ])
}
