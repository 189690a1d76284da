//! `audit verify`: every tenant's chain, recomputed.

use crate::cli::ledger::Ledger;
use crate::cli::output::json;
use crate::cli::progress::Progress;
use crate::cli::{Ending, Globals, say};
use crate::engine::audit;
use anyhow::bail;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this tenant; else all.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    let tenants = ledger.tenants(args.tenant.as_deref()).await?;
    let mut broken = Vec::new();
    for (id, name) in &tenants {
        let (length, _) = ledger.store.chain_head(*id).await?;
        let length = u64::try_from(length).unwrap_or(0);
        let mut progress = Progress::of_length("verifying", length);
        let mut read = |seq: i64| progress.done(u64::try_from(seq).unwrap_or(0), &format_args!("{name}: {seq} of {length} entries"));
        let found = audit::verify(&ledger.store, *id, &mut read).await?;
        progress.finish();
        if globals.json {
            json(&json!({
                "type": "chain", "tenant": name, "entries": found.entries, "head": found.head,
                "valid": found.broken.is_none(), "broken": found.broken,
            }));
        } else {
            match &found.broken {
                None => say(format_args!("{name}: {} entries, unbroken; head {}", found.entries, found.head)),
                Some(at) => say(format_args!("{name}: BROKEN at entry {}: {}; {} entries before it fit", at.seq, at.why, found.entries)),
            }
        }
        broken.extend(found.broken.map(|at| format!("{name} at entry {}", at.seq)));
    }
    if tenants.is_empty() && !globals.json {
        say("The ledger has no tenant yet: there is nothing to verify.");
    }
    ledger.store.close().await;
    if !broken.is_empty() {
        bail!("the history was altered: {}", broken.join(", "));
    }
    Ok(Ending::Done)
}
