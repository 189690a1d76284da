//! `source sync`: a synchronisation now, on a person's word, until it is in step or the source fails.

use super::status;
use crate::assembly;
use crate::cli::ledger::{Desk, Ledger};
use crate::cli::progress::Progress;
use crate::cli::{Ending, Globals};
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::source::condition::is_well;
use crate::engine::source::run::Advance;
use anyhow::{Context, bail};
use std::time::Duration;

/// While a running `serve` does the work, this command looks how far it is.
const LOOK: Duration = Duration::from_millis(500);
/// A source that fails is not waited for longer.
const PATIENCE_MS: i64 = 30_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whose source; made if it is new. [tenants.NAME.lexoffice] of the configuration describes the source.
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// List everything that is open, not only what has changed.
    #[arg(long)]
    full: bool,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let name = &args.tenant;
    let described = config.tenants.get(name).is_some_and(|tenant| tenant.lexoffice.is_some());
    let sourceless =
        || format!("tenant {name} has no source: [tenants.{name}.lexoffice] in the configuration names one, or the settings on the pages");
    let ledger = Ledger::make(globals).await?;
    let is_new = config.tenants.contains_key(name) && ledger.store.find_tenant(name).await?.is_none();
    anyhow::ensure!(described || !is_new, sourceless());
    let desk = if described { ledger.desk_made(name).await? } else { ledger.desk(Some(name)).await? };
    let held = desk.configured(&config).await?;
    let source = held.lexoffice.as_ref().with_context(sourceless)?;
    anyhow::ensure!(
        source.sync,
        "the synchronisation of tenant {name} is off: [tenants.{name}.lexoffice] sync, or the settings on the pages"
    );
    assembly::connect(&desk.engine, desk.tenant, name, &held, &config).await?;
    desk.engine.request_run(desk.tenant, args.full).await?;
    let done = until_in_step(&desk).await;
    desk.engine.let_source_go(desk.tenant).await?;
    let status = desk.engine.source_status(desk.tenant).await?.context("the tenant has no source")?;
    status::show(&desk, &status, globals);
    desk.store.close().await;
    done?;
    Ok(if status.row.is_some_and(|row| is_well(&row.state)) { Ending::Done } else { Ending::Problems })
}

/// Takes steps, or watches another process take them, until the run has ended or the source fails.
async fn until_in_step(desk: &Desk) -> anyhow::Result<()> {
    let mut progress = Progress::start("synchronising");
    let ended = loop {
        let advance = desk.engine.advance(desk.tenant).await?;
        let status = desk.engine.source_status(desk.tenant).await?.context("the tenant has no source")?;
        let Some(row) = &status.row else { continue };
        progress.reached(&format_args!("{} of {} claims, details of {} to be read", row.listed, row.expected, status.undetailed));
        match advance {
            Advance::More => {}
            Advance::Elsewhere if row.cursor.is_some() || !is_well(&row.state) => tokio::time::sleep(LOOK).await,
            Advance::Elsewhere => break Ok(()),
            Advance::Off => bail!("the synchronisation is off"),
            Advance::Idle(_) if is_well(&row.state) => break Ok(()),
            Advance::Idle(until) => {
                let wait_ms = until.0 - SystemClock.now().0;
                if wait_ms > PATIENCE_MS {
                    break Ok(());
                }
                tokio::time::sleep(Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0))).await;
            }
        }
    };
    progress.finish();
    ended
}
