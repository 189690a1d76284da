//! The last-stage notice: a mail to the creditor that names the invoices whose last stage was sent, at most one a tenant and day.
//!
//! The mail of a day tells of the days before, so that one mail has all of a day. What it tells is fixed, composed and committed before it
//! leaves, and how it ended afterwards; of one whose sender died meanwhile nobody knows, and it is not sent again. How it is worded and
//! carried is a port. It takes no slot of a throttle and heeds neither windows nor the owner's switch, but never leaves from a fenced ledger.

use super::Engine;
use super::error::EngineError;
use super::ports::{Envelope, Outcome, OwnerMail, OwnerPost};
use super::unit::Unit;
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::tenant::TenantSettings;
use crate::domain::time::{Timestamp, midnight};
use crate::store::documents::Document;
use crate::store::owner_notices::{OwnerNotice, OwnerNoticeEnd, Reached};
use crate::store::statement::Dialect;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Invoices of one mail at most; what is beyond stands in the next one.
const MOST: usize = 500;
/// How often it looks for something to tell.
const PAUSE: Duration = Duration::from_secs(30);
const LONGEST_REPLY: usize = 300;
const LOST: &str = "the process ended while it was being sent";

/// The address of an invoice's page, by the tenant's name; `None`: nobody knows under which address the pages are reached.
pub type InvoiceLink = dyn Fn(&str, InvoiceId) -> Option<String> + Send + Sync;

