//! Timers anew: a newer time-zone database changes at which instant a civil time falls, and so does another zone or holiday of the tenant.
//!
//! A walk through the sleeping instances and open blocks, a slice at a time between the planner's rounds, so that neither the start
//! nor a wake-up waits for it. What an older database computed is touched, and everything where zone or holidays are others than those
//! that the ledger's timers were computed with: see `store::retime`. No transition is written: the civil date and time, which the history has, stay as they are.

use super::Engine;
use super::edition::Tenant;
use super::error::EngineError;
use crate::domain::chain::{Hash, digest};
use crate::domain::ids::{BlockId, InvoiceId, TenantId};
use crate::domain::time::{Timestamp, midnight};
use crate::store::retime::{Stale, StaleTimer, tzdb};

/// Instances that one slice looks at.
const SLICE: i64 = 20_000;
/// Timers that one transaction writes.
const BATCH: i64 = 1000;

/// How far the walk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    pub after: Option<InvoiceId>,
    /// What the tenant's timers are computed with from now on, where it was something else before.
    pub calendar: Option<Hash>,
    /// Timers that were computed anew, and how many of them fall on another instant now.
    pub looked_at: usize,
    pub moved: usize,
}

impl Engine {
    /// The next slice of a tenant's walk; `None` when the walk is at its end.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn retime(&self, tenant: TenantId, walk: Walk) -> Result<Option<Walk>, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        if walk.after.is_none() {
            let calendar = self.other_calendar(&held).await?;
            let moved = self.retime_blocks(&held, stale(calendar)).await?;
            return Ok(Some(Walk { after: Some(InvoiceId(0)), calendar, moved, ..walk }));
        }
        let after = walk.after.unwrap_or(InvoiceId(0));
        let Some(last) = self.store.timers_slice(tenant, after, SLICE).await? else {
            if walk.looked_at + walk.moved > 0 {
                let (looked_at, moved) = (walk.looked_at, walk.moved);
                tracing::info!(tenant = held.settings.name, looked_at, moved, database = tzdb(), "timers were computed anew");
            }
            if let Some(calendar) = walk.calendar {
                self.keep_calendar(tenant, &calendar).await?;
            }
            return Ok(None);
        };
        let stale = self.store.stale_timers(tenant, (after, last), stale(walk.calendar), BATCH).await?;
        let next =
            if stale.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) { last } else { stale.last().map_or(last, |timer| timer.id) };
        let moved = self.retime_instances(&held, &stale).await?;
        Ok(Some(Walk { after: Some(next), looked_at: walk.looked_at + stale.len(), moved: walk.moved + moved, ..walk }))
    }

    /// What the tenant's timers are to be computed with, if the ledger's were computed with something else. Of the first time nothing
    /// is known; then what holds is kept.
    async fn other_calendar(&self, held: &Tenant) -> Result<Option<Hash>, EngineError> {
        let wanted = calendar_hash(held);
        match self.store.calendar(held.settings.id).await? {
            Some(known) => Ok(Some(wanted).filter(|wanted| wanted.as_slice() != known)),
            None => self.keep_calendar(held.settings.id, &wanted).await.map(|()| None),
        }
    }

    async fn keep_calendar(&self, tenant: TenantId, calendar: &Hash) -> Result<(), EngineError> {
        let mut tx = self.store.begin_tenant(tenant).await?;
        tx.save_calendar(calendar).await?;
        Ok(tx.commit_keeping_facts().await?)
    }

    async fn retime_instances(&self, tenant: &Tenant, stale: &[StaleTimer]) -> Result<usize, EngineError> {
        if stale.is_empty() {
            return Ok(0);
        }
        let now = self.clock.now();
        let anew: Vec<_> = stale.iter().filter_map(|timer| Some((timer, wake_at(tenant, timer, now)?))).collect();
        let mut tx = self.store.begin_tenant(tenant.settings.id).await?;
        tx.save_timers(&anew).await?;
        tx.commit().await?;
        Ok(anew.iter().filter(|(timer, at)| timer.wake_at != *at).count())
    }

    async fn retime_blocks(&self, tenant: &Tenant, which: Stale) -> Result<usize, EngineError> {
        let (mut moved, mut after) = (0, BlockId(0));
        loop {
            let stale = self.store.stale_blocks(tenant.settings.id, after, which, BATCH).await?;
            let Some(last) = stale.last() else { return Ok(moved) };
            after = last.id;
            let ends: Vec<_> = stale.iter().map(|block| (block.id, midnight(tenant.settings.zone, block.until))).collect();
            let mut tx = self.store.begin_tenant(tenant.settings.id).await?;
            tx.save_block_timers(&ends).await?;
            tx.commit().await?;
            moved += stale.iter().zip(&ends).filter(|(block, (_, at))| block.until_at != *at).count();
        }
    }
}

fn stale(calendar: Option<Hash>) -> Stale {
    if calendar.is_some() { Stale::All } else { Stale::Older }
}

/// Stands for the zone and the holidays of a tenant.
fn calendar_hash(tenant: &Tenant) -> Hash {
    let settings = &tenant.settings;
    let shown = format!("{} {:?} {:?} {:?}", settings.zone.name(), settings.region, settings.holidays_added, settings.holidays_removed);
    digest(shown.as_bytes())
}

/// When a sleeping instance wakes by this program's database. What is due already, or stands in a queue, keeps its instant;
/// what was put off (a closed window, a customer's notice of today) is looked at when its date allows, and put off again.
fn wake_at(tenant: &Tenant, timer: &StaleTimer, now: Timestamp) -> Option<Timestamp> {
    if timer.queued || timer.wake_at <= now {
        return Some(timer.wake_at);
    }
    let edition = tenant.known(timer.workflow)?;
    let time_of_day = edition.workflow.stages.get(timer.stage)?.time_of_day;
    Some(edition.calendar.departure(timer.stage_date, time_of_day, now))
}
