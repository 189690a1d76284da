//! The calendar that a workflow produces if nobody pays: the rehearsal's engine, clock and hands, stopped every midnight.

use super::drive::{Drive, Timeline};
use super::rows::Receivable;
use super::{Args, outside};
use crate::adapters::texts::TextSets;
use crate::config::{Config, NamedTenant};
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

/// What happens on one civil day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Day {
    pub date: NaiveDate,
    pub mails: usize,
    pub letters: usize,
    pub paper: usize,
    /// Proposals that wait for a person from this day on.
    pub proposals: usize,
    /// Notices that stand in the throttle's queue when the day ends.
    pub backlog: i64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
}

/// What is simulated.
#[derive(Debug)]
pub(in crate::cli) struct Plan {
    pub tenant: String,
    pub settings: NamedTenant,
    pub workflow: Workflow,
    pub from: NaiveDate,
    pub days: u64,
}

/// The days of a simulation and the zone of its instants.
#[derive(Debug)]
pub(in crate::cli) struct Calendar {
    pub days: Vec<Day>,
    pub zone: Tz,
    pub invoices: usize,
}

/// Runs the plan on a temporary ledger.
///
/// # Errors
/// When the temporary ledger fails.
pub(in crate::cli) async fn run(plan: Plan, rows: Vec<Receivable>, config: &Config, texts: Arc<TextSets>) -> anyhow::Result<Calendar> {
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let store = Store::open_temporary(&folder.path().join("simulation.db")).await?;
    store.migrate().await?;
    let Plan { tenant: name, mut settings, workflow, from, days } = plan;
    let zone = workflow.timezone.unwrap_or(settings.tenant.zone);
    settings.tenant.zone = zone;
    outside::complete(&mut settings);
    let clock = Arc::new(VirtualClock::at(midnight(zone, from)));
    let tenant = store.tenant_named(&name, midnight(zone, from)).await?;
    let held = crate::cli::wiring::tenant_settings(tenant, &name, &settings)?;
    let limits = Limits { batch: 5000, ..Limits::default() };
    let owner = format!("simulation-{}", std::process::id());
    let engine = Arc::new(Engine::new(store.clone(), clock.clone(), Arc::new(SystemEntropy), owner, limits, vec![held]));
    let hands = outside::open(&recorded(&plan_dates(from, days)), config, &settings, texts, engine.clone()).await?;
    let published = engine.publish(tenant, &workflow).await?;
    let invoices = rows.len();
    let mut entries: BTreeMap<NaiveDate, Vec<Receivable>> = BTreeMap::new();
    for row in rows {
        let row = Receivable { paid_on: None, ..row };
        entries.entry(row.incoming.invoice.invoice_date.max(from)).or_default().push(row);
    }
    let mut backlogs = Vec::new();
    for date in from.iter_days().take(usize::try_from(days).unwrap_or(0)) {
        let next = date.succ_opt().unwrap_or(date);
        let rows = entries.remove(&date).unwrap_or_default();
        let (engine, clock, until) = (engine.clone(), clock.clone(), midnight(zone, next));
        let drive = Drive { engine, clock, tenant, workflow: published, until, hands: &hands };
        drive.run(Timeline::new(rows, zone, date, next)).await.with_context(|| format!("on {date}"))?;
        backlogs.push((date, store.backlog(tenant).await?.iter().map(|(_, waiting)| waiting).sum()));
    }
    hands.close().await;
    let two_ways = workflow.stages.iter().any(|stage| stage.channel == Channel::EmailAndPost);
    let days = days_of(&store, tenant, zone, &backlogs, two_ways).await?;
    store.close().await;
    Ok(Calendar { days, zone, invoices })
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

impl Day {
    fn count(&mut self, ways: &[&str]) {
        for way in ways {
            match *way {
                "mail" => self.mails += 1,
                "letter" => self.letters += 1,
                _ => self.paper += 1,
            }
        }
    }
}
