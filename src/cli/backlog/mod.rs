//! `backlog preview|confirm`: what becomes of the invoices that were overdue before dunning began.

mod confirm;
mod preview;

use super::{Ending, Globals};
use crate::domain::backlog::Choice;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the days to come as they would be with a choice, if nobody paid. Changes nothing.
    Preview(preview::Args),
    /// Make the choice whose preview was shown last: notices leave from then on.
    Confirm(confirm::Args),
}

/// Whose backlog, and what is chosen.
#[derive(Debug, clap::Args)]
struct Asked {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// `all`: from the first stage. `by_age`: at the stage that fits. `"from 2026-01-01"`: older ones rest.
    #[arg(long, value_name = "CHOICE")]
    choice: Choice,
}

/// Runs a subcommand.
///
/// # Errors
/// When the tenant has no backlog that waits, the choice was not previewed, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::Preview(args) => preview::run(args, globals).await,
        What::Confirm(args) => confirm::run(&args, globals).await,
    }
}
