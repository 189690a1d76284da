//! Webhooks: the tenant's transitions, told to whoever wants to hear them. In order, at least once, from where each was left.
//!
//! How far a webhook was told is a place in the chain and stands in the ledger, so nothing is lost with a process. What is told, and how it
//! is written, says `web/api`; who carries it is a port.

use super::accounts::AccountError;
use super::error::EngineError;
use super::vault::Unreadable;
use super::{Engine, accounts};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::store::history::StoredTransition;
use crate::store::webhooks::{Failure, Webhook};
use futures::future::{BoxFuture, join_all};
use ring::hmac;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Transitions of one message at most.
const BATCH: i64 = 100;
/// How long one message may take; whoever has the turn has it longer.
pub const PATIENCE: Duration = Duration::from_secs(10);
const TURN_MS: i64 = 30_000;
const FIRST_RETRY_MS: i64 = 5_000;
const LONGEST_RETRY_MS: i64 = 3_600_000;
/// Who has not answered for so long is told nothing more until a person or program starts it again.
const GIVEN_UP_MS: i64 = 3 * 24 * 3_600_000;
/// How often it looks for something to tell.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_ERROR: usize = 300;

/// Carries a message.
pub trait Teller: Send + Sync {
    /// Whether a message could be carried to this address at all.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, url: &str) -> Result<(), String>;
    /// Sends it; any answer but a 2xx is an error. The error says what happened.
    fn tell<'a>(&'a self, url: &'a str, signature: &'a str, body: String) -> BoxFuture<'a, Result<(), String>>;
}

/// How transitions are written into a message.
pub type Wording = dyn Fn(&Engine, TenantId, &[StoredTransition]) -> String + Send + Sync;

/// A webhook to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewWebhook<'a> {
    pub tenant: TenantId,
    pub url: &'a str,
    /// Which causes it wants to hear; all if none.
    pub causes: &'a [String],
    /// The place of the chain after which it begins; the end if none.
    pub after: Option<i64>,
}

fn purpose(tenant: TenantId, id: &str) -> String {
    format!("webhook {id} of tenant {tenant}")
}

impl Engine {
    /// Makes a webhook; its id and the key of its signatures, which nobody can be shown again.
    ///
    /// # Errors
    /// When there is no key to seal with, or the ledger fails.
    pub async fn make_webhook(&self, actor: &str, new: &NewWebhook<'_>) -> Result<(String, String), AccountError> {
        let (now, id) = (self.clock.now(), self.short_id());
        let secret = format!("mahnwerk_hook_{}", accounts::written_token(self.entropy.key()));
        let sealed = self.vault()?.seal(self.entropy.as_ref(), &purpose(new.tenant, &id), secret.as_bytes())?;
        let end = self.store.chain_head(new.tenant).await?.0;
        let webhook = Webhook {
            tenant: new.tenant,
            id: id.clone(),
            url: new.url.to_owned(),
            secret: sealed,
            causes: new.causes.to_vec(),
            created_by: actor.to_owned(),
            created_at: now,
            told_seq: new.after.map_or(end, |after| after.min(end)),
            told_at: None,
            failures: 0,
            failing_at: None,
            retry_at: Timestamp(0),
            error: None,
            stopped_at: None,
        };
        let mut tx = self.store.begin().await?;
        tx.insert_webhook(&webhook).await?;
        self.log_thing(&mut tx, now, (actor, "webhook_made", new.url), new.tenant).await?;
        tx.commit().await?;
        Ok((id, secret))
    }

