//! `notice list`: one line for each notice.

use crate::cli::ledger::Ledger;
use crate::cli::output::{NOTICE_SHOWN, Side, Table, json, moment, money};
use crate::cli::{Ending, Globals, say};
use crate::domain::time::whole_day;
use crate::store::views::NoticeView;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::json;

/// The states that a notice can be in, as the ledger writes them.
const STATES: [&str; 7] = ["proposed", "released", "paper", "sent", "failed", "unknown", "recalled"];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Only those in this state.
    #[arg(long, value_name = "STATE", value_parser = STATES)]
    state: Option<String>,
    /// Only those of the run of this day.
    #[arg(long, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let state = args.state.as_deref().unwrap_or_default();
    let limit = args.limit.saturating_add(1);
    let mut found = match args.on {
        Some(date) => desk.store.notice_list_of(desk.tenant, state, whole_day(desk.settings.zone, date), limit).await?,
        None => desk.store.notice_list(desk.tenant, state, limit).await?,
    };
    let more = found.len() > usize::try_from(args.limit).unwrap_or(usize::MAX);
    if more {
        found.pop();
    }
    if globals.json {
        found.iter().for_each(|notice| line(notice, desk.settings.zone));
    } else {
        table(&found, desk.settings.zone);
        if more {
            say("\nThere are more: --limit shows more of them, --state only some.");
        }
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

fn line(notice: &NoticeView, zone: Tz) {
    json(&json!({
        "id": notice.id, "state": notice.state, "channel": notice.channel, "stage": notice.stage, "customer": notice.customer_number,
        "name": notice.customer_name, "planned": notice.slot_at.rfc3339_in(zone),
        "dispatched": notice.dispatched_at.map(|at| at.rfc3339_in(zone)), "open_minor": notice.open_minor, "fee_minor": notice.fee_minor,
        "currency": notice.currency, "reason": notice.reason, "recipient": notice.recipient, "reply": notice.reply,
    }));
}

fn table(found: &[NoticeView], zone: Tz) {
    let mut table = Table::new(&[
        ("notice", Side::Left, NOTICE_SHOWN),
        ("at", Side::Left, 19),
        ("state", Side::Left, 8),
        ("by", Side::Left, 5),
        ("stage", Side::Left, 12),
        ("customer", Side::Left, 20),
        ("to pay", Side::Right, 14),
        ("why", Side::Left, 12),
    ]);
    for notice in found {
        table.row([
            notice.id.chars().take(NOTICE_SHOWN).collect(),
            moment(notice.dispatched_at.unwrap_or(notice.slot_at), zone),
            notice.state.clone(),
            notice.channel.clone(),
            notice.stage.clone(),
            format!("{} {}", notice.customer_number, notice.customer_name),
            money(notice.open_minor.saturating_add(notice.fee_minor), &notice.currency),
            notice.reason.clone().unwrap_or_default(),
        ]);
    }
    if table.is_empty() { say("No notice fits.") } else { table.print() }
}
