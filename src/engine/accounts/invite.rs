//! Links that make an account or set its password, once.

use super::log::{Entry, user};
use super::sign_in::{SignedIn, Viewer};
use super::{AccountError, address, token_hash, written_token};
use crate::domain::account::{Role, check_password};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::store::accounts::{Account, EVERY_TENANT, Membership, NewAccount};
use crate::store::sessions::{Invitation, InvitationKind};
use crate::store::{StoreError, Tx};

const FIRST_MS: i64 = 24 * 3_600_000;
const INVITE_MS: i64 = 7 * 24 * 3_600_000;
const RESET_MS: i64 = 24 * 3_600_000;

/// What whoever follows a link says of himself.
#[derive(Clone, Copy, Debug)]
pub struct Invited<'a> {
    /// Only the first account says its address; others are invited at theirs.
    pub email: &'a str,
    pub name: &'a str,
    pub password: &'a str,
    pub language: &'a str,
}

impl Engine {
    /// The link that makes the first account; `None` once there is one. Each call makes the links before it void.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn first_link(&self) -> Result<Option<String>, AccountError> {
        if self.store.has_accounts().await? {
            return Ok(None);
        }
        let first = Invitation {
            kind: InvitationKind::First,
            account: None,
            email: String::new(),
            membership: Membership { tenant: EVERY_TENANT, role: Role::Owner },
            made_by: "system".to_owned(),
        };
        let mut tx = self.store.begin().await?;
        let token = self.keep_link(&mut tx, &first, FIRST_MS).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// A link for a new account at this address, with this role.
    ///
    /// # Errors
    /// [`AccountError::Taken`], [`AccountError::NoAddress`], or when the ledger fails.
    pub async fn invite(&self, actor: &str, email: &str, membership: Membership) -> Result<String, AccountError> {
        let email = address(email)?;
        if self.store.account_by_email(&email).await?.is_some() {
            return Err(AccountError::Taken);
        }
        let new = Invitation { kind: InvitationKind::Invite, account: None, email, membership, made_by: actor.to_owned() };
        self.make_link(actor, "invited", &new, INVITE_MS).await
    }

    /// A link that sets the password of an account anew; its second factor stays.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], or when the ledger fails.
    pub async fn reset_link(&self, actor: &str, email: &str) -> Result<String, AccountError> {
        let account = self.store.account_by_email(&address(email)?).await?.ok_or(AccountError::Unknown)?;
        let membership = Membership { tenant: EVERY_TENANT, role: Role::Auditor };
        let (kind, made_by) = (InvitationKind::Reset, actor.to_owned());
        let new = Invitation { kind, account: Some(account.id), email: account.email, membership, made_by };
        self.make_link(actor, "password_link", &new, RESET_MS).await
    }

    async fn make_link(&self, actor: &str, kind: &str, new: &Invitation, lasts_ms: i64) -> Result<String, AccountError> {
        let mut tx = self.store.begin().await?;
        let token = self.keep_link(&mut tx, new, lasts_ms).await?;
        let detail = if new.kind == InvitationKind::Reset { "" } else { new.membership.role.as_str() };
        let entry = Entry { actor, kind, subject: &new.email, tenant: new.membership.tenant, detail };
        self.log_account(&mut tx, self.wall_now(), &entry).await?;
        tx.commit().await?;
        Ok(token)
    }

    async fn keep_link(&self, tx: &mut Tx, new: &Invitation, lasts_ms: i64) -> Result<String, StoreError> {
        let (token, now) = (written_token(self.entropy.key()), self.wall_now());
        tx.insert_invitation(&token_hash(&token), new, now, Timestamp(now.0 + lasts_ms)).await?;
        Ok(token)
    }

    /// What a link is for.
    ///
    /// # Errors
    /// [`AccountError::Gone`], or when the ledger fails.
    pub async fn invitation(&self, token: &str) -> Result<Invitation, AccountError> {
        self.store.invitation(&token_hash(token), self.wall_now()).await?.ok_or(AccountError::Gone)
    }

    /// Makes the account that a link is for, or sets its password, and signs in.
    ///
    /// # Errors
    /// [`AccountError::Gone`], what is wrong with what was said, or when the ledger fails.
    pub async fn accept(&self, token: &str, said: &Invited<'_>) -> Result<SignedIn, AccountError> {
        let invitation = self.invitation(token).await?;
        let account = match &invitation.account {
            Some(id) => self.set_password_by_link(token, id, said.password).await?,
            None => self.make_account(token, &invitation, said).await?,
        };
        self.open_session(&account, account.totp_secret.is_some()).await
    }

    async fn set_password_by_link(&self, token: &str, id: &str, password: &str) -> Result<Account, AccountError> {
        let account = self.store.account(id).await?.ok_or(AccountError::Gone)?;
        check_password(password, &account.email, &account.name)?;
        let hash = self.hash_password(password).await?;
        let now = self.wall_now();
        let mut tx = self.store.begin().await?;
        if !tx.use_invitation(&token_hash(token), now).await? {
            return Err(AccountError::Gone);
        }
        tx.set_password(id, &hash).await?;
        tx.close_other_sessions(id, &[0; 32]).await?;
        self.log_account(&mut tx, now, &Entry::own("password_set", &user(&account.email), &account.email)).await?;
        tx.commit().await?;
        Ok(account)
    }

    async fn make_account(&self, token: &str, invitation: &Invitation, said: &Invited<'_>) -> Result<Account, AccountError> {
        let email = address(if invitation.email.is_empty() { said.email } else { &invitation.email })?;
        let name = said.name.trim();
        if name.is_empty() {
            return Err(AccountError::NoName);
        }
        check_password(said.password, &email, name)?;
        if self.store.account_by_email(&email).await?.is_some() {
            return Err(AccountError::Taken);
        }
        let hash = self.hash_password(said.password).await?;
        let (id, now) = (self.short_id(), self.wall_now());
        let mut tx = self.store.begin().await?;
        if !tx.use_invitation(&token_hash(token), now).await? {
            return Err(AccountError::Gone);
        }
        tx.insert_account(&NewAccount { id: &id, email: &email, name, password: &hash, language: said.language }, now).await?;
        tx.grant(&id, invitation.membership).await?;
        let detail = format!("{}, by the link of {}", invitation.membership.role.as_str(), invitation.made_by);
        let actor = user(&email);
        let entry = Entry { actor: &actor, kind: "created", subject: &email, tenant: invitation.membership.tenant, detail: &detail };
        self.log_account(&mut tx, now, &entry).await?;
        tx.commit().await?;
        self.store.account(&id).await?.ok_or(AccountError::Gone)
    }

    /// Sets one's own password; the old one must be said. All other sessions end.
    ///
    /// # Errors
    /// [`AccountError::Wrong`], [`AccountError::Weak`], or when the ledger fails.
    pub async fn change_password(&self, viewer: &Viewer, old: &str, new: &str) -> Result<(), AccountError> {
        let account = self.store.account(&viewer.account).await?.ok_or(AccountError::Unknown)?;
        if !super::password::is_password(old, Some(&account.password)).await? {
            return Err(AccountError::Wrong);
        }
        check_password(new, &account.email, &account.name)?;
        let hash = self.hash_password(new).await?;
        let now = self.wall_now();
        let mut tx = self.store.begin().await?;
        tx.set_password(&viewer.account, &hash).await?;
        tx.close_other_sessions(&viewer.account, &viewer.token).await?;
        self.log_account(&mut tx, now, &Entry::own("password_set", &viewer.actor(), &viewer.email)).await?;
        Ok(tx.commit().await?)
    }
}
