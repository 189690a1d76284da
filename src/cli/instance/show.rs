//! `instance show`: everything about one invoice, and first of all why nothing was sent yet.

use super::{explain, find, time_line};
use crate::cli::ledger::{Desk, Ledger};
use crate::cli::output::{fact, json, moment, money, weekday_moment};
use crate::cli::{Ending, Globals, dunnings, sending, wiring};
use crate::domain::ids::InvoiceId;
use crate::domain::instance::{Hindrance, State, hindrance};
use crate::domain::time::Timestamp;
use crate::engine::edition::Edition;
use crate::store::blocks::OpenBlock;
use crate::store::cases::Case;
use crate::store::detail::InvoiceDetail;
use crate::store::source_claims::ClaimRecord;
use crate::store::source_dunnings::DunningRecord;
use anyhow::Context;
use chrono_tz::Tz;
use serde_json::json;
use std::sync::Arc;

/// The instance at this moment.
struct Now {
    case: Case,
    detail: InvoiceDetail,
    edition: Arc<Edition>,
    blocks: Vec<OpenBlock>,
    why: Hindrance,
    next: Option<Timestamp>,
    /// How many stand before it in its sender's queue, or in that for a place.
    before: Option<i64>,
    /// Why nothing of the tenant leaves at all.
    held: Option<String>,
    /// What its source knows of it, if it has one, and why it waits for that.
    source: Option<(ClaimRecord, Option<String>)>,
    /// What its source made of it.
    dunnings: Vec<DunningRecord>,
}

