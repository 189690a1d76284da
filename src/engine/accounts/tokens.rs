//! Tokens of the HTTP API: made, taken back, recognised.

use super::log::Entry;
use super::{AccountError, token_hash, written_token};
use crate::domain::ids::TenantId;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::store::api_tokens::Token;

/// Says in logs and to scanners of leaked secrets what it is.
const PREFIX: &str = "mahnwerk_";
const LONGEST_NAME: usize = 60;
const DAY_MS: i64 = 24 * 3_600_000;
/// Using a token is noted so often at most.
const NOTED_MS: i64 = 60_000;

/// A token to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    pub tenant: TenantId,
    pub name: &'a str,
    pub scopes: &'a [Scope],
    /// For so many days; for good if none.
    pub days: Option<u32>,
}

impl Engine {
    /// Makes a token; what its holder sends, which nobody can be shown again.
    ///
    /// # Errors
    /// [`AccountError::TokenName`], [`AccountError::TokenTaken`], [`AccountError::NoScope`], or when the ledger fails.
    pub async fn make_token(&self, actor: &str, new: &NewToken<'_>) -> Result<String, AccountError> {
        let name = new.name.trim();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(plain) {
            return Err(AccountError::TokenName);
        }
        let scopes: Vec<_> = Scope::ALL.into_iter().filter(|scope| new.scopes.contains(scope)).collect();
        if scopes.is_empty() {
            return Err(AccountError::NoScope);
        }
        let (now, secret) = (self.wall_now(), format!("{PREFIX}{}", written_token(self.entropy.key())));
        let words: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        let token = Token {
            id: self.short_id(),
            tenant: new.tenant,
            name: name.to_owned(),
            scopes,
            created_by: actor.to_owned(),
            created_at: now,
            expires_at: new.days.map(|days| Timestamp(now.0 + i64::from(days) * DAY_MS)),
            revoked_at: None,
            used_at: None,
        };
        let mut tx = self.store.begin().await?;
        if !tx.insert_token(&token, &token_hash(&secret)).await? {
            return Err(AccountError::TokenTaken);
        }
        let detail = words.join(" ");
        let entry = Entry { actor, kind: "token_made", subject: name, tenant: new.tenant, detail: &detail };
        self.log_account(&mut tx, now, &entry).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Takes a token back at once and for good.
    ///
    /// # Errors
    /// [`AccountError::TokenUnknown`], or when the ledger fails.
    pub async fn revoke_token(&self, actor: &str, tenant: TenantId, name: &str) -> Result<(), AccountError> {
        let now = self.wall_now();
        let mut tx = self.store.begin().await?;
        if !tx.revoke_token(tenant, name, now).await? {
            return Err(AccountError::TokenUnknown);
        }
        self.log_account(&mut tx, now, &Entry { actor, kind: "token_revoked", subject: name, tenant, detail: "" }).await?;
        Ok(tx.commit().await?)
    }

    /// The token that this secret opens with, if it holds.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn bearer(&self, secret: &str) -> Result<Option<Token>, AccountError> {
        let now = self.wall_now();
        let found = self.store.token_hashed(&token_hash(secret)).await?.filter(|token| token.holds(now));
        if let Some(token) = found.as_ref().filter(|token| token.used_at.is_none_or(|used| now.0 - used.0 > NOTED_MS)) {
            self.store.token_used(&token.id, now).await?;
        }
        Ok(found)
    }
}

/// A token as an actor of the history.
#[must_use]
pub fn token_actor(name: &str) -> String {
    format!("token:{name}")
}
