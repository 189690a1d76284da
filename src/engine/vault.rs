//! Seals what nobody shall read in the database: secrets of second factors, passwords of senders, keys of sources.
//!
//! AES-256-GCM with a key that is kept outside the database; what a secret is for is bound to it, so that none can take another's place.

use super::clock::Entropy;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Seals and opens.
pub struct Vault {
    key: LessSafeKey,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// What was sealed can't be opened: another key, another purpose, or altered bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret in the ledger can't be read with this installation's key file ([server] key_file)")]
pub struct Unreadable;

impl Vault {
    /// # Panics
    /// Never: the key has the cipher's length.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the length is in the type")]
    pub fn new(key: &[u8; 32]) -> Self {
        Self { key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are this cipher's key")) }
    }

    /// # Errors
    /// When the secret is larger than the cipher takes, which no secret is.
    pub fn seal(&self, entropy: &dyn Entropy, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&entropy.key()[..NONCE_LEN]);
        let mut sealed = secret.to_vec();
        let sealing = self.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut sealed);
        sealing.map_err(|_| Unreadable)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// # Errors
    /// [`Unreadable`].
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(Unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unreadable)?;
        let mut body = body.to_vec();
        let opened = self.key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut body).map_err(|_| Unreadable)?;
        Ok(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::clock::SystemEntropy;

    #[test]
    fn what_was_sealed_opens_with_the_same_key_and_purpose_only() {
        let vault = Vault::new(&[7; 32]);
        let sealed = vault.seal(&SystemEntropy, "factor:1", b"secret").expect("it seals");
        assert_ne!(sealed, vault.seal(&SystemEntropy, "factor:1", b"secret").expect("it seals"));
        assert_eq!(vault.open("factor:1", &sealed).as_deref(), Ok(&b"secret"[..]));
        assert_eq!(vault.open("factor:2", &sealed), Err(Unreadable));
        assert_eq!(Vault::new(&[8; 32]).open("factor:1", &sealed), Err(Unreadable));
        let mut altered = sealed.clone();
        altered[NONCE_LEN] ^= 1;
        assert_eq!(vault.open("factor:1", &altered), Err(Unreadable));
        assert_eq!(vault.open("factor:1", &sealed[..5]), Err(Unreadable));
    }
}
