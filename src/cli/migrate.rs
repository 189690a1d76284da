//! `migrate`: the ledger is made, or brought up to this program's version.

use super::output::json;
use super::{Ending, Globals, say};
use crate::assembly;
use anyhow::{Context, bail};
use serde_json::json;

/// Migrates the configured ledger.
///
/// # Errors
/// When it can't be reached, is newer than this program, or a migration fails: then it stands as it did before it.
pub async fn run(globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let url = &config.ledger.url;
    let store = assembly::store(&config.ledger).await?;
    let before = store.schema().await?;
    if before.is_newer() {
        bail!("the ledger {url} {}", before.advice().unwrap_or_default());
    }
    store.migrate().await.with_context(|| format!("migrating the ledger {url}"))?;
    let after = store.schema().await?;
    store.close().await;
    if globals.json {
        json(&json!({ "type": "migrated", "ledger": url, "before": before.applied, "after": after.applied }));
    } else if before == after {
        say(format_args!("the ledger {url} is up to date (version {})", after.applied));
    } else {
        say(format_args!("the ledger {url} is at version {} now (it was at {})", after.applied, before.applied));
    }
    Ok(Ending::Done)
}
