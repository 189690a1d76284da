//! `source status`: how a source stands in one sentence, how far it is, and what of it is not dunned.

use super::connected;
use crate::cli::ledger::Desk;
use crate::cli::output::{fact, json, moment};
use crate::cli::{Ending, Globals, say};
use crate::engine::source::condition::is_well;
use crate::engine::source::status::{HooksStatus, Status};
use crate::store::source::SourceRow;
use anyhow::Context;
use chrono_tz::Tz;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whose source; all if none is named.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Name the claims that are not dunned, with the reason of each.
    #[arg(long)]
    not_dunned: bool,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let desks = connected(args.tenant.as_deref(), globals).await?;
    if desks.is_empty() && !globals.json {
        say("no tenant has a source");
    }
    for desk in &desks {
        let status = desk.engine.source_status(desk.tenant).await?.context("the tenant has no source")?;
        show(desk, &status, globals);
        if args.not_dunned {
            not_dunned(desk, globals).await?;
        }
        desk.store.close().await;
    }
    Ok(Ending::Done)
}

pub(super) fn show(desk: &Desk, status: &Status, globals: &Globals) {
    let zone = desk.settings.zone;
    if globals.json {
        return object(desk, status, zone);
    }
    let at = |at: Option<_>| at.map_or_else(|| "never".to_owned(), |at| moment(at, zone));
    fact("tenant", &desk.settings.name);
    fact("source", &status.place);
    fact("state", &sentence(status, zone));
    let Some(row) = &status.row else { return };
    if let Some(account) = &row.account {
        fact("account", &format!("{account} ({})", row.organisation.as_deref().unwrap_or_default()));
    }
    fact("last answer", &at(row.heard_at));
    fact("all as of", &at(row.swept_at));
    fact("changes as of", &at(row.changes_at));
    fact("webhooks", &hooks_sentence(&status.hooks, zone));
    fact("open", &format!("{} claims", status.open));
    if status.undetailed > 0 {
        fact("to be read", &format!("the details of {} claims that are due or soon will be", status.undetailed));
    }
    for (reason, count) in &status.reasons {
        fact("not dunned", &format!("{count}: {reason}"));
    }
}

/// How it stands, in one sentence.
pub(super) fn sentence(status: &Status, zone: Tz) -> String {
    let Some(row) = &status.row else {
        return "not connected yet: `mahnwerk serve` or `mahnwerk source sync` connects it".to_owned();
    };
    if !status.sync {
        return format!("the synchronisation is off; {}", word(row, zone));
    }
    word(row, zone)
}

/// Whether the source tells of changes by itself, in one sentence.
fn hooks_sentence(hooks: &HooksStatus, zone: Tz) -> String {
    let Some(callback) = &hooks.callback else {
        return "off: changes are asked for every quarter of an hour ([server] public_url, [tenants.NAME.lexoffice] webhooks)".to_owned();
    };
    let subscribed = match &hooks.row {
        None => "not subscribed yet: `mahnwerk serve` does it".to_owned(),
        Some(row) => format!("subscribed to {} of {} events", row.subscribed, row.wanted),
    };
    let last = hooks.last_event.map_or_else(|| "no event yet".to_owned(), |at| format!("last event {}", moment(at, zone)));
    let waiting = if hooks.waiting == 0 { String::new() } else { format!(", {} wait", hooks.waiting) };
    let trouble = hooks.row.as_ref().and_then(|row| Some((row.error.as_ref()?, row.next_at)));
    let trouble = trouble.map_or_else(String::new, |(why, at)| format!("; {why}; tried again from {}", moment(at, zone)));
    format!("{subscribed} at {callback}, {last}{waiting}{trouble}")
}

