//! The calendar that a workflow or an owner's choice produces if nobody pays: the rehearsal's engine, clock and hands, stopped every
//! midnight.

use super::calendar::{Calendar, Day};
use super::drive::{Drive, Timeline};
use super::outside::Hands;
use super::rows::Receivable;
use super::{Args, outside};
use crate::adapters::texts::TextSets;
use crate::config::{Config, NamedTenant};
use crate::domain::ids::{TenantId, WorkflowId};
use crate::domain::time::{Timestamp, midnight};
use crate::domain::workflow::{Channel, Workflow};
use crate::engine::clock::{SystemEntropy, VirtualClock};
use crate::engine::{Engine, Limits};
use crate::store::Store;
use anyhow::Context;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What is simulated.
#[derive(Debug)]
pub(in crate::cli) struct Plan {
    pub tenant: String,
    pub settings: NamedTenant,
    pub workflow: Workflow,
    pub from: NaiveDate,
    pub days: u64,
}

/// From which instant, and which days.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Span {
    pub at: Timestamp,
    pub from: NaiveDate,
    pub days: u64,
}

/// A temporary ledger with one tenant, its engine under a virtual clock, and hands that only record.
pub(in crate::cli) struct Simulation {
    pub engine: Arc<Engine>,
    pub store: Store,
    pub tenant: TenantId,
    clock: Arc<VirtualClock>,
    hands: Hands,
    zone: Tz,
    _folder: tempfile::TempDir,
}

/// Runs the plan on a temporary ledger.
///
/// # Errors
/// When the temporary ledger fails.
pub(in crate::cli) async fn run(plan: Plan, rows: Vec<Receivable>, config: &Config, texts: Arc<TextSets>) -> anyhow::Result<Calendar> {
    let Plan { tenant: name, mut settings, workflow, from, days } = plan;
    let zone = workflow.timezone.unwrap_or(settings.tenant.zone);
    settings.tenant.zone = zone;
    let span = Span { at: midnight(zone, from), from, days };
    let simulation = Simulation::open(&name, settings, &span, config, texts).await?;
    let published = simulation.engine.publish(simulation.tenant, &workflow).await?;
    let invoices = rows.len();
    let mut entries: BTreeMap<NaiveDate, Vec<Receivable>> = BTreeMap::new();
    for row in rows {
        let row = Receivable { paid_on: None, ..row };
        entries.entry(row.incoming.invoice.invoice_date.max(from)).or_default().push(row);
    }
    let two_ways = workflow.stages.iter().any(|stage| stage.channel == Channel::EmailAndPost);
    let days = simulation.live(&span, two_ways, Some(published), |date| entries.remove(&date).unwrap_or_default()).await?;
    simulation.close().await;
    Ok(Calendar { days, zone, invoices })
}

impl Simulation {
    /// A fresh ledger for a tenant of these settings.
    ///
    /// # Errors
    /// When the temporary ledger fails.
    pub(in crate::cli) async fn open(
        name: &str,
        mut settings: NamedTenant,
        span: &Span,
        config: &Config,
        texts: Arc<TextSets>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("making a temporary folder")?;
        let store = Store::open_temporary(&folder.path().join("simulation.db")).await?;
        store.migrate().await?;
        let zone = settings.tenant.zone;
        outside::complete(&mut settings);
        let clock = Arc::new(VirtualClock::at(span.at));
        let tenant = store.tenant_named(name, span.at).await?;
        let held = crate::assembly::tenant_settings(tenant, name, &settings)?;
        let limits = Limits { batch: 5000, ..Limits::default() };
        let owner = format!("simulation-{}", std::process::id());
        let engine = Arc::new(Engine::new(store.clone(), clock.clone(), Arc::new(SystemEntropy), owner, limits, vec![held]));
        let hands = outside::open(&recorded(&plan_dates(span.from, span.days)), config, &settings, texts, engine.clone()).await?;
        Ok(Self { engine, store, tenant, clock, hands, zone, _folder: folder })
    }

