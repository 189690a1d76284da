//! Accounts and what each may do where. Who may call this is decided above; hashes and seals come as arguments.

use super::db::{Row, Store, Tx, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::account::Role;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;

static BY_EMAIL: Statement = Statement::new(
    "account by email",
    "SELECT id, email, name, password, language, theme, totp_secret, totp_step, failures, locked_until, created_at, disabled_at
     FROM account WHERE email = $1",
);
static BY_ID: Statement = Statement::new(
    "account by id",
    "SELECT id, email, name, password, language, theme, totp_secret, totp_step, failures, locked_until, created_at, disabled_at
     FROM account WHERE id = $1",
);
static ALL: Statement = Statement::new(
    "account list",
    "SELECT id, email, name, password, language, theme, totp_secret, totp_step, failures, locked_until, created_at, disabled_at
     FROM account ORDER BY email",
);
static ANY: Statement = Statement::new("account any", "SELECT id FROM account ORDER BY id LIMIT 1");
static INSERT: Statement = Statement::new(
    "account insert",
    "INSERT INTO account (id, email, name, password, language, theme, totp_step, failures, locked_until, created_at)
     VALUES ($1, $2, $3, $4, $5, 'auto', 0, 0, 0, $6)",
);
/// What was tried in vain, and until when nobody may try again; never fewer than another process counted.
static FAILED: Statement = Statement::new("account failed", "UPDATE account SET failures = failures + 1, locked_until = $2 WHERE id = $1");
static PASSED: Statement = Statement::new("account passed", "UPDATE account SET failures = 0, locked_until = 0 WHERE id = $1");
/// Only forwards: of two who bring the same code one is late.
static STEPPED: Statement = Statement::new(
    "account code taken",
    "UPDATE account SET totp_step = $2, failures = 0, locked_until = 0 WHERE id = $1 AND totp_step < $2",
);
static PASSWORD: Statement =
    Statement::new("account password", "UPDATE account SET password = $2, failures = 0, locked_until = 0 WHERE id = $1");
static FACTOR: Statement = Statement::new("account factor", "UPDATE account SET totp_secret = $2, totp_step = $3 WHERE id = $1");
static LOOK: Statement = Statement::new("account look", "UPDATE account SET language = $2, theme = $3 WHERE id = $1");
static DISABLE: Statement = Statement::new("account disable", "UPDATE account SET disabled_at = $2 WHERE id = $1");
static MEMBERSHIPS: Statement =
    Statement::new("membership list", "SELECT account_id, tenant_id, role FROM membership ORDER BY account_id, tenant_id");
static MEMBERSHIPS_OF: Statement =
    Statement::new("memberships of an account", "SELECT tenant_id, role FROM membership WHERE account_id = $1 ORDER BY tenant_id");
static GRANT: Statement = Statement::new(
    "membership grant",
    "INSERT INTO membership (account_id, tenant_id, role) VALUES ($1, $2, $3)
     ON CONFLICT (account_id, tenant_id) DO UPDATE SET role = excluded.role",
);
static REVOKE: Statement = Statement::new("membership revoke", "DELETE FROM membership WHERE account_id = $1 AND tenant_id = $2");

pub(super) const STATEMENTS: &[&Statement] = &[
    &BY_EMAIL,
    &BY_ID,
    &ALL,
    &ANY,
    &INSERT,
    &FAILED,
    &PASSED,
    &STEPPED,
    &PASSWORD,
    &FACTOR,
    &LOOK,
    &DISABLE,
    &MEMBERSHIPS,
    &MEMBERSHIPS_OF,
    &GRANT,
    &REVOKE,
];

/// Stands for all tenants in a membership, those to come included.
pub const EVERY_TENANT: TenantId = TenantId(0);

/// An account as it is kept.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    pub email: String,
    pub name: String,
    /// Argon2id, as a PHC string.
    pub password: String,
    pub language: String,
    pub theme: String,
    /// Sealed.
    pub totp_secret: Option<Vec<u8>>,
    pub totp_step: i64,
    pub failures: i64,
    pub locked_until: Timestamp,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("email", &self.email).finish_non_exhaustive()
    }
}

/// What an account is at a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// [`EVERY_TENANT`]: all of them.
    pub tenant: TenantId,
    pub role: Role,
}

/// An account to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    pub id: &'a str,
    pub email: &'a str,
    pub name: &'a str,
    pub password: &'a str,
    pub language: &'a str,
}

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.text("id")?,
        email: row.text("email")?,
        name: row.text("name")?,
        password: row.text("password")?,
        language: row.text("language")?,
        theme: row.text("theme")?,
        totp_secret: row.opt_blob("totp_secret")?,
        totp_step: row.int("totp_step")?,
        failures: row.int("failures")?,
        locked_until: Timestamp(row.int("locked_until")?),
        created_at: Timestamp(row.int("created_at")?),
        disabled_at: row.opt_int("disabled_at")?.map(Timestamp),
    })
}