fn word(row: &SourceRow, zone: Tz) -> String {
    let since = moment(row.since, zone);
    let why = row.error.as_deref().unwrap_or_default();
    let next = if is_well(&row.state) { String::new() } else { format!("; tried again from {}", moment(row.next_at, zone)) };
    let what = match row.state.as_str() {
        "new" => "never asked".to_owned(),
        "connected" => format!("connected since {since}"),
        "syncing" => match row.expected {
            0 => "syncing".to_owned(),
            expected => format!("syncing ({} of {expected})", row.listed),
        },
        "in_step" => format!("in step since {since}"),
        "unreachable" => format!("unreachable since {since}: {why}"),
        "bad_key" => format!("bad key since {since}: {why}. Check api_key or its file"),
        "revoked_key" => format!("revoked key since {since}: it was accepted before. Make a new one at the source"),
        "wrong_organisation" => format!("wrong organisation since {since}: {why}"),
        "no_contract" => format!("no contract since {since}: {why}"),
        "malformed" => format!("malformed answer since {since}: {why}"),
        "too_large" => format!("too large an answer since {since}: {why}"),
        "redirected" => format!("redirected since {since}: {why}. Check base_url"),
        other => format!("{other} since {since}: {why}"),
    };
    format!("{what}{next}")
}

fn object(desk: &Desk, status: &Status, zone: Tz) {
    let at = |at: Option<crate::domain::time::Timestamp>| at.map(|at| at.rfc3339_in(zone));
    let row = status.row.as_ref();
    json(&json!({
        "type": "source", "tenant": desk.settings.name, "source": status.name, "place": status.place, "sync": status.sync,
        "state": row.map_or("new", |row| row.state.as_str()), "since": at(row.map(|row| row.since)),
        "error": row.and_then(|row| row.error.as_ref()), "next_at": at(row.filter(|row| row.next_at.0 > 0).map(|row| row.next_at)),
        "organisation": row.and_then(|row| row.organisation.as_ref()), "account": row.and_then(|row| row.account.as_ref()),
        "listed": row.map_or(0, |row| row.listed), "expected": row.map_or(0, |row| row.expected),
        "running": row.is_some_and(|row| row.cursor.is_some()), "heard_at": at(row.and_then(|row| row.heard_at)),
        "swept_at": at(row.and_then(|row| row.swept_at)), "changes_at": at(row.and_then(|row| row.changes_at)),
        "open": status.open, "undetailed": status.undetailed, "webhooks": hooks_object(&status.hooks, zone),
        "not_dunned": status.reasons.iter().map(|(reason, count)| json!({"reason": reason, "claims": count})).collect::<Vec<_>>(),
    }));
}

fn hooks_object(hooks: &HooksStatus, zone: Tz) -> serde_json::Value {
    let at = |at: Option<crate::domain::time::Timestamp>| at.map(|at| at.rfc3339_in(zone));
    let row = hooks.row.as_ref();
    json!({
        "callback": hooks.callback, "subscribed": row.map_or(0, |row| row.subscribed), "wanted": row.map_or(0, |row| row.wanted),
        "checked_at": at(row.and_then(|row| row.checked_at)), "next_at": at(row.filter(|row| row.next_at.0 > 0).map(|row| row.next_at)),
        "error": row.and_then(|row| row.error.as_ref()), "waiting": hooks.waiting, "last_event": at(hooks.last_event),
    })
}

async fn not_dunned(desk: &Desk, globals: &Globals) -> anyhow::Result<()> {
    for claim in desk.engine.not_dunnable(desk.tenant).await? {
        if globals.json {
            json(&json!({
                "type": "not_dunned", "tenant": desk.settings.name, "claim": claim.external_id, "number": claim.number,
                "kind": claim.kind, "due_date": claim.due_date, "reason": claim.reason, "in_ledger": claim.invoice.is_some(),
            }));
        } else {
            let due = claim.due_date.map_or_else(String::new, |day| format!(", due {day}"));
            fact(&claim.number, &format!("{}{due}: {}", claim.kind, claim.reason.unwrap_or_default()));
        }
    }
    Ok(())
}
