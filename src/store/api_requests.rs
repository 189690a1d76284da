//! Requests of the HTTP API that named an `Idempotency-Key`, with their answers. What a repeat means is decided by `web/api`.

use super::db::{Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::as_hash;
use crate::domain::chain::Hash;
use crate::domain::time::Timestamp;

static BEGIN: Statement = Statement::new(
    "api request begin",
    "INSERT INTO api_request (token_id, request_key, hash, owner, started_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (token_id, request_key) DO NOTHING",
);
static FIND: Statement = Statement::new(
    "api request find",
    "SELECT hash, owner, started_at, status, answer FROM api_request WHERE token_id = $1 AND request_key = $2",
);
static AGAIN: Statement = Statement::new(
    "api request again",
    "UPDATE api_request SET owner = $3, started_at = $4
     WHERE token_id = $1 AND request_key = $2 AND status IS NULL AND owner = $5 AND started_at = $6",
);
static ANSWER: Statement =
    Statement::new("api request answer", "UPDATE api_request SET status = $3, answer = $4 WHERE token_id = $1 AND request_key = $2");
static DROP: Statement =
    Statement::new("api request drop", "DELETE FROM api_request WHERE token_id = $1 AND request_key = $2 AND status IS NULL");
static FORGET: Statement = Statement::new("api request forget", "DELETE FROM api_request WHERE started_at < $1");

pub(super) const STATEMENTS: &[&Statement] = &[&BEGIN, &FIND, &AGAIN, &ANSWER, &DROP, &FORGET];

/// A request that is known under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Of method, path and body.
    pub hash: Hash,
    /// The process that carries it out, or did.
    pub owner: String,
    pub started_at: Timestamp,
    /// Status and sealed answer; `None`: not answered yet, or never.
    pub answer: Option<(i64, String)>,
}

fn request(row: &Row) -> Result<KeyedRequest, StoreError> {
    Ok(KeyedRequest {
        hash: as_hash(row.blob("hash")?, "api_request", "hash")?,
        owner: row.text("owner")?,
        started_at: Timestamp(row.int("started_at")?),
        answer: row.opt_int("status")?.zip(row.opt_text("answer")?),
    })
}

/// Whose key it is, and the key.
pub type RequestKey<'a> = (&'a str, &'a str);

impl Store {
    /// Begins a request under a key, and forgets those that began before `forget`. What is known under the key already, if anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_request(
        &self,
        (token, key): RequestKey<'_>,
        new: &KeyedRequest,
        forget: Timestamp,
    ) -> Result<Option<KeyedRequest>, StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&FORGET, &[Value::Int(forget.0)]).await?;
        let values = [Value::Text(token), Value::Text(key), Value::Blob(&new.hash), Value::Text(&new.owner), Value::Int(new.started_at.0)];
        let begun = tx.run(&BEGIN, &values).await? == 1;
        let known =
            if begun { None } else { tx.rows(&FIND, &[Value::Text(token), Value::Text(key)]).await?.first().map(request).transpose()? };
        tx.commit().await?;
        Ok(known)
    }

    /// Takes over a request whose process has ended before it was answered; `false` if somebody else was faster.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_over_request(
        &self,
        (token, key): RequestKey<'_>,
        new: &KeyedRequest,
        old: &KeyedRequest,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let values = [
            Value::Text(token),
            Value::Text(key),
            Value::Text(&new.owner),
            Value::Int(new.started_at.0),
            Value::Text(&old.owner),
            Value::Int(old.started_at.0),
        ];
        let taken = tx.run(&AGAIN, &values).await? == 1;
        tx.commit().await?;
        Ok(taken)
    }

    /// Keeps how a request was answered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer_request(&self, (token, key): RequestKey<'_>, status: i64, answer: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&ANSWER, &[Value::Text(token), Value::Text(key), Value::Int(status), Value::Text(answer)]).await?;
        tx.commit().await
    }

    /// Forgets a request that changed nothing, so that its key may be used again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_request(&self, (token, key): RequestKey<'_>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&DROP, &[Value::Text(token), Value::Text(key)]).await?;
        tx.commit().await
    }
}
