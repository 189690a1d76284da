//! Passwords as argon2id hashes. Hashing takes tens of milliseconds and 19 MB on purpose, so it happens beside the async threads, and
//! only a few at once.

use super::AccountError;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// OWASP's second choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Whoever floods the sign-in page waits here, and nothing else does.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Compared where there is no account, so that its absence takes as long as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hashed("nobody's", &[0; 16]).unwrap_or_default());

fn cipher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default())
}

fn hashed(password: &str, salt: &[u8]) -> Result<String, EngineError> {
    let hash = cipher().hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|hash| hash.to_string()).map_err(|error| EngineError::Invalid(format!("the password could not be hashed: {error}")))
}

async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AccountError> {
    let _turn = AT_ONCE.acquire().await;
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| EngineError::Invalid(format!("hashing was broken off: {error}")).into())
}

impl Engine {
    pub(super) async fn hash_password(&self, password: &str) -> Result<String, AccountError> {
        let (password, salt) = (password.to_owned(), self.entropy.key());
        Ok(beside(move || hashed(&password, &salt[..16])).await??)
    }
}

/// Whether it is the password of `hash`; without one it takes as long and is not.
pub(super) async fn is_password(password: &str, hash: Option<&str>) -> Result<bool, AccountError> {
    let (password, hash) = (password.to_owned(), hash.map(ToOwned::to_owned));
    beside(move || {
        let held = hash.as_deref().unwrap_or(&NOBODY);
        cipher().verify_password(password.as_bytes(), held).is_ok() && hash.is_some()
    })
    .await
}
