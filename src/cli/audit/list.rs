//! `audit list`: a page of the history.

use crate::cli::instance::find_invoices;
use crate::cli::ledger::Ledger;
use crate::cli::output::{Side, Table, json, moment};
use crate::cli::{Ending, Globals, say};
use crate::engine::audit::Entry;
use crate::store::history::StoredTransition;
use chrono_tz::Tz;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Only the invoice with this number.
    #[arg(long, value_name = "NUMBER")]
    invoice: Option<String>,
    /// Only entries after this place of the chain.
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: i64,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let mut found = match &args.invoice {
        Some(number) => {
            let mut found = Vec::new();
            for id in find_invoices(&desk, number).await? {
                found.extend(desk.store.transitions_of(desk.tenant, id).await?);
            }
            found.retain(|entry| entry.transition.seq > args.after);
            found.sort_by_key(|entry| entry.transition.seq);
            found
        }
        None => desk.store.transitions_after(desk.tenant, args.after, args.limit.saturating_add(1)).await?,
    };
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    if globals.json {
        found.iter().for_each(|entry| json(&Entry::of(entry, &desk.settings.name, desk.settings.zone)));
    } else {
        table(&found, desk.settings.zone);
        if let Some(last) = found.last().filter(|_| more) {
            say(format_args!("\nThere are more: --after {} shows the next ones.", last.transition.seq));
        }
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

fn table(found: &[StoredTransition], zone: Tz) {
    let mut table = Table::new(&[
        ("seq", Side::Right, 9),
        ("at", Side::Left, 19),
        ("invoice", Side::Left, 18),
        ("what", Side::Left, 10),
        ("from", Side::Left, 9),
        ("to", Side::Left, 9),
        ("stage", Side::Left, 11),
        ("by", Side::Left, 11),
    ]);
    for StoredTransition { transition, number, .. } in found {
        table.row([
            transition.seq.to_string(),
            moment(transition.business_at, zone),
            number.clone().unwrap_or_default(),
            transition.cause.clone(),
            transition.from.clone(),
            transition.to.clone(),
            transition.stage.clone(),
            transition.actor.clone(),
        ]);
    }
    if table.is_empty() { say("No entry fits.") } else { table.print() }
}