pub(super) async fn run(args: &find::One, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    let config = ledger.config.clone();
    let desk = ledger.desk(args.tenant.as_deref()).await?;
    if let Some(connection) = wiring::onlooker(&desk.engine, &desk.settings.name, &config)? {
        desk.engine.connect(desk.tenant, connection)?;
    }
    let invoice = find::invoice(&desk, &args.number).await?;
    let now = look(&desk, invoice).await?;
    let zone = now.edition.calendar.zone;
    let history = desk.store.transitions_of(desk.tenant, invoice).await?;
    let mut notices = Vec::new();
    for notice in desk.store.notices_of(desk.tenant, invoice).await? {
        let steps = desk.store.steps_of_notice(desk.tenant, &notice.id).await?;
        notices.push((notice, steps));
    }
    if globals.json {
        object(&now, zone);
        time_line::lines(&history, &notices, zone);
    } else {
        facts(&now, zone);
        time_line::history(&history, zone);
        time_line::notices(&notices, zone);
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

/// Reads the facts as a decision would. The transaction is only read in, and rolled back.
async fn look(desk: &Desk, invoice: InvoiceId) -> anyhow::Result<Now> {
    let held = desk.engine.tenant_with_editions(desk.tenant).await?;
    let mut tx = desk.store.begin_tenant(desk.tenant).await?;
    let case = tx.cases([invoice]).await?.pop().with_context(|| format!("there is no instance #{invoice}"))?;
    let blocks = tx.open_blocks(case.customer).await?.into_iter().filter(|block| block.invoice.is_none_or(|own| own == invoice)).collect();
    drop(tx);
    let detail = desk.store.invoice_detail(desk.tenant, invoice).await?.context("the invoice is gone")?;
    let edition = held.known(case.instance.workflow).context("its workflow version is not in the ledger")?;
    let facts = case.facts(edition.minimum_minor(case.currency));
    let (why, mut next) = hindrance(&case.instance, edition.ladder(), &facts, case.slot.is_some(), desk.engine.clock.now());
    let mut before = None;
    if let Some((sender, count)) = match case.slot {
        Some(seq) => desk.store.slots_before(desk.tenant, seq).await?,
        None => None,
    } {
        before = Some(count);
        next = slot(desk, &edition, &sender, count).await?;
    }
    if why == Hindrance::Place {
        let queue = desk.store.place_queue(desk.tenant, i64::MAX).await?;
        before = queue.iter().position(|id| *id == invoice).and_then(|place| i64::try_from(place).ok());
    }
    let gate = desk.store.gate(desk.tenant).await?;
    let goes_on = case.instance.state.keeps_a_place() || why == Hindrance::Place;
    let held = if goes_on { sending::held(desk, &gate).await? } else { None };
    if held.is_some() {
        next = None;
    }
    let source = desk.engine.freshness(desk.tenant, invoice).await?;
    let dunnings = desk.store.dunnings_of(desk.tenant, &[invoice]).await?;
    Ok(Now { case, detail, edition, blocks, why, next, before, held, source, dunnings })
}

impl Now {
    /// The first rule that stops it: what holds for the whole tenant, then what its source is waited for with, once it would be due.
    fn sentence(&self) -> String {
        if let Some(held) = &self.held {
            return held.clone();
        }
        let due = matches!(
            self.why,
            Hindrance::TimeOfDay | Hindrance::Window | Hindrance::Throttle | Hindrance::NextRound | Hindrance::UnderWay { .. }
        );
        let waits = self.source.as_ref().and_then(|(_, why)| why.clone()).filter(|_| due);
        waits.unwrap_or_else(|| explain::sentence(&self.why, self.case.currency, &self.detail.record.number))
    }
}

/// When the place after `before` others would have its slot, if nobody drops out.
async fn slot(desk: &Desk, edition: &Edition, sender: &str, before: i64) -> anyhow::Result<Option<Timestamp>> {
    use crate::domain::compose::Sender;
    let (sender, every) = match sender {
        "post" => (Sender::Post, desk.settings.post_every_seconds),
        _ => (Sender::Mail, desk.settings.mail_every_seconds),
    };
    let (_, last) = desk.store.queue_of(desk.tenant, sender).await?;
    let mut at = edition.calendar.next_slot(last, every, desk.engine.clock.now());
    // Slots that fall outside the window move to the next one, so they are counted one by one; a long queue is estimated.
    for _ in 0..before.min(100_000) {
        at = edition.calendar.next_slot(Some(at), every, at);
    }
    Ok(Some(at))
}

fn facts(now: &Now, zone: Tz) {
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
    fact("document", if now.detail.has_document { "the invoice's PDF is kept" } else { "none" });
    fact("workflow", &format!("{} (version {})", now.detail.workflow, now.edition.id));
    fact("state", now.case.instance.state.word());
    fact("stage", &now.edition.stage_key(now.case.instance.state.stage()));
    if let State::Waiting { wake_at, .. } = &now.case.instance.state {
        fact("planned", &weekday_moment(*wake_at, zone));
    }
    for block in &now.blocks {
        let until = block.until.map_or(String::new(), |date| format!(" until {date}"));
        let scope = if block.invoice.is_some() { "invoice" } else { "customer" };
        fact("rests", &format!("{} of the {scope} by {}{until}: {}", block.kind, block.owner, block.reason));
    }
    if let Some((claim, _)) = &now.source {
        let details = if claim.detailed_at.is_some() { "" } else { ", its details not read yet" };
        fact("payment data", &format!("as of {} from {}: {}{details}", moment(claim.checked_at, zone), claim.source, claim.status));
    }
    dunnings::facts(&now.dunnings, zone);
    fact("not sent", &now.sentence());
    let queue = if now.why == Hindrance::Place { "in the queue for a place" } else { "in the sender's queue" };
    fact("before it", &now.before.map_or(String::new(), |count| format!("{count} {queue}")));
    let next = if now.held.is_some() { "when notices leave again".to_owned() } else { explain::next(&now.why, now.next, zone) };
    fact("possible", &next);
}

fn object(now: &Now, zone: Tz) {
    let (record, customer) = (&now.detail.record, &now.detail.customer);
    let number = &record.number;
    json(&json!({
        "type": "instance", "id": now.detail.id, "invoice": number, "source": now.detail.source, "external_id": record.external_id,
        "customer": customer.number, "name": customer.name, "email": customer.email, "email_blocked": now.detail.email_blocked,
        "invoice_date": record.invoice_date, "due_date": record.due_date, "amount_minor": record.amount_minor,
        "open_minor": now.detail.open_minor, "currency": record.currency, "has_document": now.detail.has_document,
        "workflow": now.detail.workflow, "state": now.case.instance.state.word(),
        "stage": Some(now.edition.stage_key(now.case.instance.state.stage())).filter(|key| !key.is_empty()),
        "not_sent_because": now.sentence(), "held_back": now.held.is_some(),
        "payment_data_at": now.source.as_ref().map(|(claim, _)| claim.checked_at.rfc3339_in(zone)),
        "next_possible": now.next.map(|at| at.rfc3339_in(zone)), "queued_before": now.before,
        "dunnings": now.dunnings.iter().map(|dunning| dunnings::object(dunning, zone)).collect::<Vec<_>>(),
        "blocks": now.blocks.iter().map(|block| json!({
            "kind": block.kind, "reason": block.reason, "owner": block.owner, "until": block.until,
            "scope": if block.invoice.is_some() { "invoice" } else { "customer" },
        })).collect::<Vec<_>>(),
    }));
}
