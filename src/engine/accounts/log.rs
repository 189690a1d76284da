//! Entries of the account log.

use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::store::account_log::AccountEvent;
use crate::store::accounts::EVERY_TENANT;
use crate::store::{StoreError, Tx};

/// What was done, and by whom.
pub(super) struct Entry<'a> {
    pub(super) actor: &'a str,
    pub(super) kind: &'a str,
    pub(super) subject: &'a str,
    pub(super) tenant: TenantId,
    pub(super) detail: &'a str,
}

impl<'a> Entry<'a> {
    /// About the installation, by the one whom it concerns.
    pub(super) fn own(kind: &'a str, actor: &'a str, subject: &'a str) -> Self {
        Self { actor, kind, subject, tenant: EVERY_TENANT, detail: "" }
    }
}

impl Engine {
    pub(super) async fn log_account(&self, tx: &mut Tx, now: Timestamp, entry: &Entry<'_>) -> Result<(), StoreError> {
        let event = AccountEvent {
            id: self.short_id(),
            at: now,
            actor: entry.actor.to_owned(),
            kind: entry.kind.to_owned(),
            subject: entry.subject.to_owned(),
            tenant: entry.tenant,
            detail: entry.detail.to_owned(),
        };
        tx.log_account_event(&event).await
    }

    /// What was done with something of a tenant that is no account: who, what, to which.
    pub(in crate::engine) async fn log_thing(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        (actor, kind, subject): (&str, &str, &str),
        tenant: TenantId,
    ) -> Result<(), StoreError> {
        self.log_account(tx, now, &Entry { actor, kind, subject, tenant, detail: "" }).await
    }

    /// Notes that somebody sent himself a test of a text, and what the mail server said.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn note_test_mail(&self, actor: &str, tenant: TenantId, text: &str, answer: &str) -> Result<(), StoreError> {
        let now = self.wall_now();
        let mut tx = self.store.begin().await?;
        self.log_account(&mut tx, now, &Entry { actor, kind: "test_mail", subject: text, tenant, detail: answer }).await?;
        tx.commit().await
    }

    /// Sixteen random hex digits.
    pub(in crate::engine) fn short_id(&self) -> String {
        let [a, b, c, d, e, f, g, h, ..] = self.entropy.key();
        format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// An account as an actor.
pub(super) fn user(email: &str) -> String {
    format!("user:{email}")
}
