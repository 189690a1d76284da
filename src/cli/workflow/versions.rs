//! `workflow versions` and `workflow migrate`: what is published, and moving all instances from one version to another.

use super::version;
use crate::cli::instance::{Why, moved};
use crate::cli::ledger::Ledger;
use crate::cli::output::{Side, Table, json, weekday_moment};
use crate::cli::{Ending, Globals};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    /// The version that is to be left, by its number, or a name for the newest of that name.
    #[arg(long, value_name = "VERSION")]
    from: String,
    /// The version to move to.
    #[arg(long, value_name = "VERSION")]
    to: String,
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    why: Why,
}

pub(super) async fn list(args: &List, globals: &Globals) -> anyhow::Result<Ending> {
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let versions = desk.store.versions(desk.tenant).await?;
    desk.store.close().await;
    let mut table = Table::new(&[
        ("version", Side::Right, 12),
        ("workflow", Side::Left, 40),
        ("published", Side::Left, 24),
        ("open", Side::Right, 10),
        ("content", Side::Left, 12),
    ]);
    for version in versions {
        let (id, at) = (version.id, version.published_at);
        if globals.json {
            json(&json!({
                "type": "version", "version": id, "workflow": version.name, "published_at": at.rfc3339_in(desk.settings.zone),
                "open": version.open, "hash": version.hash,
            }));
            continue;
        }
        let content = version.hash.chars().take(12).collect();
        table.row([id.to_string(), version.name, weekday_moment(at, desk.settings.zone), version.open.to_string(), content]);
    }
    if !globals.json {
        table.print();
    }
    Ok(Ending::Done)
}

pub(super) async fn migrate(args: &Migrate, globals: &Globals) -> anyhow::Result<Ending> {
    let cause = args.why.cause()?;
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let (from, to) = (version::find(&desk, &args.from).await?, version::find(&desk, &args.to).await?);
    version::differ(&from, &to)?;
    let outcome = desk.engine.migrate_all(desk.tenant, from.id, to.id, &cause).await?;
    moved(&desk, globals, &version::named(&from), &to, &outcome).await
}
