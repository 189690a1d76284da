//! `source`: how the accounting systems stand that invoices come from, and a synchronisation on a person's word.

mod status;
mod sync;

use super::ledger::{Desk, Ledger};
use super::{Ending, Globals};
use crate::assembly;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show how each tenant's source stands, how far a synchronisation is, and which claims are not dunned.
    Status(status::Args),
    /// Bring the ledger in step now: what has changed, or everything. It may be interrupted at any time.
    Sync(sync::Args),
}

/// Runs a subcommand.
///
/// # Errors
/// When there is no such tenant, it has no source, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::Status(args) => status::run(&args, globals).await,
        What::Sync(args) => Box::pin(sync::run(&args, globals)).await,
    }
}

/// The desks of the tenants that have a source; all of those that are named must have one.
async fn connected(tenant: Option<&str>, globals: &Globals) -> anyhow::Result<Vec<Desk>> {
    let ledger = Ledger::open(globals).await?;
    let tenants = ledger.tenants(tenant).await?;
    let mut desks = Vec::new();
    for desk in ledger.desks(&tenants).await? {
        let held = desk.configured(&ledger.config).await?;
        if let Some(connection) = assembly::onlooker(&desk.engine, &desk.settings.name, &held, &ledger.config)? {
            desk.engine.connect(desk.tenant, connection)?;
            desks.push(desk);
        } else if let Some(name) = tenant {
            anyhow::bail!(
                "tenant {name} has no source: [tenants.{name}.lexoffice] in the configuration names one, or the settings on the pages"
            );
        }
    }
    Ok(desks)
}