impl Engine {
    /// Tells the creditors of all tenants, until it is told to stop.
    pub async fn tell_owners(self: Arc<Self>, post: Arc<dyn OwnerPost>, link: Arc<InvoiceLink>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            for tenant in self.tenants() {
                if let Err(error) = self.tell_owner(tenant, post.as_ref(), link.as_ref()).await {
                    tracing::warn!(%error, tenant = tenant.0, "the last-stage notice could not be made; trying again");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Sends what is due to a tenant's creditor now: one mail at most.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn tell_owner(&self, tenant: TenantId, post: &dyn OwnerPost, link: &InvoiceLink) -> Result<(), EngineError> {
        let settings = self.tenant(tenant)?.settings.clone();
        let newest = self.store.newest_owner_notice(tenant).await?;
        if let Some(started) = newest.as_ref().filter(|newest| newest.state == "started") {
            return self.give_up_if_lost(tenant, started).await;
        }
        if settings.last_stage_notice.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let begun = match newest {
            None => return self.begin_at_the_end(&settings, now).await,
            Some(waiting) if waiting.state == "retry" => {
                if waiting.due_at > now {
                    return Ok(());
                }
                self.begin_owner_mail_again(tenant, waiting, now).await?
            }
            Some(newest) => {
                let today = now.date_in(settings.zone);
                if newest.state != "begins" && newest.on >= today {
                    return Ok(());
                }
                let after = self.store.owner_told_up_to(tenant).await?.unwrap_or(0);
                if days_before(self.store.reached_last_stage(tenant, after, 1).await?, &settings, today).is_empty() {
                    return Ok(());
                }
                self.begin_owner_mail(&settings, &newest, (after, today), post, link).await?
            }
        };
        let Some((row, message)) = begun else { return Ok(()) };
        let envelope = Envelope { from: settings.mail.from.clone(), recipients: vec![row.recipient.clone()] };
        let name = format!("last-stage-{}-{}", settings.name, row.on);
        let outcome = post.send(tenant, &name, &envelope, &message.bytes).await;
        self.end_owner_mail(tenant, (row.id, row.attempt), outcome).await
    }

    /// Nothing of the past is told to whoever switches it on.
    async fn begin_at_the_end(&self, settings: &TenantSettings, now: Timestamp) -> Result<(), EngineError> {
        let Some(mut unit) = self.unfenced(settings.id).await? else { return Ok(()) };
        if unit.tx.newest_owner_notice().await?.is_none() {
            let end = unit.tx.chain_end();
            unit.tx.insert_owner_notice(&row_of("begins", settings, (now.date_in(settings.zone), now), end)).await?;
        }
        unit.commit_keeping_facts().await?;
        Ok(())
    }

    /// A unit of a tenant whose ledger is not fenced.
    async fn unfenced(&self, tenant: TenantId) -> Result<Option<Unit>, EngineError> {
        let held = self.tenant(tenant)?;
        let unit = Unit::begin(&self.store, held, self.clock.now(), "system").await?;
        if unit.tx.is_fenced() {
            unit.commit_keeping_facts().await?;
            return Ok(None);
        }
        Ok(Some(unit))
    }

    /// Fixes what today's mail tells and makes it durable; `None`: there is nothing to send.
    async fn begin_owner_mail(
        &self,
        settings: &TenantSettings,
        seen: &OwnerNotice,
        (after, today): (i64, NaiveDate),
        post: &dyn OwnerPost,
        link: &InvoiceLink,
    ) -> Result<Option<(OwnerNotice, Document)>, EngineError> {
        let owner = self.owner.present().await;
        let Some(mut unit) = self.unfenced(settings.id).await? else { return Ok(None) };
        if unit.tx.newest_owner_notice().await?.as_ref() != Some(seen) {
            return Ok(None);
        }
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        let reached = days_before(unit.tx.reached_last_stage(after, most).await?, settings, today);
        let Some(last) = reached.last() else { return Ok(None) };
        let mail = OwnerMail {
            tenant: settings.id,
            message_id: format!("last-stage-{}", self.short_id()),
            at: unit.now,
            identity: &settings.mail,
            language: &settings.language,
            recipient: &settings.last_stage_notice,
            invoices: reached.iter().map(|reached| (reached, link(&settings.name, reached.invoice))).collect(),
        };
        let mut row = OwnerNotice {
            upto_seq: last.seq,
            invoices: i64::try_from(reached.len()).unwrap_or(0),
            attempt: 1,
            lease_until: self.lost_at(unit.now),
            owner: owner.to_string(),
            ..row_of("started", settings, (today, unit.now), after)
        };
        let made = post.compose(&mail);
        match &made {
            Ok(message) => row.mail_hash = Some(unit.tx.put_document(message, unit.now).await?),
            Err(why) => (row.state, row.reply, row.ended_at) = ("failed".to_owned(), Some(shortened(why)), Some(unit.now)),
        }
        row.id = unit.tx.insert_owner_notice(&row).await?;
        note(&mut unit, row.id, if made.is_ok() { "started" } else { "failed" }, Some(row.invoices));
        unit.commit_keeping_facts().await?;
        Ok(made.ok().map(|message| (row, message)))
    }

    /// The next attempt of a mail of which nothing has left.
    async fn begin_owner_mail_again(
        &self,
        tenant: TenantId,
        waiting: OwnerNotice,
        now: Timestamp,
    ) -> Result<Option<(OwnerNotice, Document)>, EngineError> {
        let message = match &waiting.mail_hash {
            Some(hash) => self.store.document(tenant, hash).await?,
            None => None,
        };
        let message = message.ok_or_else(|| EngineError::NotFound(format!("the mail of owner notice {}", waiting.id)))?;
        let owner = self.owner.present().await;
        let Some(mut unit) = self.unfenced(tenant).await? else { return Ok(None) };
        if !unit.tx.try_owner_notice_again(&waiting, now, self.lost_at(now), &owner).await? {
            return Ok(None);
        }
        unit.commit_keeping_facts().await?;
        Ok(Some((OwnerNotice { attempt: waiting.attempt + 1, ..waiting }, message)))
    }

    async fn end_owner_mail(&self, tenant: TenantId, (id, attempt): (i64, i64), outcome: Outcome) -> Result<(), EngineError> {
        let at = self.clock.now();
        let (state, reply, due_at) = match outcome {
            Outcome::Done { reply } => ("sent", reply, at),
            Outcome::Failed { reason } => ("failed", reason, at),
            Outcome::Unknown { reason } => ("unknown", reason, at),
            Outcome::Retry { reason, after } => {
                let asked = after.map(|after| at.plus_seconds(i64::try_from(after.as_secs()).unwrap_or(0)));
                match self.limits.backoff.next(u32::try_from(attempt).unwrap_or(u32::MAX), at) {
                    Some(next) => ("retry", reason, asked.map_or(next, |asked| asked.max(next))),
                    None => ("failed", reason, at),
                }
            }
        };
        if state != "sent" {
            tracing::warn!(tenant = tenant.0, state, reply, "the last-stage notice did not go well");
        }
        let reply = shortened(&reply);
        self.keep_end(tenant, &OwnerNoticeEnd { id, attempt, state, due_at, reply: &reply, at }).await
    }

    /// Of a mail whose sender is dead, or silent for too long, nobody knows whether it left: it is not sent again.
    async fn give_up_if_lost(&self, tenant: TenantId, started: &OwnerNotice) -> Result<(), EngineError> {
        let now = self.clock.now();
        // On an embedded ledger no other process than this one can be alive.
        let embedded = self.store.dialect() == Dialect::Sqlite;
        let dead = (embedded && *started.owner != *self.owner.name()) || self.store.has_process_ended(&started.owner).await?;
        if !dead && started.lease_until > now {
            return Ok(());
        }
        let end = OwnerNoticeEnd { id: started.id, attempt: started.attempt, state: "unknown", due_at: now, reply: LOST, at: now };
        self.keep_end(tenant, &end).await
    }

    async fn keep_end(&self, tenant: TenantId, end: &OwnerNoticeEnd<'_>) -> Result<(), EngineError> {
        let held = self.tenant(tenant)?;
        let mut unit = Unit::begin(&self.store, held, end.at, "system").await?;
        if unit.tx.end_owner_notice(end).await? {
            match end.state {
                "sent" => note(&mut unit, end.id, "sent", None),
                "failed" => note(&mut unit, end.id, "failed", None),
                "unknown" => note(&mut unit, end.id, "unknown", None),
                _ => {}
            }
        }
        unit.commit_keeping_facts().await?;
        Ok(())
    }

    /// When nobody can know any more how an attempt ended that begins at `now`.
    fn lost_at(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(self.limits.lease_seconds + self.limits.effect_seconds)
    }
}

/// Those from before today, up to the first that is not.
fn days_before(mut reached: Vec<Reached>, settings: &TenantSettings, today: NaiveDate) -> Vec<Reached> {
    let begins = midnight(settings.zone, today);
    let before = reached.iter().take_while(|one| one.at < begins).count();
    reached.truncate(before);
    reached
}

/// A row that tells of nothing yet.
fn row_of(state: &str, settings: &TenantSettings, (on, now): (NaiveDate, Timestamp), after: i64) -> OwnerNotice {
    OwnerNotice {
        id: 0,
        on,
        after_seq: after,
        upto_seq: after,
        invoices: 0,
        recipient: settings.last_stage_notice.clone(),
        state: state.to_owned(),
        attempt: 0,
        due_at: now,
        mail_hash: None,
        reply: None,
        started_at: now,
        lease_until: now,
        ended_at: None,
        owner: String::new(),
    }
}

/// Nothing personal stands in the chain: neither the address nor the server's words.
fn note(unit: &mut Unit, id: i64, to: &'static str, invoices: Option<i64>) {
    let mut detail = Map::new();
    detail.insert("owner_notice".to_owned(), id.into());
    if let Some(invoices) = invoices {
        detail.insert("invoices".to_owned(), Value::from(invoices));
    }
    unit.note("last_stage_notice", "", to, detail);
}

fn shortened(words: &str) -> String {
    words.chars().filter(|character| !character.is_control()).take(LONGEST_REPLY).collect()
}