    /// Removes a webhook; `false` if there is none.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn remove_webhook(&self, actor: &str, tenant: TenantId, id: &str) -> Result<bool, AccountError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let found = tx.delete_webhook(tenant, id).await?;
        if found {
            self.log_thing(&mut tx, now, (actor, "webhook_removed", id), tenant).await?;
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Tells a webhook again that had been given up; `false` if there is none.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn restart_webhook(&self, actor: &str, tenant: TenantId, id: &str) -> Result<bool, AccountError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let found = tx.restart_webhook(tenant, id).await?;
        if found {
            self.log_thing(&mut tx, now, (actor, "webhook_restarted", id), tenant).await?;
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Tells all webhooks of all tenants what they have not heard, until told to stop.
    pub async fn tell_webhooks(self: Arc<Self>, teller: Arc<dyn Teller>, wording: Arc<Wording>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let mut more = false;
            for tenant in self.tenants() {
                match self.tell_tenant(tenant, teller.as_ref(), wording.as_ref()).await {
                    Ok(left) => more |= left,
                    Err(error) => tracing::warn!(%error, "webhooks could not be told; trying again"),
                }
            }
            if !more {
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }

    /// Tells each webhook of a tenant one message at most; whether there is more to tell at once.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn tell_tenant(&self, tenant: TenantId, teller: &dyn Teller, wording: &Wording) -> Result<bool, EngineError> {
        let now = self.clock.now();
        let due = self.store.webhooks(tenant).await?.into_iter();
        let due: Vec<_> = due.filter(|webhook| webhook.stopped_at.is_none() && webhook.retry_at <= now).collect();
        if due.is_empty() {
            return Ok(false);
        }
        let end = self.store.chain_head(tenant).await?.0;
        let behind = due.into_iter().filter(|webhook| webhook.told_seq < end);
        let told = join_all(behind.map(|webhook| self.tell_one(webhook, teller, wording))).await;
        told.into_iter().try_fold(false, |more, told| Ok(more | told?))
    }

    async fn tell_one(&self, webhook: Webhook, teller: &dyn Teller, wording: &Wording) -> Result<bool, EngineError> {
        let page = self.store.transitions_after(webhook.tenant, webhook.told_seq, BATCH).await?;
        let Some(last) = page.last().map(|stored| stored.transition.seq) else { return Ok(false) };
        let more = i64::try_from(page.len()).is_ok_and(|count| count == BATCH);
        let wanted: Vec<_> =
            page.into_iter().filter(|stored| webhook.causes.is_empty() || webhook.causes.contains(&stored.transition.cause)).collect();
        let now = self.clock.now();
        if wanted.is_empty() {
            self.store.webhook_told(&webhook, last, now).await?;
            return Ok(more);
        }
        if !self.store.take_webhook_turn(&webhook, Timestamp(now.0 + TURN_MS)).await? {
            return Ok(false);
        }
        let body = wording(self, webhook.tenant, &wanted);
        let told = match self.signature(&webhook, now, &body) {
            Ok(signature) => match tokio::time::timeout(PATIENCE, teller.tell(&webhook.url, &signature, body)).await {
                Ok(told) => told,
                Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
            },
            Err(error) => Err(error.to_string()),
        };
        match told {
            Ok(()) => {
                self.store.webhook_told(&webhook, last, self.clock.now()).await?;
                Ok(more)
            }
            Err(error) => {
                self.note_failure(&webhook, &error).await?;
                Ok(false)
            }
        }
    }

    async fn note_failure(&self, webhook: &Webhook, error: &str) -> Result<(), EngineError> {
        let at = self.clock.now();
        let pause = FIRST_RETRY_MS.saturating_mul(1 << webhook.failures.clamp(0, 20)).min(LONGEST_RETRY_MS);
        let stopped = webhook.failing_at.is_some_and(|since| at.0 - since.0 >= GIVEN_UP_MS);
        let error: String = error.chars().filter(|character| !character.is_control()).take(LONGEST_ERROR).collect();
        tracing::warn!(webhook = webhook.id, url = webhook.url, error, stopped, "a webhook could not be told");
        let failure = Failure { at, retry_at: Timestamp(at.0 + pause), error: &error, stopped };
        Ok(self.store.webhook_failed(webhook, &failure).await?)
    }

    /// `t=SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`.
    fn signature(&self, webhook: &Webhook, at: Timestamp, body: &str) -> Result<String, Unreadable> {
        let secret = self.vault()?.open(&purpose(webhook.tenant, &webhook.id), &webhook.secret)?;
        let seconds = at.0.div_euclid(1000);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), format!("{seconds}.{body}").as_bytes());
        let hex = tag.as_ref().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Ok(format!("t={seconds},v1={hex}"))
    }
}
