//! What administrators set on the pages: drafts, what was published of settings, workflows and texts, and the secrets in it.
//!
//! A publication is never changed; the newest of its kind and name holds.

use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::TenantTx;
use crate::domain::ids::TenantId;
use crate::domain::publication::Kind;
use crate::domain::time::Timestamp;

static NEWEST: Statement =
    Statement::new("publication newest", "SELECT tenant_id, MAX(id) AS id FROM publication GROUP BY tenant_id ORDER BY tenant_id");
static HOLDING: Statement = Statement::new(
    "publication holding",
    "SELECT p.id, p.kind, p.name, p.content, p.published_at, p.published_by, p.reason FROM publication p
     WHERE p.tenant_id = $1 AND p.kind = $2 AND p.content <> ''
        AND NOT EXISTS (SELECT 1 FROM publication n WHERE n.tenant_id = $1 AND n.kind = $2 AND n.name = p.name AND n.id > p.id)
     ORDER BY p.name",
);
static VERSIONS: Statement = Statement::new(
    "publication versions",
    "SELECT id, kind, name, content, published_at, published_by, reason FROM publication
     WHERE tenant_id = $1 AND kind = $2 AND name = $3 ORDER BY id DESC",
);
static INSERT: Statement = Statement::new(
    "publication insert",
    "INSERT INTO publication (tenant_id, id, kind, name, content, published_at, published_by, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
static DRAFT: Statement = Statement::new(
    "draft read",
    "SELECT kind, name, content, based_on, changed_at, changed_by FROM draft WHERE tenant_id = $1 AND kind = $2 AND name = $3",
);
static DRAFTS: Statement = Statement::new(
    "draft list",
    "SELECT kind, name, content, based_on, changed_at, changed_by FROM draft WHERE tenant_id = $1 AND kind = $2 ORDER BY name",
);
static SAVE: Statement = Statement::new(
    "draft save",
    "INSERT INTO draft (tenant_id, kind, name, content, based_on, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (tenant_id, kind, name) DO UPDATE SET content = excluded.content, based_on = excluded.based_on,
        changed_at = excluded.changed_at, changed_by = excluded.changed_by",
);
static DISCARD: Statement = Statement::new("draft discard", "DELETE FROM draft WHERE tenant_id = $1 AND kind = $2 AND name = $3");
static KEEP: Statement = Statement::new(
    "secret insert",
    "INSERT INTO sealed_secret (tenant_id, id, purpose, sealed, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6)",
);
static SECRETS: Statement =
    Statement::new("secret list", "SELECT id, purpose, sealed, set_at, set_by FROM sealed_secret WHERE tenant_id = $1 ORDER BY id");

pub(super) const STATEMENTS: &[&Statement] = &[&NEWEST, &HOLDING, &VERSIONS, &INSERT, &DRAFT, &DRAFTS, &SAVE, &DISCARD, &KEEP, &SECRETS];

/// What was published once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    pub id: i64,
    pub kind: Kind,
    /// A workflow's name, `LANGUAGE/SET` of a text, nothing for settings.
    pub name: String,
    /// TOML; empty: taken back.
    pub content: String,
    pub published_at: Timestamp,
    pub published_by: String,
    pub reason: String,
}

/// What is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub kind: Kind,
    pub name: String,
    pub content: String,
    /// The publication that it began from.
    pub based_on: Option<i64>,
    pub changed_at: Timestamp,
    pub changed_by: String,
}

impl Draft {
    /// Whether somebody else than `actor` has changed it since he saw it; `seen`: when it had been changed last then.
    #[must_use]
    pub fn is_anothers_since(&self, actor: &str, seen: Option<Timestamp>) -> bool {
        self.changed_by != actor && seen != Some(self.changed_at)
    }
}

/// A secret as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    pub id: i64,
    /// The key that it stands for, such as `smtp.password`.
    pub purpose: String,
    pub sealed: Vec<u8>,
    pub set_at: Timestamp,
    pub set_by: String,
}

fn kind(row: &Row, table: &'static str) -> Result<Kind, StoreError> {
    let word = row.text("kind")?;
    Kind::parse(&word).ok_or(StoreError::Corrupt { table, column: "kind", why: format!("`{word}` is no kind") })
}

fn publication(row: &Row) -> Result<Publication, StoreError> {
    Ok(Publication {
        id: row.int("id")?,
        kind: kind(row, "publication")?,
        name: row.text("name")?,
        content: row.text("content")?,
        published_at: Timestamp(row.int("published_at")?),
        published_by: row.text("published_by")?,
        reason: row.text("reason")?,
    })
}

