//! `notice release`: a person lets a proposal go.

use super::find;
use crate::cli::instance::Why;
use crate::cli::ledger::Ledger;
use crate::cli::output::json;
use crate::cli::{Ending, Globals, say};
use crate::domain::ids::NoticeId;
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

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let cause = args.why.cause()?;
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let id = find(&desk, &args.id).await?;
    // Nobody is rung: the planner of `serve` finds steps whose bell nobody heard.
    let steps = desk.engine.release(desk.tenant, &NoticeId(id.clone()), &cause).await?;
    let when = if steps.is_empty() { "it leaves in the sender's next slot" } else { "`mahnwerk serve` takes it up within a minute" };
    if globals.json {
        json(&json!({ "type": "done", "act": "release", "notice": id, "message": when }));
    } else {
        say(format_args!("notice {id} is released; {when}"));
    }
    desk.store.close().await;
    Ok(Ending::Done)
}
