//! Accounts: signing in, links that make accounts, second factors, and who may do what where.
//!
//! Every change is written together with an entry of the account log that names who did it. What browsers and links hold is random and kept
//! as a hash only. Roles and rules: `domain/account.rs`; rows: `store/{accounts,sessions,account_log}.rs`; pages: `web/site`.

mod factor;
mod invite;
mod log;
mod manage;
mod password;
mod sign_in;
mod tokens;

pub use invite::Invited;
pub use sign_in::{SignedIn, Viewer};
pub use tokens::{NewToken, token_actor};

use super::error::EngineError;
use super::vault::Unreadable;
use crate::domain::account::WeakPassword;
use crate::domain::chain::Hash;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Why something with an account was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Who it is not said: an address that nobody has looks like a wrong password.
    #[error("e-mail address or password is wrong")]
    Wrong,
    #[error("the code is wrong, or was used before")]
    WrongCode,
    #[error("too many mistakes: nobody can sign in with this address for a while")]
    Locked { until: Timestamp },
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    #[error("there is an account with this e-mail address already")]
    Taken,
    #[error("this is no e-mail address")]
    NoAddress,
    #[error("a name is missing")]
    NoName,
    #[error("this link was used or has expired: ask for a new one")]
    Gone,
    #[error("there is no such account")]
    Unknown,
    #[error("the last owner of all tenants can't be taken away")]
    LastOwner,
    #[error("a token's name has 1 to 60 of the characters a-z A-Z 0-9 - _ .")]
    TokenName,
    #[error("there is or was a token with this name: the history names tokens so")]
    TokenTaken,
    #[error("a token needs at least one scope")]
    NoScope,
    #[error("there is no token with this name that holds")]
    TokenUnknown,
    #[error(transparent)]
    Vault(#[from] Unreadable),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        Self::Engine(EngineError::Store(error))
    }
}

/// What a browser or a link holds, from random bytes.
pub(super) fn written_token(key: [u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// What is kept of a token.
fn token_hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

/// An e-mail address as accounts have it: trimmed, in small letters.
fn address(text: &str) -> Result<String, AccountError> {
    let address = text.trim().to_lowercase();
    let whole = address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'));
    let plain = address.len() <= 254 && !address.chars().any(|character| character.is_whitespace() || character.is_control());
    if whole && plain { Ok(address) } else { Err(AccountError::NoAddress) }
}
