//! Timers anew: a newer time-zone database changes at which instant a civil time falls.
//!
//! A walk through the sleeping instances and open blocks, a slice at a time between the planner's rounds, so that neither the start
//! nor a wake-up waits for it. Only what an older database computed is touched: see `store::retime`. No transition is
//! written: the civil date and time, which the history has, stay as they are.

use super::Engine;
use super::edition::Tenant;
use super::error::EngineError;
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::time::{Timestamp, midnight};
use crate::store::retime::{StaleTimer, tzdb};

/// Instances that one slice looks at.
const SLICE: i64 = 20_000;
/// Timers that one transaction writes.
const BATCH: i64 = 1000;

/// How far the walk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    pub after: Option<InvoiceId>,
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
            let moved = self.retime_blocks(&held).await?;
            return Ok(Some(Walk { after: Some(InvoiceId(0)), moved, ..walk }));
        }
        let after = walk.after.unwrap_or(InvoiceId(0));
        let Some(last) = self.store.timers_slice(tenant, after, SLICE).await? else {
            if walk.looked_at + walk.moved > 0 {
                let (looked_at, moved) = (walk.looked_at, walk.moved);
                tracing::info!(tenant = held.settings.name, looked_at, moved, database = tzdb(), "timers were computed anew");
            }
            return Ok(None);
        };
        let stale = self.store.stale_timers(tenant, (after, last), BATCH).await?;
        let next =
            if stale.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) { last } else { stale.last().map_or(last, |timer| timer.id) };
        let moved = self.retime_instances(&held, &stale).await?;
        Ok(Some(Walk { after: Some(next), looked_at: walk.looked_at + stale.len(), moved: walk.moved + moved }))
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

    async fn retime_blocks(&self, tenant: &Tenant) -> Result<usize, EngineError> {
        let mut moved = 0;
        loop {
            let stale = self.store.stale_blocks(tenant.settings.id, BATCH).await?;
            if stale.is_empty() {
                return Ok(moved);
            }
            let ends: Vec<_> = stale.iter().map(|block| (block.id, midnight(tenant.settings.zone, block.until))).collect();
            let mut tx = self.store.begin_tenant(tenant.settings.id).await?;
            tx.save_block_timers(&ends).await?;
            tx.commit().await?;
            moved += stale.iter().zip(&ends).filter(|(block, (_, at))| block.until_at != *at).count();
        }
    }
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
