//! The second factor: begun with a secret that only a right code makes count.

use super::AccountError;
use super::log::Entry;
use super::password::is_password;
use super::sign_in::Viewer;
use crate::domain::totp::accepted_step;
use crate::engine::Engine;
use crate::engine::vault::{Unreadable, Vault};
use crate::store::accounts::Account;

/// As RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

fn purpose(account: &str) -> String {
    format!("second factor of {account}")
}

impl Engine {
    /// What seals this installation's secrets.
    ///
    /// # Errors
    /// When this process was started without its key.
    pub fn vault(&self) -> Result<&Vault, Unreadable> {
        self.vault.get().ok_or(Unreadable)
    }

    /// The secret of an account's second factor.
    pub(super) fn opened_secret(&self, account: &Account) -> Result<Option<Vec<u8>>, AccountError> {
        let Some(sealed) = &account.totp_secret else { return Ok(None) };
        Ok(Some(self.vault()?.open(&purpose(&account.id), sealed)?))
    }

    /// A secret for an app to take, and the same sealed, for the form that brings it back. Nothing is kept yet.
    ///
    /// # Errors
    /// When there is no key to seal with.
    pub fn offer_second_factor(&self, viewer: &Viewer) -> Result<(Vec<u8>, Vec<u8>), AccountError> {
        let secret = self.entropy.key()[..SECRET_BYTES].to_vec();
        let sealed = self.vault()?.seal(self.entropy.as_ref(), &purpose(&viewer.account), &secret)?;
        Ok((secret, sealed))
    }

    /// The secret of a sealed offer, to show it again.
    ///
    /// # Errors
    /// When it is not an offer of ours to this account.
    pub fn offered_secret(&self, viewer: &Viewer, sealed: &[u8]) -> Result<Vec<u8>, AccountError> {
        Ok(self.vault()?.open(&purpose(&viewer.account), sealed)?)
    }

    /// Takes an offered secret as the second factor, if the code shows that the app has it.
    ///
    /// # Errors
    /// [`AccountError::WrongCode`], or when the ledger fails.
    pub async fn take_second_factor(&self, viewer: &Viewer, sealed: &[u8], code: &str) -> Result<(), AccountError> {
        let now = self.wall_now();
        let secret = self.offered_secret(viewer, sealed)?;
        let step = accepted_step(&secret, code, now, 0).ok_or(AccountError::WrongCode)?;
        let mut tx = self.store.begin().await?;
        tx.set_second_factor(&viewer.account, Some(sealed), step).await?;
        tx.close_other_sessions(&viewer.account, &viewer.token).await?;
        self.log_account(&mut tx, now, &Entry::own("second_factor_set", &viewer.actor(), &viewer.email)).await?;
        Ok(tx.commit().await?)
    }

    /// Removes one's own second factor; the password must be said again.
    ///
    /// # Errors
    /// [`AccountError::Wrong`], or when the ledger fails.
    pub async fn drop_second_factor(&self, viewer: &Viewer, password: &str) -> Result<(), AccountError> {
        let account = self.store.account(&viewer.account).await?.ok_or(AccountError::Unknown)?;
        if !is_password(password, Some(&account.password)).await? {
            return Err(AccountError::Wrong);
        }
        let now = self.wall_now();
        let mut tx = self.store.begin().await?;
        tx.set_second_factor(&viewer.account, None, 0).await?;
        self.log_account(&mut tx, now, &Entry::own("second_factor_removed", &viewer.actor(), &viewer.email)).await?;
        Ok(tx.commit().await?)
    }
}
