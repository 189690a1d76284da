//! `instance`: see how every invoice's dunning stands, and act on it. Acts need a reason; the history keeps it.

mod explain;
mod find;
mod list;
mod migrate;
mod operate;
mod show;
mod time_line;

use super::{Ending, Globals};

pub(super) use find::{customer as find_customer, invoices as find_invoices};
pub(super) use migrate::{To, moved};
pub(super) use operate::Why;
pub(super) use time_line::{lateness, notice_json};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List instances by invoice number.
    List(list::Args),
    /// Show one instance in full: its facts, why nothing was sent yet, its history and its notices.
    Show(find::One),
    /// Let an invoice or a customer rest. What is under way and not out yet is taken back.
    Pause(operate::Pause),
    /// End the rest of an invoice or a customer; the next stage is due at once, keeping the gap.
    Resume(operate::Resume),
    /// Leave the next stage out.
    Skip(operate::Act),
    /// Say how the next notice goes, whatever the stage and the customer say.
    Channel(operate::Reroute),
    /// Go on in another version of its workflow, or in another workflow.
    Migrate(migrate::Migrate),
    /// Send a failed notice again, or say what became of one whose outcome nobody knows.
    Retry(operate::Retry),
    /// Book what is open as settled.
    Settle(operate::Act),
    /// Withdraw the claim: nothing is dunned any more.
    Withdraw(operate::Act),
    /// Hand the claim over to collection or court: nothing is dunned any more.
    HandOver(operate::Act),
}

/// Runs a subcommand.
///
/// # Errors
/// When there is no such invoice, the act makes no sense in its state, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::List(args) => list::run(&args, globals).await,
        What::Show(args) => show::run(&args, globals).await,
        What::Pause(args) => operate::pause(&args, globals).await,
        What::Resume(args) => operate::resume(&args, globals).await,
        What::Skip(args) => operate::skip(&args, globals).await,
        What::Channel(args) => operate::reroute(&args, globals).await,
        What::Migrate(args) => migrate::run(&args, globals).await,
        What::Retry(args) => operate::retry(&args, globals).await,
        What::Settle(args) => operate::settle(&args, globals).await,
        What::Withdraw(args) => operate::withdraw(&args, globals).await,
        What::HandOver(args) => operate::hand_over(&args, globals).await,
    }
}
