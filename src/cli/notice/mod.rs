//! `notice`: what customers were sent, as it was sent, and what a person decides about notices that have not left.

mod list;
mod release;
mod show;

use super::ledger::Desk;
use super::{Ending, Globals};
use crate::domain::format::presentable;
use anyhow::bail;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List notices in the order in which they were made.
    List(list::Args),
    /// Show one notice; `--save` writes the mail and the letter as they were sent.
    Show(show::Args),
    /// Let a proposal go: it leaves in the sender's next slot.
    Release(release::Args),
    /// Take back a notice that has not left; its invoices are due again.
    Recall(release::Args),
}

/// Runs a subcommand.
///
/// # Errors
/// When there is no such notice, it is no proposal, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::List(args) => list::run(&args, globals).await,
        What::Show(args) => show::run(&args, globals).await,
        What::Release(args) => release::release(&args, globals).await,
        What::Recall(args) => release::recall(&args, globals).await,
    }
}

/// The notice whose id is this or begins so.
async fn find(desk: &Desk, id: &str) -> anyhow::Result<String> {
    let is_id = id.len() >= 4 && id.len() <= 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    anyhow::ensure!(is_id, "`{}` is no notice's id: write its 32 characters 0-9 a-f, or at least the first 4", presentable(id));
    let found = desk.store.notices_beginning(desk.tenant, id).await?;
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => bail!("tenant {} has no notice {id}: `mahnwerk notice list` shows them all", desk.settings.name),
        several => bail!("several notices begin with {id}: {}", several.join(", ")),
    }
}
