//! `workflow`: files are checked, shown and tried out before anybody is dunned under them; published versions are listed, and left.

mod check;
mod show;
mod simulate;
pub(super) mod version;
mod versions;

use super::{Ending, Globals};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Name everything that is wrong with workflow files: file, line, column and what to write instead.
    Check(check::Args),
    /// Show a workflow as a ladder: what goes out when, by which way, under which rules.
    Show(show::Args),
    /// Show the calendar that a workflow would produce day by day if nobody paid. Nothing is sent or changed.
    Simulate(simulate::Args),
    /// List the published versions of a tenant, and how many instances are on each.
    Versions(versions::List),
    /// Move all instances of one version to another that have not ended. What can't move is named and stays.
    Migrate(versions::Migrate),
}

/// Runs a subcommand.
///
/// # Errors
/// When an input can't be used.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::Check(args) => check::run(&args, globals),
        What::Show(args) => show::run(&args, globals),
        What::Simulate(args) => simulate::run(args, globals).await,
        What::Versions(args) => versions::list(&args, globals).await,
        What::Migrate(args) => versions::migrate(&args, globals).await,
    }
}
