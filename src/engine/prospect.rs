//! How an instance stands at this moment: why nothing of it has left yet, and when it may go on. For commands and pages, which only
//! differ in their words.

use super::Engine;
use super::edition::Edition;
use super::error::EngineError;
use super::unit::OWN;
use crate::domain::backlog::Backlog;
use crate::domain::compose::Sender;
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::instance::{Hindrance, hindrance};
use crate::domain::time::Timestamp;
use crate::store::blocks::OpenBlock;
use crate::store::cases::Case;
use crate::store::detail::InvoiceDetail;
use crate::store::gate::Gate;
use crate::store::source_claims::ClaimRecord;
use crate::store::source_dunnings::DunningRecord;
use serde_json::Value;
use std::sync::Arc;

/// Slots that fall outside the window move to the next one, so they are counted one by one; a longer queue is estimated.
const SLOTS_COUNTED: i64 = 100_000;

/// What holds everything of a tenant back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The ledger was restored, and nobody has said yet what was sent meanwhile.
    Fenced,
    /// Sending was switched off.
    Off { at: Timestamp, by: String, reason: String },
    /// Nobody has chosen yet what becomes of the backlog.
    BacklogAsked,
}

/// An instance at this moment.
#[derive(Clone, Debug)]
pub struct Prospect {
    pub case: Case,
    pub detail: InvoiceDetail,
    pub edition: Arc<Edition>,
    /// The blocks that hold for it, its customer's included.
    pub blocks: Vec<OpenBlock>,
    /// The first rule that stops it.
    pub why: Hindrance,
    /// The earliest instant at which it may go on, where one is known.
    pub next: Option<Timestamp>,
    /// How many stand before it in its sender's queue, or in that for a place.
    pub before: Option<i64>,
    /// Why nothing of the tenant leaves at all.
    pub held: Option<Held>,
    /// What its source knows of it, if it has one, and why it waits for that.
    pub source: Option<(ClaimRecord, Option<String>)>,
    /// What its source made of it.
    pub dunnings: Vec<DunningRecord>,
}

/// The first rule that stops an instance, before anything is said of queues: what a [`Prospect`] begins with.
#[derive(Clone, Debug)]
pub struct Halt {
    pub case: Case,
    pub edition: Arc<Edition>,
    pub why: Hindrance,
    /// The earliest instant at which it may go on by its own calendar, where one is known.
    pub next: Option<Timestamp>,
    /// Why nothing of the tenant leaves at all.
    pub held: Option<Held>,
    /// What its source knows of it, if it has one, and why it waits for that.
    pub source: Option<(ClaimRecord, Option<String>)>,
}

impl Halt {
    /// Why it waits for its source, where that is what stops it: it would be due otherwise.
    #[must_use]
    pub fn waits_for_source(&self) -> Option<&str> {
        waits_for_source(&self.why, self.source.as_ref())
    }
}

impl Prospect {
    /// As [`Halt::waits_for_source`].
    #[must_use]
    pub fn waits_for_source(&self) -> Option<&str> {
        waits_for_source(&self.why, self.source.as_ref())
    }
}

fn waits_for_source<'s>(why: &Hindrance, source: Option<&'s (ClaimRecord, Option<String>)>) -> Option<&'s str> {
    let due =
        matches!(why, Hindrance::TimeOfDay | Hindrance::Window | Hindrance::Throttle | Hindrance::NextRound | Hindrance::UnderWay { .. });
    source.and_then(|(_, why)| why.as_deref()).filter(|_| due)
}

impl Engine {
    /// What stops an instance; `None` if there is none. Read as a decision would read it, without holding anybody up.
    ///
    /// # Errors
    /// When the ledger fails, or holds a workflow that this program can't read.
    pub async fn halt(&self, tenant: TenantId, invoice: InvoiceId) -> Result<Option<Halt>, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let Some(case) = self.store.cases(tenant, [invoice]).await?.pop() else { return Ok(None) };
        let id = case.instance.workflow;
        let edition = held.known(id).ok_or_else(|| EngineError::Workflow { id, why: "it is not in the ledger".to_owned() })?;
        let facts = case.facts(edition.minimum_minor(case.currency));
        let (why, next) = hindrance(&case.instance, edition.ladder(), &facts, case.slot.is_some(), self.clock.now());
        let goes_on = case.instance.state.keeps_a_place() || why == Hindrance::Place;
        let held = if goes_on { self.held(tenant, &self.store.gate(tenant).await?).await? } else { None };
        let next = next.filter(|_| held.is_none());
        let source = self.freshness(tenant, invoice).await?;
        Ok(Some(Halt { case, edition, why, next, held, source }))
    }

    /// How an instance stands; `None` if there is none.
    ///
    /// # Errors
    /// As [`Self::halt`].
    pub async fn prospect(&self, tenant: TenantId, invoice: InvoiceId) -> Result<Option<Prospect>, EngineError> {
        let Some(halt) = self.halt(tenant, invoice).await? else { return Ok(None) };
        let Some(detail) = self.store.invoice_detail(tenant, invoice).await? else { return Ok(None) };
        let Halt { case, edition, why, mut next, held, source } = halt;
        let blocks = self.store.open_blocks(tenant, case.customer).await?;
        let blocks = blocks.into_iter().filter(|block| block.invoice.is_none_or(|own| own == invoice)).collect();
        let mut before = None;
        if let Some((sender, count)) = match case.slot {
            Some(seq) => self.store.slots_before(tenant, seq).await?,
            None => None,
        } {
            before = Some(count);
            if held.is_none() {
                next = Some(self.slot_after(tenant, &edition, &sender, count).await?);
            }
        }
        if why == Hindrance::Place {
            let queue = self.store.place_queue(tenant, i64::MAX).await?;
            before = queue.iter().position(|id| *id == invoice).and_then(|place| i64::try_from(place).ok());
        }
        let dunnings = self.store.dunnings_of(tenant, &[invoice]).await?;
        Ok(Some(Prospect { case, detail, edition, blocks, why, next, before, held, source, dunnings }))
    }

    /// Why nothing of the tenant leaves; `None` where notices leave.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn held(&self, tenant: TenantId, gate: &Gate) -> Result<Option<Held>, EngineError> {
        if gate.fenced {
            return Ok(Some(Held::Fenced));
        }
        if gate.off {
            let history = self.store.transitions_of(tenant, OWN).await?;
            let switched = history.into_iter().rev().map(|entry| entry.transition).find(|entry| entry.cause == "sending");
            let told = switched.map_or((Timestamp(0), String::new(), String::new()), |entry| {
                let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
                (entry.recorded_at, entry.actor, detail["why"].as_str().unwrap_or_default().to_owned())
            });
            let (at, by, reason) = told;
            return Ok(Some(Held::Off { at, by, reason }));
        }
        Ok((gate.backlog == Some(Backlog::Asked)).then_some(Held::BacklogAsked))
    }

    /// When the place after `before` others would have its slot, if nobody drops out.
    async fn slot_after(&self, tenant: TenantId, edition: &Edition, sender: &str, before: i64) -> Result<Timestamp, EngineError> {
        let settings = &self.tenant(tenant)?.settings;
        let (sender, every) = match sender {
            "post" => (Sender::Post, settings.post_every_seconds),
            _ => (Sender::Mail, settings.mail_every_seconds),
        };
        let (_, last) = self.store.queue_of(tenant, sender).await?;
        let mut at = edition.calendar.next_slot(last, every, self.clock.now());
        for _ in 0..before.min(SLOTS_COUNTED) {
            at = edition.calendar.next_slot(Some(at), every, at);
        }
        Ok(at)
    }
}
