//! `instance list`: one line for each instance.

use crate::cli::ledger::{Desk, Ledger};
use crate::cli::output::{Side, Table, json, moment, money};
use crate::cli::{Ending, Globals, say};
use crate::domain::ids::InvoiceId;
use crate::domain::workflow::parse;
use crate::store::views::{InstanceFilter, InstanceView};
use chrono_tz::Tz;
use serde_json::json;
use std::collections::BTreeMap;

/// The states that an instance can be in, as the ledger writes them.
const STATES: [&str; 10] =
    ["waiting", "queued_by_quota", "proposed", "issued", "failed", "blocked", "settled", "withdrawn", "handed_over", "exhausted"];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Only those in this state.
    #[arg(long, value_name = "STATE", value_parser = STATES)]
    state: Option<String>,
    /// Only the customer with this number.
    #[arg(long, value_name = "NUMBER")]
    customer: Option<String>,
    /// Only invoices with numbers after this one, for the next page.
    #[arg(long, value_name = "NUMBER")]
    after: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
}

/// The keys of stages, by workflow version and position.
type Stages = BTreeMap<i64, Vec<String>>;

/// Who waits for a place of the tenant, with the place in the queue.
type Places = BTreeMap<InvoiceId, i64>;

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let text = |option: &Option<String>| option.clone().unwrap_or_default();
    let (state, customer, after) = (text(&args.state), text(&args.customer), text(&args.after));
    let filter = InstanceFilter { state: &state, customer: &customer, after: &after };
    // One more than asked for tells whether there are more.
    let mut found = desk.store.instance_list(desk.tenant, &filter, args.limit.saturating_add(1)).await?;
    let more = found.len() > usize::try_from(args.limit).unwrap_or(usize::MAX);
    if more {
        found.pop();
    }
    let keys = |source: &str| parse(source).workflow.map(|workflow| workflow.stages.into_iter().map(|stage| stage.key).collect());
    let versions = desk.store.workflows(desk.tenant).await?;
    let stages: Stages = versions.iter().filter_map(|row| Some((row.id.0, keys(&row.source)?))).collect();
    let zone = desk.settings.zone;
    let places = places(&desk, &found).await?;
    if globals.json {
        found.iter().for_each(|view| line(view, &stages, &places, zone));
    } else {
        table(&found, &stages, &places, zone);
        if let Some(last) = found.last().filter(|_| more) {
            say(format_args!("\nThere are more: --after {} shows the next ones, --limit more at once.", last.number));
        }
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

/// The places in the queue of those that wait for a place, from 1.
async fn places(desk: &Desk, found: &[InstanceView]) -> anyhow::Result<Places> {
    if !found.iter().any(|view| view.state == "queued_by_quota") {
        return Ok(Places::new());
    }
    let queue = desk.store.place_queue(desk.tenant, i64::MAX).await?;
    Ok(queue.into_iter().zip(1..).collect())
}

fn stage<'s>(view: &InstanceView, stages: &'s Stages) -> &'s str {
    let position = view.stage.and_then(|stage| usize::try_from(stage).ok());
    stages.get(&view.workflow).and_then(|keys| keys.get(position?)).map_or("", String::as_str)
}

fn line(view: &InstanceView, stages: &Stages, places: &Places, zone: Tz) {
    json(&json!({
        "id": view.id, "invoice": view.number, "customer": view.customer_number, "name": view.customer_name, "state": view.state,
        "stage": Some(stage(view, stages)).filter(|stage| !stage.is_empty()), "next": view.wake_at.map(|at| at.rfc3339_in(zone)),
        "queued": view.queued, "place_in_queue": places.get(&view.id), "reason": view.reason, "until": view.until, "due_date": view.due_date,
        "open_minor": view.open_minor, "currency": view.currency, "notice": view.notice,
    }));
}

fn table(found: &[InstanceView], stages: &Stages, places: &Places, zone: Tz) {
    let mut table = Table::new(&[
        ("invoice", Side::Left, 18),
        ("customer", Side::Left, 24),
        ("due", Side::Left, 10),
        ("open", Side::Right, 14),
        ("state", Side::Left, 15),
        ("stage", Side::Left, 12),
        ("next", Side::Left, 19),
    ]);
    for view in found {
        table.row([
            view.number.clone(),
            format!("{} {}", view.customer_number, view.customer_name),
            view.due_date.clone(),
            money(view.open_minor, &view.currency),
            view.state.clone(),
            stage(view, stages).to_owned(),
            places.get(&view.id).map_or_else(|| next(view, zone), |place| format!("place {place} in queue")),
        ]);
    }
    if table.is_empty() { say("No instance fits.") } else { table.print() }
}

fn next(view: &InstanceView, zone: Tz) -> String {
    match (view.queued, view.wake_at, &view.reason) {
        (true, ..) => "waits for a slot".to_owned(),
        (_, Some(at), _) => moment(at, zone),
        (_, None, Some(reason)) => view.until.as_ref().map_or_else(|| reason.clone(), |until| format!("until {until}")),
        (_, None, None) => String::new(),
    }
}
