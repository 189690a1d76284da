//! `audit`: the history of every instance, read, exported, and proven unaltered.

mod export;
mod list;
mod verify;

use super::{Ending, Globals};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List entries of the history in the order of the chain.
    List(list::Args),
    /// Write the whole history, each entry with its hash.
    Export(export::Args),
    /// Recompute the hash chain and name the first broken entry. Exit code 1 if there is one.
    Verify(verify::Args),
}

/// Runs a subcommand.
///
/// # Errors
/// When the ledger fails, or a chain is broken.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::List(args) => list::run(&args, globals).await,
        What::Export(args) => export::run(&args, globals).await,
        What::Verify(args) => verify::run(&args, globals).await,
    }
}