pub(super) fn membership(row: &Row) -> Result<Membership, StoreError> {
    let word = row.text("role")?;
    let corrupt = || StoreError::Corrupt { table: "membership", column: "role", why: format!("`{word}` is no role") };
    Ok(Membership { tenant: TenantId(row.int("tenant_id")?), role: Role::parse(&word).ok_or_else(corrupt)? })
}

impl Store {
    /// The account of an e-mail address in small letters.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        self.rows(&BY_EMAIL, &[Value::Text(email)]).await?.first().map(account).transpose()
    }

    /// # Errors
    /// When the database fails.
    pub async fn account(&self, id: &str) -> Result<Option<Account>, StoreError> {
        self.rows(&BY_ID, &[Value::Text(id)]).await?.first().map(account).transpose()
    }

    /// All accounts, by e-mail address, each with what it is where.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self) -> Result<Vec<(Account, Vec<Membership>)>, StoreError> {
        let memberships = self.rows(&MEMBERSHIPS, &[]).await?;
        let mut accounts = Vec::new();
        for row in self.rows(&ALL, &[]).await? {
            let account = account(&row)?;
            let mut own = Vec::new();
            for row in &memberships {
                if row.text("account_id")? == account.id {
                    own.push(membership(row)?);
                }
            }
            accounts.push((account, own));
        }
        Ok(accounts)
    }

    /// Whether anybody can sign in at all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        Ok(!self.rows(&ANY, &[]).await?.is_empty())
    }

    /// # Errors
    /// When the database fails.
    pub async fn memberships(&self, account: &str) -> Result<Vec<Membership>, StoreError> {
        self.rows(&MEMBERSHIPS_OF, &[Value::Text(account)]).await?.iter().map(membership).collect()
    }
}

impl Tx {
    /// # Errors
    /// When the database fails, or an account has this e-mail address.
    pub async fn insert_account(&mut self, new: &NewAccount<'_>, now: Timestamp) -> Result<(), StoreError> {
        let values = [
            Value::Text(new.id),
            Value::Text(new.email),
            Value::Text(new.name),
            Value::Text(new.password),
            Value::Text(new.language),
            Value::Int(now.0),
        ];
        self.run(&INSERT, &values).await.map(drop)
    }

    /// Counts a mistake.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_failed(&mut self, id: &str, locked_until: Timestamp) -> Result<(), StoreError> {
        self.run(&FAILED, &[Value::Text(id), Value::Int(locked_until.0)]).await.map(drop)
    }

    /// Forgets the mistakes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_passed(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(&PASSED, &[Value::Text(id)]).await.map(drop)
    }

    /// Takes the code of a time step; `false` if it was taken before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_code(&mut self, id: &str, step: i64) -> Result<bool, StoreError> {
        Ok(self.run(&STEPPED, &[Value::Text(id), Value::Int(step)]).await? == 1)
    }

    /// # Errors
    /// When the database fails.
    pub async fn set_password(&mut self, id: &str, password: &str) -> Result<(), StoreError> {
        self.run(&PASSWORD, &[Value::Text(id), Value::Text(password)]).await.map(drop)
    }

    /// Sets the second factor's sealed secret and the step that was taken last, or removes it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_second_factor(&mut self, id: &str, secret: Option<&[u8]>, step: i64) -> Result<(), StoreError> {
        self.run(&FACTOR, &[Value::Text(id), Value::OptBlob(secret), Value::Int(step)]).await.map(drop)
    }

    /// Language and theme of the pages.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_look(&mut self, id: &str, language: &str, theme: &str) -> Result<(), StoreError> {
        self.run(&LOOK, &[Value::Text(id), Value::Text(language), Value::Text(theme)]).await.map(drop)
    }

    /// Shuts an account out, or lets it in again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disable_account(&mut self, id: &str, at: Option<Timestamp>) -> Result<(), StoreError> {
        self.run(&DISABLE, &[Value::Text(id), Value::OptInt(at.map(|at| at.0))]).await.map(drop)
    }

    /// # Errors
    /// When the database fails.
    pub async fn grant(&mut self, account: &str, membership: Membership) -> Result<(), StoreError> {
        let values = [Value::Text(account), Value::Int(membership.tenant.0), Value::Text(membership.role.as_str())];
        self.run(&GRANT, &values).await.map(drop)
    }

    /// # Errors
    /// When the database fails.
    pub async fn revoke(&mut self, account: &str, tenant: TenantId) -> Result<(), StoreError> {
        self.run(&REVOKE, &[Value::Text(account), Value::Int(tenant.0)]).await.map(drop)
    }
}
