//! Tokens of the HTTP API. What their holders send is never kept, only its hash.

use super::db::{Row, Store, Tx, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::chain::Hash;
use crate::domain::ids::TenantId;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;

static BY_HASH: Statement = Statement::new(
    "token find",
    "SELECT id, tenant_id, name, scopes, created_by, created_at, expires_at, revoked_at, used_at FROM api_token WHERE hash = $1",
);
static OF_TENANT: Statement = Statement::new(
    "token list",
    "SELECT id, tenant_id, name, scopes, created_by, created_at, expires_at, revoked_at, used_at FROM api_token
     WHERE tenant_id = $1 ORDER BY name",
);
static INSERT: Statement = Statement::new(
    "token insert",
    "INSERT INTO api_token (id, tenant_id, name, hash, scopes, created_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, name) DO NOTHING",
);
static REVOKE: Statement =
    Statement::new("token revoke", "UPDATE api_token SET revoked_at = $3 WHERE tenant_id = $1 AND name = $2 AND revoked_at IS NULL");
static USED: Statement =
    Statement::new("token used", "UPDATE api_token SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $2)");

pub(super) const STATEMENTS: &[&Statement] = &[&BY_HASH, &OF_TENANT, &INSERT, &REVOKE, &USED];

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: String,
    pub tenant: TenantId,
    /// As the history names it, `token:NAME`.
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub used_at: Option<Timestamp>,
}

impl Token {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

fn token(row: &Row) -> Result<Token, StoreError> {
    let words = row.text("scopes")?;
    let corrupt = |word: &str| StoreError::Corrupt { table: "api_token", column: "scopes", why: format!("`{word}` is no scope") };
    Ok(Token {
        id: row.text("id")?,
        tenant: TenantId(row.int("tenant_id")?),
        name: row.text("name")?,
        scopes: words.split(' ').map(|word| Scope::parse(word).ok_or_else(|| corrupt(word))).collect::<Result<_, _>>()?,
        created_by: row.text("created_by")?,
        created_at: Timestamp(row.int("created_at")?),
        expires_at: row.opt_int("expires_at")?.map(Timestamp),
        revoked_at: row.opt_int("revoked_at")?.map(Timestamp),
        used_at: row.opt_int("used_at")?.map(Timestamp),
    })
}

impl Store {
    /// The token whose holder sends what has this hash, whether or not it still holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn token_hashed(&self, hash: &Hash) -> Result<Option<Token>, StoreError> {
        self.rows(&BY_HASH, &[Value::Blob(hash)]).await?.first().map(token).transpose()
    }

    /// The tokens of a tenant by name, revoked ones included.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tokens(&self, tenant: TenantId) -> Result<Vec<Token>, StoreError> {
        self.rows(&OF_TENANT, &[Value::Int(tenant.0)]).await?.iter().map(token).collect()
    }

    /// Notes that a token is used.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn token_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&USED, &[Value::Text(id), Value::Int(now.0)]).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Keeps a token; `false` if the tenant has or had one of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_token(&mut self, token: &Token, hash: &Hash) -> Result<bool, StoreError> {
        let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let scopes = scopes.join(" ");
        let values = [
            Value::Text(&token.id),
            Value::Int(token.tenant.0),
            Value::Text(&token.name),
            Value::Blob(hash),
            Value::Text(&scopes),
            Value::Text(&token.created_by),
            Value::Int(token.created_at.0),
            Value::OptInt(token.expires_at.map(|at| at.0)),
        ];
        Ok(self.run(&INSERT, &values).await? == 1)
    }

    /// Takes a token back for good; `false` if there is none of this name that holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_token(&mut self, tenant: TenantId, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.run(&REVOKE, &[Value::Int(tenant.0), Value::Text(name), Value::Int(now.0)]).await? == 1)
    }
}
