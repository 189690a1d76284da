//! `rehearse`: the real engine on a real ledger under a virtual clock, with the payments that the file records.
//!
//! Without `--deliver` and `--smtp` the effects are recorded instead of done, behind the same interface; with them the
//! configured queue and the real pools carry them out, and the virtual clock waits.

pub(super) mod calendar;
mod drive;
mod outside;
mod report;
pub(super) mod rows;
pub(super) mod simulation;

use super::{Ending, Globals};
use crate::assembly;
use crate::domain::ids::TenantId;
use crate::domain::time::midnight;
use crate::domain::workflow::Workflow;
use crate::engine::clock::{Clock, SystemEntropy, VirtualClock};
use crate::engine::{Engine, Limits};
use crate::store::Store;
use anyhow::Context;
use chrono::NaiveDate;
use std::path::PathBuf;
use std::sync::Arc;

/// The tenant's name in a rehearsal; notice ids derive from it.
const TENANT: &str = "rehearsal";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The invoice file (CSV).
    #[arg(long, value_name = "FILE")]
    pub invoices: PathBuf,
    /// How its columns become invoices: a map file, or `standard` or `opos`.
    #[arg(long, value_name = "MAP", default_value = "standard")]
    pub map: String,
    #[arg(long, value_name = "FILE")]
    pub workflow: PathBuf,
    /// The first day.
    #[arg(long, value_name = "DATE")]
    pub from: NaiveDate,
    /// The day after the last.
    #[arg(long, value_name = "DATE")]
    pub to: NaiveDate,
    /// The sender's throttle: at most one dispatch in so many seconds.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub every_seconds: u32,
    /// How many invoices are dunned at once at most; the configuration's number if none, 0 for any number.
    #[arg(long, value_name = "N")]
    pub max_active: Option<u32>,
    /// Overrides the workflow's rule: one notice per customer and day, or one per invoice.
    #[arg(long, value_name = "BOOL")]
    pub consolidate: Option<bool>,
    /// A ledger instead of a temporary one; the tenant `rehearsal` must be new in it.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Carry the effects out with the configured queue: letters, and mails unless `--smtp` is given, in this folder.
    #[arg(long, value_name = "DIR")]
    pub deliver: Option<PathBuf>,
    /// Carry the effects out with the configured queue: mails to this server, smtp://HOST:PORT.
    #[arg(long, value_name = "URL")]
    pub smtp: Option<String>,
    /// Workers per pool with `--deliver` or `--smtp`.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub workers: usize,
}

/// Runs the rehearsal and prints it.
///
/// # Errors
/// When an input can't be used or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    anyhow::ensure!(args.from < args.to, "--from {} must lie before --to {}", args.from, args.to);
    let config = globals.config()?;
    let texts = Arc::new(assembly::texts(&config)?);
    let mut workflow = assembly::workflow::sound_workflow(&args.workflow, &texts)?;
    workflow.rules.consolidate = args.consolidate.unwrap_or(workflow.rules.consolidate);
    let rows = rows::read(&args.invoices, &args.map)?;
    let (store, _folder) = open_ledger(args.database.as_deref()).await?;
    store.migrate().await?;
    let mut settings = config.tenant_named(TENANT);
    settings.tenant.zone = workflow.timezone.unwrap_or(settings.tenant.zone);
    let zone = settings.tenant.zone;
    let (from, to) = (midnight(zone, args.from), midnight(zone, args.to));
    let clock = Arc::new(VirtualClock::at(from));
    let tenant = fresh_tenant(&store, from).await?;
    outside::complete(&mut settings);
    let mut held = assembly::tenant_settings(tenant, TENANT, &settings)?;
    (held.mail_every_seconds, held.post_every_seconds) = (args.every_seconds, args.every_seconds);
    held.max_active = args.max_active.map_or(held.max_active, |max| Some(max).filter(|max| *max > 0));
    let owner = format!("rehearsal-{}", std::process::id());
    let limits = Limits { batch: 5000, ..Limits::default() };
    let engine = Arc::new(Engine::new(store.clone(), clock.clone(), Arc::new(SystemEntropy), owner, limits, vec![held]));
    let hands = outside::open(&args, &config, &settings, texts, engine.clone()).await?;
    let outcome = rehearse(&args, &workflow, rows, &engine, &clock, tenant, &hands).await;
    hands.close().await;
    let span = report::Span { from, to, zone };
    outcome?;
    report::print(&store, tenant, &workflow, &span, globals.json).await?;
    store.close().await;
    Ok(Ending::Done)
}

async fn rehearse(
    args: &Args,
    workflow: &Workflow,
    rows: Vec<rows::Receivable>,
    engine: &Arc<Engine>,
    clock: &Arc<VirtualClock>,
    tenant: TenantId,
    hands: &outside::Hands,
) -> anyhow::Result<()> {
    let zone = engine.tenant(tenant)?.settings.zone;
    let published = engine.publish(tenant, workflow).await?;
    let timeline = drive::Timeline::new(rows, zone, args.from, args.to);
    let drive =
        drive::Drive { engine: engine.clone(), clock: clock.clone(), tenant, workflow: published, until: midnight(zone, args.to), hands };
    drive.run(timeline).await.with_context(|| format!("at {}", clock.now().rfc3339_in(zone)))
}

/// The named ledger, or a temporary one that goes with its folder.
async fn open_ledger(url: Option<&str>) -> anyhow::Result<(Store, Option<tempfile::TempDir>)> {
    match url {
        Some(url) => Ok((Store::open(url).await?, None)),
        None => {
            let folder = tempfile::tempdir().context("making a temporary folder")?;
            Ok((Store::open_temporary(&folder.path().join("rehearsal.db")).await?, Some(folder)))
        }
    }
}

async fn fresh_tenant(store: &Store, now: crate::domain::time::Timestamp) -> anyhow::Result<TenantId> {
    let known = store.find_tenant(TENANT).await?;
    anyhow::ensure!(known.is_none(), "this ledger has a rehearsal already: name an empty one with --database");
    Ok(store.tenant_named(TENANT, now).await?)
}
