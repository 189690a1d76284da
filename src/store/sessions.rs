//! Who is signed in, and the links that make accounts. What browsers and links hold is never kept, only its hash.

use super::accounts::Membership;
use super::db::{Row, Store, Tx, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::account::Role;
use crate::domain::chain::Hash;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static FIND: Statement = Statement::new(
    "session find",
    "SELECT s.account_id, s.csrf, s.pending, s.seen_at, a.email, a.name, a.language, a.theme, CAST(CASE WHEN a.totp_secret IS NULL THEN 0 ELSE 1 END AS BIGINT) AS factor
     FROM session s JOIN account a ON a.id = s.account_id WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND a.disabled_at IS NULL",
);
static OPEN: Statement = Statement::new(
    "session open",
    "INSERT INTO session (token_hash, account_id, csrf, pending, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $5, $6)",
);
static SEE: Statement = Statement::new("session see", "UPDATE session SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2");
static CLOSE: Statement = Statement::new("session close", "DELETE FROM session WHERE token_hash = $1");
static CLOSE_ALL: Statement = Statement::new("session close all", "DELETE FROM session WHERE account_id = $1 AND token_hash <> $2");
static FORGET: Statement = Statement::new("session forget", "DELETE FROM session WHERE expires_at < $1");
static INVITE: Statement = Statement::new(
    "invitation insert",
    "INSERT INTO invitation (token_hash, kind, account_id, email, tenant_id, role, made_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
static INVITATION: Statement = Statement::new(
    "invitation find",
    "SELECT kind, account_id, email, tenant_id, role, made_by FROM invitation WHERE token_hash = $1 AND expires_at > $2 AND used_at IS NULL",
);
static USE: Statement =
    Statement::new("invitation use", "UPDATE invitation SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2");
/// The first link is made anew at each start, and nobody shall find an old one.
static VOID_FIRST: Statement =
    Statement::new("invitation void first", "UPDATE invitation SET used_at = $1 WHERE kind = 'first' AND used_at IS NULL");

pub(super) const STATEMENTS: &[&Statement] = &[&FIND, &OPEN, &SEE, &CLOSE, &CLOSE_ALL, &FORGET, &INVITE, &INVITATION, &USE, &VOID_FIRST];

/// A session with whose it is.
#[derive(Clone, Debug)]
pub struct Session {
    pub account: String,
    pub csrf: String,
    /// The second factor is still to come.
    pub pending: bool,
    pub seen_at: Timestamp,
    pub email: String,
    pub name: String,
    pub language: String,
    pub theme: String,
    pub has_second_factor: bool,
}

/// A session to be opened.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    pub token: Hash,
    pub account: &'a str,
    pub csrf: &'a str,
    pub pending: bool,
    pub expires_at: Timestamp,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationKind {
    /// Makes the first account.
    First,
    Invite,
    /// Sets an account's password anew.
    Reset,
}

impl InvitationKind {
    const ALL: [Self; 3] = [Self::First, Self::Invite, Self::Reset];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Invite => "invite",
            Self::Reset => "reset",
        }
    }
}

/// A link that makes an account or sets its password, once.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub kind: InvitationKind,
    pub account: Option<String>,
    /// Empty: whoever uses it says his own.
    pub email: String,
    pub membership: Membership,
    pub made_by: String,
}

fn session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        account: row.text("account_id")?,
        csrf: row.text("csrf")?,
        pending: row.int("pending")? == 1,
        seen_at: Timestamp(row.int("seen_at")?),
        email: row.text("email")?,
        name: row.text("name")?,
        language: row.text("language")?,
        theme: row.text("theme")?,
        has_second_factor: row.int("factor")? == 1,
    })
}

fn invitation(row: &Row) -> Result<Invitation, StoreError> {
    let corrupt = |column, word: &str| StoreError::Corrupt { table: "invitation", column, why: format!("`{word}` is unknown") };
    let (kind, role) = (row.text("kind")?, row.text("role")?);
    Ok(Invitation {
        kind: InvitationKind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(|| corrupt("kind", &kind))?,
        account: row.opt_text("account_id")?,
        email: row.text("email")?,
        membership: Membership { tenant: TenantId(row.int("tenant_id")?), role: Role::parse(&role).ok_or_else(|| corrupt("role", &role))? },
        made_by: row.text("made_by")?,
    })
}

impl Store {
    /// The session of a token, unless it has ended, was not used since `idle_since`, or its account is shut out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, token: &Hash, now: Timestamp, idle_since: Timestamp) -> Result<Option<Session>, StoreError> {
        let values = [Value::Blob(token), Value::Int(now.0), Value::Int(idle_since.0)];
        self.rows(&FIND, &values).await?.first().map(session).transpose()
    }

    /// An invitation that still holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invitation(&self, token: &Hash, now: Timestamp) -> Result<Option<Invitation>, StoreError> {
        self.rows(&INVITATION, &[Value::Blob(token), Value::Int(now.0)]).await?.first().map(invitation).transpose()
    }

    /// Notes that a session is used.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn see_session(&self, token: &Hash, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&SEE, &[Value::Blob(token), Value::Int(now.0)]).await?;
        tx.commit().await
    }

    /// # Errors
    /// When the database fails.
    pub async fn close_session(&self, token: &Hash) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run(&CLOSE, &[Value::Blob(token)]).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Opens a session and forgets those that ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_session(&mut self, new: &NewSession<'_>, now: Timestamp) -> Result<(), StoreError> {
        self.run(&FORGET, &[Value::Int(now.0)]).await?;
        let values = [
            Value::Blob(&new.token),
            Value::Text(new.account),
            Value::Text(new.csrf),
            Value::Int(i64::from(new.pending)),
            Value::Int(now.0),
            Value::Int(new.expires_at.0),
        ];
        self.run(&OPEN, &values).await.map(drop)
    }

    /// Closes all sessions of an account but one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_other_sessions(&mut self, account: &str, but: &Hash) -> Result<(), StoreError> {
        self.run(&CLOSE_ALL, &[Value::Text(account), Value::Blob(but)]).await.map(drop)
    }

    /// # Errors
    /// When the database fails.
    pub async fn close_session(&mut self, token: &Hash) -> Result<(), StoreError> {
        self.run(&CLOSE, &[Value::Blob(token)]).await.map(drop)
    }

    /// Keeps a link; a first one takes the place of those before it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_invitation(
        &mut self,
        token: &Hash,
        new: &Invitation,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        if new.kind == InvitationKind::First {
            self.run(&VOID_FIRST, &[Value::Int(now.0)]).await?;
        }
        let values = [
            Value::Blob(token),
            Value::Text(new.kind.as_str()),
            Value::OptText(new.account.as_deref()),
            Value::Text(&new.email),
            Value::Int(new.membership.tenant.0),
            Value::Text(new.membership.role.as_str()),
            Value::Text(&new.made_by),
            Value::Int(now.0),
            Value::Int(expires_at.0),
        ];
        self.run(&INVITE, &values).await.map(drop)
    }

    /// Uses a link up; `false` if somebody has, or it does not hold any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_invitation(&mut self, token: &Hash, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.run(&USE, &[Value::Blob(token), Value::Int(now.0)]).await? == 1)
    }
}
