//! Who may do what where, shutting accounts out, and how one's pages look.

use super::AccountError;
use super::log::Entry;
use super::sign_in::Viewer;
use crate::domain::account::Role;
use crate::domain::ids::TenantId;
use crate::engine::Engine;
use crate::store::accounts::{Account, EVERY_TENANT, Membership};

impl Engine {
    /// Gives an account a role at a tenant, or at all of them.
    ///
    /// # Errors
    /// [`AccountError::LastOwner`], or when the ledger fails.
    pub async fn grant_role(&self, actor: &str, account: &str, membership: Membership) -> Result<(), AccountError> {
        let account = self.store.account(account).await?.ok_or(AccountError::Unknown)?;
        if membership.tenant == EVERY_TENANT && membership.role != Role::Owner {
            self.keep_an_owner(&account).await?;
        }
        let now = self.wall_now();
        let mut tx = self.store.begin().await?;
        tx.grant(&account.id, membership).await?;
        let entry = Entry { actor, kind: "granted", subject: &account.email, tenant: membership.tenant, detail: membership.role.as_str() };
        self.log_account(&mut tx, now, &entry).await?;
        Ok(tx.commit().await?)
    }

    /// Takes an account's role at a tenant away.
    ///
    /// # Errors
    /// [`AccountError::LastOwner`], or when the ledger fails.
    pub async fn revoke_role(&self, actor: &str, account: &str, tenant: TenantId) -> Result<(), AccountError> {
        let account = self.store.account(account).await?.ok_or(AccountError::Unknown)?;
        if tenant == EVERY_TENANT {
            self.keep_an_owner(&account).await?;
        }
        let now = self.wall_now();
        let mut tx = self.store.begin().await?;
        tx.revoke(&account.id, tenant).await?;
        self.log_account(&mut tx, now, &Entry { actor, kind: "revoked", subject: &account.email, tenant, detail: "" }).await?;
        Ok(tx.commit().await?)
    }

    /// Shuts an account out at once, or lets it in again.
    ///
    /// # Errors
    /// [`AccountError::LastOwner`], or when the ledger fails.
    pub async fn shut_out(&self, actor: &str, account: &str, out: bool) -> Result<(), AccountError> {
        let account = self.store.account(account).await?.ok_or(AccountError::Unknown)?;
        if out {
            self.keep_an_owner(&account).await?;
        }
        let now = self.wall_now();
        let mut tx = self.store.begin().await?;
        tx.disable_account(&account.id, out.then_some(now)).await?;
        if out {
            tx.close_other_sessions(&account.id, &[0; 32]).await?;
        }
        let kind = if out { "shut_out" } else { "let_in" };
        self.log_account(&mut tx, now, &Entry::own(kind, actor, &account.email)).await?;
        Ok(tx.commit().await?)
    }

    /// Language (`de`, `en`) and theme (`auto`, `light`, `dark`) of one's pages.
    ///
    /// # Errors
    /// When the ledger fails or has no such word.
    pub async fn set_look(&self, viewer: &Viewer, language: &str, theme: &str) -> Result<(), AccountError> {
        let mut tx = self.store.begin().await?;
        tx.set_look(&viewer.account, language, theme).await?;
        Ok(tx.commit().await?)
    }

    /// Somebody else must be left who owns everything, else nobody could ever let anybody in again.
    async fn keep_an_owner(&self, but: &Account) -> Result<(), AccountError> {
        let owns = |memberships: &[Membership]| {
            memberships.iter().any(|membership| membership.tenant == EVERY_TENANT && membership.role == Role::Owner)
        };
        let accounts = self.store.accounts().await?;
        let other = accounts.iter().any(|(account, own)| account.id != but.id && account.disabled_at.is_none() && owns(own));
        let itself = accounts.iter().any(|(account, own)| account.id == but.id && owns(own));
        if itself && !other { Err(AccountError::LastOwner) } else { Ok(()) }
    }
}
