//! Sums that take longer than a page may: kept for a while, and renewed beside whoever reads them.

use crate::domain::ids::{TenantId, WorkflowId};
use crate::domain::time::{Timestamp, midnight};
use crate::domain::workflow::{Channel, Stage};
use crate::engine::edition::Tenant;
use crate::engine::{Engine, EngineError};
use crate::store::overview::{DueCount, Receivable};
use chrono::{Days, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// So old a sum is shown without being renewed.
const FRESH_MS: i64 = 15_000;
/// So old it is not shown any more, but waited for anew.
const STALE_MS: i64 = 600_000;
/// The days that are looked ahead, today included.
pub(super) const DAYS: u64 = 30;
/// Days sales outstanding look so far back.
const INVOICED_DAYS: u64 = 90;

/// How notices of a day go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DueDay {
    pub(super) by_mail: i64,
    pub(super) by_post: i64,
}

/// A tenant's sums.
#[derive(Clone, Debug)]
pub(super) struct Summed {
    pub(super) at: Timestamp,
    pub(super) today: NaiveDate,
    /// One for each of the [`DAYS`].
    pub(super) days: Vec<DueDay>,
    pub(super) receivables: Vec<Receivable>,
    /// Of each currency, how many days' sales are open; `None` where nothing was invoiced lately.
    pub(super) outstanding: Vec<(String, Option<i64>)>,
    pub(super) addressless: i64,
    /// How many instances are in each state.
    pub(super) states: Vec<(String, i64)>,
}

/// What was summed up lately.
#[derive(Debug, Default)]
pub(in crate::web::site) struct Figures {
    kept: Mutex<BTreeMap<TenantId, Arc<Summed>>>,
    under_way: Mutex<BTreeSet<TenantId>>,
}

impl Figures {
    fn kept(&self, tenant: TenantId) -> Option<Arc<Summed>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned()
    }

    fn keep(&self, tenant: TenantId, summed: &Arc<Summed>) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, summed.clone());
    }

    fn begin(&self, tenant: TenantId) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant)
    }

    fn end(&self, tenant: TenantId) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
    }
}

/// A tenant's sums as they were a moment ago.
///
/// # Errors
/// When the ledger fails and nothing is kept.
pub(super) async fn summed(site: &Arc<super::super::Site>, tenant: &Arc<Tenant>) -> Result<Arc<Summed>, EngineError> {
    let id = tenant.settings.id;
    let now = site.engine.clock.now();
    if let Some(kept) = site.overview.kept(id).filter(|kept| now.0 - kept.at.0 < STALE_MS && kept.at <= now) {
        if now.0 - kept.at.0 >= FRESH_MS && site.overview.begin(id) {
            let (site, tenant) = (site.clone(), tenant.clone());
            tokio::spawn(async move {
                match sum(&site.engine, &tenant).await {
                    Ok(summed) => site.overview.keep(id, &Arc::new(summed)),
                    Err(error) => tracing::warn!(%error, "the overview's sums could not be renewed"),
                }
                site.overview.end(id);
            });
        }
        return Ok(kept);
    }
    let summed = Arc::new(sum(&site.engine, tenant).await?);
    site.overview.keep(id, &summed);
    Ok(summed)
}

async fn sum(engine: &Engine, tenant: &Tenant) -> Result<Summed, EngineError> {
    let (id, zone, at) = (tenant.settings.id, tenant.settings.zone, engine.clock.now());
    let today = at.date_in(zone);
    let day = |ahead| today.checked_add_days(Days::new(ahead)).unwrap_or(today);
    let start = |ahead| if ahead == 0 { Timestamp(0) } else { midnight(zone, day(ahead)) };
    let bounds: Vec<_> = (0..DAYS).map(|ahead| (start(ahead), start(ahead + 1))).collect();
    tenant.refresh(&engine.store).await?;
    let days = by_way(tenant, &engine.store.due_by_day(id, &bounds).await?);
    let receivables = engine.store.receivables(id, today).await?;
    let since = today.checked_sub_days(Days::new(INVOICED_DAYS)).unwrap_or(today);
    let invoiced: BTreeMap<_, _> = engine.store.invoiced(id, since, today).await?.into_iter().collect();
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for receivable in &receivables {
        *open.entry(receivable.currency.clone()).or_default() += receivable.open_minor;
    }
    let outstanding = open.into_iter().map(|(currency, open)| {
        let sold = invoiced.get(&currency).copied().filter(|sold| *sold > 0);
        (currency, sold.map(|sold| days_outstanding(open, sold)))
    });
    let outstanding = outstanding.collect();
    let addressless = engine.store.addressless(id).await?;
    let states = engine.store.instance_counts(id).await?;
    Ok(Summed { at, today, days, receivables, outstanding, addressless, states })
}

/// Receivables in days of sales (the countback of one period): open amount over what was sold in the period, times its days.
fn days_outstanding(open_minor: i64, sold_minor: i64) -> i64 {
    let days = i128::from(open_minor) * i128::from(INVOICED_DAYS) / i128::from(sold_minor);
    i64::try_from(days).unwrap_or(i64::MAX)
}

/// A stage of a published workflow.
pub(super) fn stage_of(tenant: &Tenant, workflow: WorkflowId, stage: i64) -> Option<Stage> {
    let edition = tenant.known(workflow)?;
    edition.workflow.stages.get(usize::try_from(stage).ok()?).cloned()
}

fn by_way(tenant: &Tenant, counts: &[DueCount]) -> Vec<DueDay> {
    let mut days = vec![DueDay::default(); usize::try_from(DAYS).unwrap_or(0)];
    for count in counts {
        let Some(day) = usize::try_from(count.day).ok().and_then(|day| days.get_mut(day)) else { continue };
        match stage_of(tenant, count.workflow, count.stage).map(|stage| stage.channel) {
            Some(Channel::Post) => day.by_post += count.count,
            _ => day.by_mail += count.count,
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_outstanding_are_the_share_of_a_quarter_that_is_open() {
        assert_eq!((days_outstanding(50, 100), days_outstanding(0, 100), days_outstanding(i64::MAX, 1)), (45, 0, i64::MAX));
    }
}
