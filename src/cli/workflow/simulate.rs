//! `workflow simulate`: what a workflow would do to the invoices that are open, day by day, if nobody paid.

use crate::assembly;
use crate::assembly::workflow;
use crate::cli::ledger::Ledger;
use crate::cli::rehearse::rows::{self, Receivable};
use crate::cli::rehearse::simulation::{self, Plan};
use crate::cli::{Ending, Globals};
use crate::config::{Config, NamedTenant};
use crate::domain::ids::InvoiceId;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::intake::Incoming;
use chrono::NaiveDate;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows read from the ledger at a time.
const PAGE: i64 = 5000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A workflow file, or a name such as `standard`.
    #[arg(value_name = "FILE")]
    file: String,
    /// Whose open invoices, and whose zone, holidays and throttle. Each invoice starts at the first stage, as if it were new.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// The invoices of this file instead of the ledger's.
    #[arg(long, value_name = "FILE")]
    invoices: Option<PathBuf>,
    /// How that file's columns become invoices: a map file, or `standard` or `opos`.
    #[arg(long, value_name = "MAP", default_value = "standard")]
    map: String,
    /// The first day; today if none.
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// How many days.
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3660))]
    days: u64,
}

pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let texts = Arc::new(assembly::texts(&config)?);
    let workflow = workflow::sound(&args.file, &config, &texts)?;
    let settings = settings(globals, &config, &args.tenant).await?;
    let receivables = match &args.invoices {
        Some(file) => rows::read(file, &args.map)?,
        None => open_invoices(globals, &args.tenant).await?,
    };
    let zone = workflow.timezone.unwrap_or(settings.tenant.zone);
    let from = args.from.unwrap_or_else(|| SystemClock.now().date_in(zone));
    let title = workflow.title_in("en").to_owned();
    let plan = Plan { tenant: args.tenant, settings, workflow, from, days: args.days };
    let calendar = simulation::run(plan, receivables, &config, texts).await?;
    if globals.json {
        calendar.lines();
    } else {
        let (invoices, days) = (calendar.invoices, args.days);
        calendar.table(&format!("{title}: {invoices} open invoices from {from} over {days} days, if nobody pays"));
    }
    Ok(Ending::Done)
}

/// What a tenant goes by; what the file says where there is no ledger, or it does not know the tenant.
async fn settings(globals: &Globals, config: &Config, name: &str) -> anyhow::Result<NamedTenant> {
    let Ok(ledger) = Ledger::open(globals).await else { return Ok(config.tenant_named(name)) };
    let known = ledger.store.tenants().await?.into_iter().find(|(_, known)| known == name);
    let held = match known {
        Some((id, _)) => assembly::configured_for_looking(&ledger.store, config, id, name).await,
        None => Ok(config.tenant_named(name)),
    };
    ledger.store.close().await;
    held
}

/// What the ledger has open for a tenant, leaving out what rests.
async fn open_invoices(globals: &Globals, tenant: &str) -> anyhow::Result<Vec<Receivable>> {
    let ledger = Ledger::open(globals).await?;
    let mut found = Vec::new();
    for (id, _) in ledger.tenants(Some(tenant)).await? {
        let mut after = InvoiceId(0);
        loop {
            let page = ledger.store.open_invoices(id, after, PAGE).await?;
            let Some((last, ..)) = page.last() else { break };
            after = *last;
            found.extend(page.into_iter().map(|(invoice, customer, mut record)| {
                // Several sources may use one external id; here they stand in one file.
                record.external_id = invoice.to_string();
                Receivable { incoming: Incoming { customer, invoice: record, document: None }, paid_on: None }
            }));
        }
    }
    ledger.store.close().await;
    Ok(found)
}
