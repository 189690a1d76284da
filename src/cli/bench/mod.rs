//! `bench`: performance jobs over the product's own path. They print one JSON line.

mod backlog;
mod call_times;
mod clock;
mod ground;
mod ladder;
mod lateness;
mod letters;
mod pages;
mod process;
mod served;
mod sleepers;
mod source;
mod source_child;

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
    /// Set letters, keep them and post them into a folder.
    Letters(letters::Args),
    /// Let very many instances sleep: memory, disk and start of a `serve` over them.
    Sleepers(sleepers::Args),
    /// Wake one instance after another under light load: how late its step starts.
    Lateness(lateness::Args),
    /// Let very many be due at one instant, before a throttled sender or without a throttle.
    Backlog(backlog::Args),
    /// Read every kind of page over very many instances while the engine works: how long each takes.
    Pages(pages::Args),
    /// Synchronise very many open claims with the sandbox's lexoffice: requests, time against its pace, memory; killed now and then.
    Source(source::Args),
}

/// Runs a job.
///
/// # Errors
/// When a part can't be opened or the job does not come to its end.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.job {
        Job::Ladder(args) => ladder::run(args, globals).await,
        Job::Letters(args) => letters::run(args, globals).await,
        Job::Sleepers(args) => sleepers::run(args, globals).await,
        Job::Lateness(args) => lateness::run(args, globals).await,
        Job::Backlog(args) => backlog::run(args, globals).await,
        Job::Pages(args) => pages::run(args, globals).await,
        Job::Source(args) => Box::pin(source::run(args, globals)).await,
    }
}
