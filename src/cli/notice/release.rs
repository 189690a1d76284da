//! `notice release` and `notice recall`: a person lets a proposal go, or takes a notice back that has not left.

use super::find;
use crate::cli::instance::Why;
use crate::cli::ledger::{Desk, Ledger};
use crate::cli::output::json;
use crate::cli::{Ending, Globals, say};
use crate::domain::ids::NoticeId;
use crate::engine::operate::Cause;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The notice's id, or at least its first 4 characters.
    #[arg(value_name = "ID")]
    id: String,
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    why: Why,
}

pub(super) async fn release(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, id, cause) = open(args, globals).await?;
    desk.engine.release(desk.tenant, &id, &cause).await?;
    done(&desk, globals, "release", &id, "is released; it leaves in the sender's next free slot").await
}

pub(super) async fn recall(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, id, cause) = open(args, globals).await?;
    let count = desk.engine.recall(desk.tenant, &id, &cause).await?;
    let due = if count == 1 { "its invoice is due again".to_owned() } else { format!("its {count} invoices are due again") };
    done(&desk, globals, "recall", &id, &format!("is recalled; {due}")).await
}

async fn open(args: &Args, globals: &Globals) -> anyhow::Result<(Desk, NoticeId, Cause)> {
    let cause = args.why.cause()?;
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let id = find(&desk, &args.id).await?;
    Ok((desk, NoticeId(id), cause))
}

async fn done(desk: &Desk, globals: &Globals, act: &str, id: &NoticeId, words: &str) -> anyhow::Result<Ending> {
    if globals.json {
        json(&json!({ "type": "done", "act": act, "notice": id, "message": words }));
    } else {
        say(format_args!("notice {id} {words}"));
    }
    desk.store.close().await;
    Ok(Ending::Done)
}
