//! `fence`: what holds a restored ledger back, and how a person lets it go.

mod lift;
mod show;
mod window;

use super::ledger::{Desk, Ledger};
use super::{Ending, Globals};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the fences: since when, why, and what would leave.
    Show(show::Args),
    /// Lift the fence: by what the servers have recorded, by a person's word, or by both.
    Lift(lift::Args),
    /// End the time of doubt after a lift with --as-unknown: invoices that are new, however old, are dunned as usual.
    Clear(lift::Clear),
}

/// Runs a subcommand.
///
/// # Errors
/// When no fence holds, what is given can't be read or does not suffice, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::Show(args) => show::run(&args, globals).await,
        What::Lift(args) => lift::run(&args, globals).await,
        What::Clear(args) => lift::clear(&args, globals).await,
    }
}

/// The tenants that are fenced, or the one that was named.
async fn fenced(ledger: &Ledger, name: Option<&str>) -> anyhow::Result<Vec<Desk>> {
    let mut fenced = Vec::new();
    for (tenant, own) in ledger.tenants(name).await? {
        if ledger.store.guard(tenant).await?.0 {
            fenced.push((tenant, own));
        }
    }
    ledger.desks(&fenced).await
}
