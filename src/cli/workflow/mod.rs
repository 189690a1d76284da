//! `workflow`: files are checked, shown and tried out before anybody is dunned under them.

mod check;
mod show;
mod simulate;

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
    }
}
