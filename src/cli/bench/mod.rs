//! `bench`: performance jobs over the product's own path. They print one JSON line.

mod clock;
mod ladder;
mod process;

use super::{Ending, Globals};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, clap::Subcommand)]
enum Job {
    /// Enrol, sleep, wake, send, settle: N instances over K stages, all due at the same instants.
    Ladder(ladder::Args),
}

/// Runs a job.
///
/// # Errors
/// When a part can't be opened or the job does not come to its end.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.job {
        Job::Ladder(args) => ladder::run(args, globals).await,
    }
}
