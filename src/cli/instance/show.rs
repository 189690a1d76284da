//! `instance show`: everything about one invoice, and first of all why nothing was sent yet.

use super::operate::Way;
use super::{explain, find, time_line};
use crate::assembly;
use crate::cli::ledger::Ledger;
use crate::cli::output::{fact, json, moment, money, weekday_moment};
use crate::cli::{Ending, Globals, dunnings, sending};
use crate::domain::instance::{Hindrance, State};
use crate::domain::tenant::TenantSettings;
use crate::domain::workflow::Channel;
use crate::engine::prospect::Prospect;
use anyhow::Context;
use chrono_tz::Tz;
use serde_json::json;

pub(super) async fn run(args: &find::One, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    let config = ledger.config.clone();
    let desk = ledger.desk(args.tenant.as_deref()).await?;
    if let Some(connection) = assembly::onlooker(&desk.engine, &desk.settings.name, &desk.configured(&config).await?, &config)? {
        desk.engine.connect(desk.tenant, connection)?;
    }
    let invoice = find::invoice(&desk, &args.number).await?;
    let now = desk.engine.prospect(desk.tenant, invoice).await?.with_context(|| format!("there is no instance #{invoice}"))?;
    let zone = now.edition.calendar.zone;
    let history = desk.store.transitions_of(desk.tenant, invoice).await?;
    let mut notices = Vec::new();
    for notice in desk.store.notices_of(desk.tenant, invoice).await? {
        let steps = desk.store.steps_of_notice(desk.tenant, &notice.id).await?;
        notices.push((notice, steps));
    }
    if globals.json {
        object(&now, &desk.settings, zone);
        time_line::lines(&history, &notices, zone);
    } else {
        facts(&now, &desk.settings, zone);
        time_line::history(&history, zone);
        time_line::notices(&notices, zone);
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

/// The first rule that stops it: what holds for the whole tenant, then what its source is waited for with, once it would be due.
fn sentence(now: &Prospect, settings: &TenantSettings) -> String {
    if let Some(held) = &now.held {
        return sending::held_words(held, settings);
    }
    let waits = now.waits_for_source().map(str::to_owned);
    waits.unwrap_or_else(|| explain::sentence(&now.why, now.case.currency, &now.detail.record.number))
}

fn facts(now: &Prospect, settings: &TenantSettings, zone: Tz) {
    let (record, customer) = (&now.detail.record, &now.detail.customer);
    let currency = &record.currency;
    fact("invoice", &format!("{}  (#{}, {} of source {})", record.number, now.detail.id, record.external_id, now.detail.source));
    fact("customer", &format!("{} {}", customer.number, customer.name));
    let blocked = now.detail.email_blocked.as_ref().map_or(String::new(), |why| format!(" (not used: {why})"));
    let address = [customer.street.as_str(), &format!("{} {}", customer.postcode, customer.city), &customer.country]
        .iter()
        .filter(|part| !part.trim().is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let rule = &now.case.recipient.email_rule;
    let email = if customer.email.is_empty() { "no e-mail address".to_owned() } else { format!("{} ({rule})", customer.email) };
    fact("reached by", &format!("{email}{blocked}"));
    fact("address", &address);
    fact("dates", &format!("of {}, due {}", record.invoice_date, record.due_date));
    fact("amount", &format!("{} of {} open", money(now.detail.open_minor, currency), money(record.amount_minor, currency)));
    fact("document", if now.detail.document.is_some() { "the invoice's PDF is kept" } else { "none" });
    fact("workflow", &format!("{} (version {})", now.detail.workflow, now.edition.id));
    fact("state", now.case.instance.state.word());
    fact("stage", &now.edition.stage_key(now.case.instance.state.stage()));
    if let State::Waiting { wake_at, .. } = &now.case.instance.state {
        fact("planned", &weekday_moment(*wake_at, zone));
    }
    if let Some(channel) = now.case.instance.channel {
        fact("next notice", &format!("{}, chosen by hand", Way(Some(channel))));
    }
    for block in &now.blocks {
        let until = block.until.map_or(String::new(), |date| format!(" until {date}"));
        let scope = if block.invoice.is_some() { "invoice" } else { "customer" };
        fact("rests", &format!("{} of the {scope}, looked after by {}{until}: {}", block.kind, block.owner, block.reason));
    }
    if let Some((claim, _)) = &now.source {
        let details = if claim.detailed_at.is_some() { "" } else { ", its details not read yet" };
        fact("payment data", &format!("as of {} from {}: {}{details}", moment(claim.checked_at, zone), claim.source, claim.status));
    }
    dunnings::facts(&now.dunnings, zone);
    fact("not sent", &sentence(now, settings));
    let queue = if now.why == Hindrance::Place { "in the queue for a place" } else { "in the sender's queue" };
    fact("before it", &now.before.map_or(String::new(), |count| format!("{count} {queue}")));
    let next = if now.held.is_some() { "when notices leave again".to_owned() } else { explain::next(&now.why, now.next, zone) };
    fact("possible", &next);
}

fn object(now: &Prospect, settings: &TenantSettings, zone: Tz) {
    let (record, customer) = (&now.detail.record, &now.detail.customer);
    let number = &record.number;
    json(&json!({
        "type": "instance", "id": now.detail.id, "invoice": number, "source": now.detail.source, "external_id": record.external_id,
        "customer": customer.number, "name": customer.name, "email": customer.email, "email_blocked": now.detail.email_blocked,
        "invoice_date": record.invoice_date, "due_date": record.due_date, "amount_minor": record.amount_minor,
        "open_minor": now.detail.open_minor, "currency": record.currency, "has_document": now.detail.document.is_some(),
        "workflow": now.detail.workflow, "version": now.edition.id, "channel": now.case.instance.channel.map(Channel::word), "state": now.case.instance.state.word(),
        "stage": Some(now.edition.stage_key(now.case.instance.state.stage())).filter(|key| !key.is_empty()),
        "not_sent_because": sentence(now, settings), "held_back": now.held.is_some(),
        "payment_data_at": now.source.as_ref().map(|(claim, _)| claim.checked_at.rfc3339_in(zone)),
        "next_possible": now.next.map(|at| at.rfc3339_in(zone)), "queued_before": now.before,
        "dunnings": now.dunnings.iter().map(|dunning| dunnings::object(dunning, zone)).collect::<Vec<_>>(),
        "blocks": now.blocks.iter().map(|block| json!({
            "kind": block.kind, "reason": block.reason, "owner": block.owner, "until": block.until,
            "scope": if block.invoice.is_some() { "invoice" } else { "customer" },
        })).collect::<Vec<_>>(),
    }));
}
