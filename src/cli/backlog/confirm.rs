//! `backlog confirm`: the owner's choice.

use super::Asked;
use crate::cli::instance::Why;
use crate::cli::ledger::Ledger;
use crate::cli::output::json;
use crate::cli::{Ending, Globals, say};
use crate::engine::gate::Chosen;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    why: Why,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let cause = args.why.cause()?;
    let desk = Ledger::open(globals).await?.desk(args.asked.tenant.as_deref()).await?;
    let Chosen { looked_at, advanced, resting } = desk.engine.confirm_backlog(desk.tenant, args.asked.choice, &cause).await?;
    let off = desk.store.gate(desk.tenant).await?.off;
    let (name, choice) = (&desk.settings.name, args.asked.choice);
    if globals.json {
        json(&json!({
            "type": "backlog_confirmed", "tenant": name, "choice": choice.to_string(), "invoices": looked_at, "advanced": advanced,
            "resting": resting, "sending": if off { "off" } else { "on" },
        }));
    } else {
        say(format_args!("tenant {name}: {choice}; of {looked_at} invoices {advanced} start at a later stage and {resting} rest"));
        let next = if off { "sending is off: `mahnwerk sending on` lets them begin" } else { "what is due leaves from now on" };
        say(next);
    }
    desk.store.close().await;
    Ok(Ending::Done)
}
