//! Signing in and out, and who is signed in.

use super::log::{Entry, user};
use super::password::is_password;
use super::{AccountError, token_hash, written_token};
use crate::domain::account::{Right, Role, locked_until};
use crate::domain::chain::Hash;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::domain::totp::accepted_step;
use crate::engine::Engine;
use crate::store::accounts::{Account, EVERY_TENANT, Membership};
use crate::store::sessions::{NewSession, Session};

/// Who does nothing for so long is signed out.
const IDLE_MS: i64 = 12 * 3_600_000;
/// Who is signed in must say his password again after so long.
const LONGEST_MS: i64 = 7 * 24 * 3_600_000;
/// A code is typed within so long.
const CODE_MS: i64 = 10 * 60_000;
/// Using a session is noted so often at most.
const NOTED_MS: i64 = 60_000;

/// Who looks at a page.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub account: String,
    pub email: String,
    pub name: String,
    pub language: String,
    pub theme: String,
    /// What forms of this session carry.
    pub csrf: String,
    pub has_second_factor: bool,
    pub memberships: Vec<Membership>,
    pub(super) token: Hash,
}

impl Viewer {
    /// The highest of what he is at a tenant and at all of them.
    #[must_use]
    pub fn role(&self, tenant: TenantId) -> Option<Role> {
        let here = self.memberships.iter().filter(|membership| membership.tenant == tenant || membership.tenant == EVERY_TENANT);
        here.map(|membership| membership.role).max()
    }

    /// Whether he may do it for the whole installation.
    #[must_use]
    pub fn may_everywhere(&self, right: Right) -> bool {
        self.role(EVERY_TENANT).is_some_and(|role| role.may(right))
    }

    /// As the history names him.
    #[must_use]
    pub fn actor(&self) -> String {
        user(&self.email)
    }
}

/// A session that was opened.
#[derive(Debug)]
pub struct SignedIn {
    /// For the browser to keep.
    pub token: String,
    /// The second factor is still to come.
    pub needs_code: bool,
}

impl Engine {
    /// Opens a session for whoever knows the password.
    ///
    /// # Errors
    /// [`AccountError::Wrong`], [`AccountError::Locked`], or when the ledger fails.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, AccountError> {
        let email = email.trim().to_lowercase();
        let account = self.store.account_by_email(&email).await?.filter(|account| account.disabled_at.is_none());
        let now = self.wall_now();
        if let Some(account) = account.as_ref().filter(|account| account.locked_until > now) {
            return Err(AccountError::Locked { until: account.locked_until });
        }
        let right = is_password(password, account.as_ref().map(|account| account.password.as_str())).await?;
        let Some(account) = account.filter(|_| right) else {
            self.note_mistake(&email, "password").await?;
            return Err(AccountError::Wrong);
        };
        self.open_session(&account, account.totp_secret.is_some()).await
    }

    /// Opens a session of an account whose password was right.
    pub(super) async fn open_session(&self, account: &Account, needs_code: bool) -> Result<SignedIn, AccountError> {
        let now = self.wall_now();
        let (token, csrf) = (written_token(self.entropy.key()), written_token(self.entropy.key()));
        let lasts = if needs_code { CODE_MS } else { LONGEST_MS };
        let session = NewSession {
            token: token_hash(&token),
            account: &account.id,
            csrf: &csrf,
            pending: needs_code,
            expires_at: Timestamp(now.0 + lasts),
        };
        let mut tx = self.store.begin().await?;
        tx.open_session(&session, now).await?;
        if !needs_code {
            tx.account_passed(&account.id).await?;
            self.log_account(&mut tx, now, &Entry::own("signed_in", &user(&account.email), &account.email)).await?;
        }
        tx.commit().await?;
        Ok(SignedIn { token, needs_code })
    }

    /// Brings the second factor of a session that waits for it; the session that takes its place.
    ///
    /// # Errors
    /// [`AccountError::WrongCode`], [`AccountError::Locked`], [`AccountError::Gone`] when it waits no more, or when the ledger fails.
    pub async fn bring_code(&self, token: &str, code: &str) -> Result<SignedIn, AccountError> {
        let now = self.wall_now();
        let session = self.live_session(&token_hash(token)).await?.filter(|session| session.pending).ok_or(AccountError::Gone)?;
        let account = self.store.account(&session.account).await?.ok_or(AccountError::Gone)?;
        if account.locked_until > now {
            return Err(AccountError::Locked { until: account.locked_until });
        }
        let secret = self.opened_secret(&account)?.ok_or(AccountError::Gone)?;
        let Some(step) = accepted_step(&secret, code, now, account.totp_step) else {
            self.note_mistake(&account.email, "code").await?;
            return Err(AccountError::WrongCode);
        };
        let mut tx = self.store.begin().await?;
        if !tx.take_code(&account.id, step).await? {
            return Err(AccountError::WrongCode);
        }
        tx.close_session(&token_hash(token)).await?;
        tx.commit().await?;
        self.open_session(&account, false).await
    }

    async fn note_mistake(&self, email: &str, what: &str) -> Result<(), AccountError> {
        let Some(account) = self.store.account_by_email(email).await? else { return Ok(()) };
        let now = self.wall_now();
        let until = locked_until(account.failures + 1, now);
        let (kind, actor) = (if until > now { "locked" } else { "refused" }, user(email));
        let mut tx = self.store.begin().await?;
        tx.account_failed(&account.id, until).await?;
        self.log_account(&mut tx, now, &Entry { detail: what, ..Entry::own(kind, &actor, email) }).await?;
        Ok(tx.commit().await?)
    }

    async fn live_session(&self, token: &Hash) -> Result<Option<Session>, AccountError> {
        let now = self.wall_now();
        Ok(self.store.session(token, now, Timestamp(now.0 - IDLE_MS)).await?)
    }

    /// Who holds this token, if he is signed in wholly.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn viewer(&self, token: &str) -> Result<Option<Viewer>, AccountError> {
        let hash = token_hash(token);
        let Some(session) = self.live_session(&hash).await?.filter(|session| !session.pending) else { return Ok(None) };
        let now = self.wall_now();
        if now.0 - session.seen_at.0 > NOTED_MS {
            self.store.see_session(&hash, now).await?;
        }
        let memberships = self.store.memberships(&session.account).await?;
        let Session { account, csrf, email, name, language, theme, has_second_factor, .. } = session;
        Ok(Some(Viewer { account, email, name, language, theme, csrf, has_second_factor, memberships, token: hash }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn sign_out(&self, viewer: &Viewer) -> Result<(), AccountError> {
        Ok(self.store.close_session(&viewer.token).await?)
    }
}
