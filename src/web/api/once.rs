//! Requests that name an `Idempotency-Key` count once: a repeat gets the first answer again.
//!
//! The key is written before anything is done. If the process dies before the answer is kept, nobody knows whether it was done: calls that
//! are idempotent by themselves are carried out again, all others are answered with that. (IETF draft-ietf-httpapi-idempotency-key-header.)

use super::call::{Answer, Answered, Call, is_final};
use super::problem::{Fault, IN_PROGRESS, INTERNAL, KEY_REUSED, OUTCOME_UNKNOWN, Problem};
use super::routes::Operation;
use crate::domain::chain::Hash;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::store::api_requests::{KeyedRequest, RequestKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// So long an answer is kept.
const KEPT_MS: i64 = 24 * 3_600_000;
/// No call takes longer; a process that is silent for so long has ended.
const LONGEST_MS: i64 = 60_000;
const LONGEST_KEY: usize = 255;

/// The requests that this process is carrying out.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<HashSet<(String, String)>>);

/// Ends with whatever ends it: a call that breaks off runs no more either.
struct Turn<'a> {
    running: &'a Running,
    of: (String, String),
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.of);
    }
}

impl Running {
    /// `None` while this process carries such a request out.
    fn begin(&self, token: &str, key: &str) -> Option<Turn<'_>> {
        let of = (token.to_owned(), key.to_owned());
        let new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(of.clone());
        // Not `then_some`: a turn that is made and thrown away ends the other's.
        new.then(|| Turn { running: self, of })
    }
}

/// A key as the header has it: a text, with or without the quotes that the draft asks for.
pub(super) fn read_key(value: &[u8]) -> Result<String, Problem> {
    let text = std::str::from_utf8(value).unwrap_or_default().trim();
    let key = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        let wanted = format!("must be 1 to {LONGEST_KEY} visible ASCII characters, such as a UUID");
        return Err(Problem::invalid(vec![Fault::of_query("Idempotency-Key", wanted)]));
    }
    Ok(key.to_owned())
}

/// Carries a call out, or answers as the first one with this key was answered.
pub(super) async fn once(call: Call, operation: &'static Operation, key: &str, hash: Hash) -> Answered {
    let (api, token) = (call.api.clone(), call.token.clone());
    let (store, id) = (&api.engine.store, (token.id.as_str(), key));
    let (now, owner) = (api.engine.clock.now(), api.engine.owner.name().to_string());
    let new = KeyedRequest { hash, owner, started_at: now, answer: None };
    // Before it is written: only whoever has the turn may write it, else the one would find what the other wrote and take it for dead.
    let Some(_turn) = api.running.begin(&token.id, key) else {
        return Err(Problem::new(&IN_PROGRESS, "the first request with this key is still running").after(1));
    };
    if let Some(known) = store.begin_request(id, &new, Timestamp(now.0 - KEPT_MS)).await?
        && let Err(answered) = again(&call, operation, key, &new, known).await
    {
        return answered;
    }
    let answered = (operation.handler)(call).await;
    keep(&api.engine, id, operation, &answered).await?;
    answered
}

/// Whether a request that is known already is to be carried out after all; else how it is answered.
async fn again(call: &Call, operation: &'static Operation, key: &str, new: &KeyedRequest, known: KeyedRequest) -> Result<(), Answered> {
    if known.hash != new.hash {
        return Err(Err(Problem::new(&KEY_REUSED, format!("`{key}` was used for another request within the last 24 hours"))));
    }
    if let Some((status, answer)) = known.answer {
        let status = u16::try_from(status).unwrap_or(200);
        return Err(opened(&call.api.engine, (&call.token.id, key), &answer).map(|body| Answer::Json(status, body)));
    }
    let elsewhere = known.owner != new.owner && new.started_at.0 - known.started_at.0 < LONGEST_MS;
    if elsewhere {
        return Err(Err(Problem::new(&IN_PROGRESS, "the first request with this key may still be running in another process").after(1)));
    }
    if !operation.repeatable {
        let why = "the service stopped before it had kept how the first request with this key ended";
        return Err(Err(Problem::new(&OUTCOME_UNKNOWN, why)));
    }
    match call.api.engine.store.take_over_request((&call.token.id, key), new, &known).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Err(Problem::new(&IN_PROGRESS, "another process has taken it over").after(1))),
        Err(error) => Err(Err(error.into())),
    }
}

/// Keeps an answer that would be the same again. What failed for a passing reason may be tried again under the same key, unless it may have
/// been done all the same: a connection that is lost at the end of a transaction does not say.
async fn keep(engine: &Engine, id: RequestKey<'_>, operation: &Operation, answered: &Answered) -> Result<(), Problem> {
    let (status, body) = match answered {
        Ok(Answer::Json(status, body)) => (*status, body.clone()),
        Err(problem) if is_final(problem) => (problem.kind.status, problem.json()),
        Ok(Answer::File { .. }) | Err(_) if operation.repeatable => return Ok(engine.store.drop_request(id).await?),
        Ok(Answer::File { .. }) | Err(_) => return Ok(()),
    };
    let sealed = engine.vault().and_then(|vault| vault.seal(engine.entropy.as_ref(), &purpose(id), body.to_string().as_bytes()));
    let sealed = sealed.map_err(|_| Problem::new(&INTERNAL, "answers can't be kept without the installation's key"))?;
    Ok(engine.store.answer_request(id, i64::from(status), &STANDARD.encode(sealed)).await?)
}

/// Answers are sealed: the one that makes a webhook has its secret.
fn purpose((token, key): RequestKey<'_>) -> String {
    format!("answer to {key} of token {token}")
}

fn opened(engine: &Engine, id: RequestKey<'_>, answer: &str) -> Result<Value, Problem> {
    let opened = STANDARD.decode(answer).ok().and_then(|sealed| engine.vault().ok()?.open(&purpose(id), &sealed).ok());
    let read = opened.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    read.ok_or_else(|| Problem::new(&INTERNAL, "the kept answer can't be read with this installation's key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_and_not_endless() {
        assert_eq!(read_key(b"\"8e03978e-40d5\"").ok().as_deref(), Some("8e03978e-40d5"));
        assert_eq!(read_key(b"abc").ok().as_deref(), Some("abc"));
        for key in [&b""[..], b"\"\"", b"a b", b"\xff", &[b'a'; 256]] {
            assert!(read_key(key).is_err(), "{key:?}");
        }
    }
}