fn draft(row: &Row) -> Result<Draft, StoreError> {
    Ok(Draft {
        kind: kind(row, "draft")?,
        name: row.text("name")?,
        content: row.text("content")?,
        based_on: row.opt_int("based_on")?,
        changed_at: Timestamp(row.int("changed_at")?),
        changed_by: row.text("changed_by")?,
    })
}

fn secret(row: &Row) -> Result<SealedSecret, StoreError> {
    Ok(SealedSecret {
        id: row.int("id")?,
        purpose: row.text("purpose")?,
        sealed: row.blob("sealed")?,
        set_at: Timestamp(row.int("set_at")?),
        set_by: row.text("set_by")?,
    })
}

impl Store {
    /// The newest publication of each tenant that has any: what a process compares to know whether it is up to date.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_publications(&self) -> Result<Vec<(TenantId, i64)>, StoreError> {
        self.rows(&NEWEST, &[]).await?.iter().map(|row| Ok((TenantId(row.int("tenant_id")?), row.int("id")?))).collect()
    }

    /// What holds of a kind, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn published(&self, tenant: TenantId, kind: Kind) -> Result<Vec<Publication>, StoreError> {
        self.rows(&HOLDING, &[Value::Int(tenant.0), Value::Text(kind.as_str())]).await?.iter().map(publication).collect()
    }

    /// Everything that was published under a name, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn publications_of(&self, tenant: TenantId, kind: Kind, name: &str) -> Result<Vec<Publication>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(kind.as_str()), Value::Text(name)];
        self.rows(&VERSIONS, &values).await?.iter().map(publication).collect()
    }

    /// What is being written under a name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn draft(&self, tenant: TenantId, kind: Kind, name: &str) -> Result<Option<Draft>, StoreError> {
        let values = [Value::Int(tenant.0), Value::Text(kind.as_str()), Value::Text(name)];
        self.rows(&DRAFT, &values).await?.first().map(draft).transpose()
    }

    /// All drafts of a kind, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drafts(&self, tenant: TenantId, kind: Kind) -> Result<Vec<Draft>, StoreError> {
        self.rows(&DRAFTS, &[Value::Int(tenant.0), Value::Text(kind.as_str())]).await?.iter().map(draft).collect()
    }

    /// A tenant's secrets, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn secrets(&self, tenant: TenantId) -> Result<Vec<SealedSecret>, StoreError> {
        self.rows(&SECRETS, &[Value::Int(tenant.0)]).await?.iter().map(secret).collect()
    }
}

impl TenantTx {
    /// Publishes; its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_publication(&mut self, new: &Publication) -> Result<i64, StoreError> {
        let id = self.take_ids(1);
        let values = [
            Value::Int(self.tenant.0),
            Value::Int(id),
            Value::Text(new.kind.as_str()),
            Value::Text(&new.name),
            Value::Text(&new.content),
            Value::Int(new.published_at.0),
            Value::Text(&new.published_by),
            Value::Text(&new.reason),
        ];
        self.tx.run(&INSERT, &values).await?;
        Ok(id)
    }

    /// What is being written under a name, read where nobody else can change it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn draft(&mut self, kind: Kind, name: &str) -> Result<Option<Draft>, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Text(kind.as_str()), Value::Text(name)];
        self.tx.rows(&DRAFT, &values).await?.first().map(draft).transpose()
    }

    /// Keeps what is being written, in place of what was written before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_draft(&mut self, draft: &Draft) -> Result<(), StoreError> {
        let values = [
            Value::Int(self.tenant.0),
            Value::Text(draft.kind.as_str()),
            Value::Text(&draft.name),
            Value::Text(&draft.content),
            Value::OptInt(draft.based_on),
            Value::Int(draft.changed_at.0),
            Value::Text(&draft.changed_by),
        ];
        self.tx.run(&SAVE, &values).await.map(drop)
    }

    /// Throws away what is being written under a name; whether there was anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn discard_draft(&mut self, kind: Kind, name: &str) -> Result<bool, StoreError> {
        let values = [Value::Int(self.tenant.0), Value::Text(kind.as_str()), Value::Text(name)];
        Ok(self.tx.run(&DISCARD, &values).await? > 0)
    }

    /// Keeps a sealed secret; its id, which `seal` was given.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_secret(&mut self, new: &SealedSecret) -> Result<(), StoreError> {
        let values = [
            Value::Int(self.tenant.0),
            Value::Int(new.id),
            Value::Text(&new.purpose),
            Value::Blob(&new.sealed),
            Value::Int(new.set_at.0),
            Value::Text(&new.set_by),
        ];
        self.tx.run(&KEEP, &values).await.map(drop)
    }
}