    /// Lives through the days; `enter` gives the invoices that come in on one, under the workflow.
    ///
    /// # Errors
    /// When the temporary ledger fails.
    pub(in crate::cli) async fn live(
        &self,
        span: &Span,
        two_ways: bool,
        workflow: Option<WorkflowId>,
        mut enter: impl FnMut(NaiveDate) -> Vec<Receivable>,
    ) -> anyhow::Result<Vec<Day>> {
        let (tenant, zone) = (self.tenant, self.zone);
        let mut backlogs = Vec::new();
        for date in span.from.iter_days().take(usize::try_from(span.days).unwrap_or(0)) {
            let next = date.succ_opt().unwrap_or(date);
            let (engine, clock, until) = (self.engine.clone(), self.clock.clone(), midnight(zone, next));
            let drive = Drive { engine, clock, tenant, workflow: workflow.unwrap_or(WorkflowId(0)), until, hands: &self.hands };
            drive.run(Timeline::new(enter(date), zone, date, next)).await.with_context(|| format!("on {date}"))?;
            backlogs.push((date, self.store.backlog(tenant).await?.iter().map(|(_, waiting)| waiting).sum()));
        }
        days_of(&self.store, tenant, zone, &backlogs, two_ways).await
    }

    pub(in crate::cli) async fn close(self) {
        self.hands.close().await;
        self.store.close().await;
    }
}

fn plan_dates(from: NaiveDate, days: u64) -> (NaiveDate, NaiveDate) {
    (from, from.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX))
}

/// The rehearsal's own way to ask for effects that are only recorded.
fn recorded((from, to): &(NaiveDate, NaiveDate)) -> Args {
    Args {
        invoices: PathBuf::new(),
        map: String::new(),
        workflow: PathBuf::new(),
        from: *from,
        to: *to,
        every_seconds: 0,
        max_active: None,
        consolidate: None,
        database: None,
        deliver: None,
        smtp: None,
        workers: 1,
    }
}

async fn days_of(
    store: &Store,
    tenant: crate::domain::ids::TenantId,
    zone: Tz,
    backlogs: &[(NaiveDate, i64)],
    two_ways: bool,
) -> anyhow::Result<Vec<Day>> {
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for (date, backlog) in backlogs {
        let (date, backlog) = (*date, *backlog);
        days.insert(date, Day { date, mails: 0, letters: 0, paper: 0, proposals: 0, backlog, first: None, last: None });
    }
    for notice in store.notice_list(tenant, "", i64::MAX).await? {
        let at = notice.dispatched_at.unwrap_or(notice.slot_at);
        let Some(day) = days.get_mut(&at.date_in(zone)) else { continue };
        match notice.state.as_str() {
            "proposed" => day.proposals += 1,
            "sent" | "paper" => {
                day.count(&ways(store, tenant, &notice, two_ways).await?);
                day.first = Some(day.first.map_or(at, |first| first.min(at)));
                day.last = Some(day.last.map_or(at, |last| last.max(at)));
            }
            _ => {}
        }
    }
    Ok(days.into_values().collect())
}

/// By which ways a notice left: more than one where the stage sends letter and e-mail.
async fn ways(
    store: &Store,
    tenant: crate::domain::ids::TenantId,
    notice: &crate::store::views::NoticeView,
    two_ways: bool,
) -> anyhow::Result<Vec<&'static str>> {
    match notice.channel.as_str() {
        "paper" => return Ok(vec!["paper"]),
        "post" => return Ok(vec!["letter"]),
        _ if !two_ways => return Ok(vec!["mail"]),
        _ => {}
    }
    let steps = store.steps_of_notice(tenant, &notice.id).await?;
    let done = |pool: &str| steps.iter().any(|step| step.pool == pool && step.state == "done");
    Ok([("send", "mail"), ("post", "letter")].into_iter().filter(|(pool, _)| done(pool)).map(|(_, way)| way).collect())
}
