//! One invoice in full: first why it was not dunned yet, then its facts, notices and history, and what a person may do.

use super::acts::written;
use super::words::{InvoiceWords, payment_kind};
use crate::domain::account::Right;
use crate::domain::chain::Hash;
use crate::domain::ids::InvoiceId;
use crate::domain::instance::{Foothold, State as Stand};
use crate::engine::migrate::Arrival;
use crate::engine::prospect::Prospect;
use crate::store::history::StoredTransition;
use crate::web::language::Language;
use crate::web::mails;
use crate::web::site::Site;
use crate::web::site::acts::{ActForm, ActWords, ways};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::notices::{Brief, brief};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use chrono_tz::Tz;
use std::sync::Arc;

/// An entry of the time line.
pub(in crate::web::site) struct Event {
    at: String,
    what: String,
    tone: &'static str,
    state: String,
    stage: String,
    actor: String,
    words: Option<String>,
    known: String,
}

/// A block that holds.
pub(in crate::web::site) struct Rest {
    pub(in crate::web::site) reason: String,
    pub(in crate::web::site) owner: String,
    pub(in crate::web::site) until: Option<String>,
    pub(in crate::web::site) whole_customer: bool,
    pub(in crate::web::site) part: Option<String>,
}

struct Payment {
    at: String,
    kind: String,
    source: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "invoices/invoice.html")]
struct InvoicePage {
    frame: Frame,
    words: &'static InvoiceWords,
    act_words: &'static ActWords,
    back: String,
    number: String,
    state: String,
    tone: &'static str,
    stage: String,
    why: String,
    next: String,
    before: Option<String>,
    customer: String,
    customer_href: String,
    open: String,
    amount: String,
    of_date: String,
    due: String,
    source: String,
    workflow: String,
    /// How its next notice goes, where a person decided that.
    channel: Option<String>,
    document: Option<String>,
    checked: Option<String>,
    payments: Vec<Payment>,
    rests: Vec<Rest>,
    notices: Vec<Brief>,
    unknown: bool,
    history: Vec<Event>,
    acts: Vec<ActForm>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): Path<(String, i64)>) -> Result<Html<String>, PageError> {
    let (language, words, zone) = (seat.language(), InvoiceWords::of(seat.language()), seat.tenant.settings.zone);
    let invoice = InvoiceId(id);
    let now = site.engine.prospect(seat.id(), invoice).await?.ok_or(PageError::NotFound)?;
    let store = &site.engine.store;
    let notices = store.notices_of(seat.id(), invoice).await?;
    let history = store.transitions_of(seat.id(), invoice).await?;
    let payments = store.payments(seat.id(), invoice).await?;
    let arrivals = if seat.may(Right::Operate) { site.engine.arrivals(seat.id(), invoice).await? } else { Vec::new() };
    let (detail, record) = (&now.detail, &now.detail.record);
    let currency = &record.currency;
    let title = format!("{} {}", words.number, record.number);
    let payment = payments.iter().map(|payment| Payment {
        at: shown::moment(language, payment.effective_at, zone),
        kind: payment_kind(language, &payment.kind).to_owned(),
        source: payment.source.clone(),
        amount: shown::money(language, payment.amount_minor, currency),
    });
    let state = now.case.instance.state.word();
    render(&InvoicePage {
        frame: seat.frame("invoices", &title),
        words,
        act_words: ActWords::of(language),
        back: seat.href("/invoices"),
        number: record.number.clone(),
        state: shown::state(language, state).to_owned(),
        tone: shown::tone(state),
        stage: now.edition.stage_key(now.case.instance.state.stage()),
        why: shown::why(language, &now, zone),
        next: shown::next(language, &now, zone),
        before: now.before.map(|before| shown::count(language, before)),
        customer: format!("{} {}", detail.customer.number, detail.customer.name),
        customer_href: seat.href(&format!("/customers/{}", detail.customer_id.0)),
        open: shown::money(language, detail.open_minor, currency),
        amount: shown::money(language, record.amount_minor, currency),
        of_date: shown::day(language, &record.invoice_date.to_string()),
        due: shown::day(language, &record.due_date.to_string()),
        source: format!("{} ({})", detail.source, record.external_id),
        workflow: shown::version(language, &now.edition),
        channel: now.case.instance.channel.map(|way| shown::channel(language, way.word()).to_owned()),
        document: detail.document.is_some().then(|| seat.href(&format!("/invoices/{id}/document.pdf"))),
        checked: now.source.as_ref().map(|(claim, _)| shown::moment(language, claim.checked_at, zone)),
        payments: payment.collect(),
        rests: rests(language, &now),
        unknown: notices.iter().any(|notice| notice.state == "unknown"),
        notices: notices.iter().rev().map(|notice| brief(&seat, notice)).collect(),
        history: history.iter().rev().map(|entry| event(language, entry, currency, zone)).collect(),
        acts: if seat.may(Right::Operate) { acts(&seat, &now, &arrivals, words) } else { Vec::new() },
    })
}

fn rests(language: Language, now: &Prospect) -> Vec<Rest> {
    let rest = |block: &crate::store::blocks::OpenBlock| Rest {
        reason: shown::reason(language, &block.reason).to_owned(),
        owner: shown::actor(language, &block.owner),
        until: block.until.map(|date| shown::day(language, &date.to_string())),
        whole_customer: block.invoice.is_none(),
        part: block.amount_minor.map(|minor| shown::money(language, minor, &now.detail.record.currency)),
    };
    now.blocks.iter().map(rest).collect()
}

fn event(language: Language, entry: &StoredTransition, currency: &str, zone: Tz) -> Event {
    let transition = &entry.transition;
    Event {
        at: shown::moment(language, transition.business_at, zone),
        what: shown::cause(language, &transition.cause).to_owned(),
        tone: shown::tone(&transition.to),
        state: shown::state(language, &transition.to).to_owned(),
        stage: transition.stage.clone(),
        actor: shown::actor(language, &transition.actor),
        words: shown::own_words(transition),
        known: shown::known(language, transition, Some(currency)).join(" · "),
    }
}

/// What makes sense in this state; the engine has the last word.
fn acts(seat: &Seat, now: &Prospect, arrivals: &[Arrival], words: &'static InvoiceWords) -> Vec<ActForm> {
    let form = |act: &str, label, hint| ActForm {
        action: seat.href(&format!("/invoices/{}/{act}", now.detail.id.0)),
        label,
        hint,
        ..ActForm::default()
    };
    let state = &now.case.instance.state;
    let ended = matches!(state, Stand::Withdrawn | Stand::HandedOver | Stand::Settled);
    let movable = matches!(state, Stand::Waiting { .. } | Stand::QueuedByQuota { .. } | Stand::Blocked { .. } | Stand::Failed { .. });
    let mut acts = Vec::new();
    if !ended {
        acts.push(ActForm { asks_until: true, asks_owner: true, ..form("pause", words.pause, "") });
    }
    if now.blocks.iter().any(|block| block.invoice.is_some()) {
        acts.push(form("resume", words.resume, ""));
    }
    if matches!(state, Stand::Failed { .. }) {
        acts.push(form("retry", words.retry, words.retry_hint));
    }
    if movable {
        acts.push(form("skip", words.skip, ""));
        let higher = now.edition.workflow.stages.iter().enumerate();
        let higher = higher.filter(|(position, stage)| stage.enabled && Some(*position) > state.stage());
        let choices: Vec<_> = higher.map(|(position, stage)| (position.to_string(), stage.key.clone())).collect();
        if !choices.is_empty() {
            acts.push(ActForm { choice: Some(("stage", words.stage, choices)), ..form("jump", words.jump, words.jump_hint) });
        }
    }
    if movable {
        let hint = if matches!(state, Stand::Failed { .. }) { words.reroute_failed } else { words.reroute_hint };
        acts.push(ActForm {
            choice: Some(("channel", words.channel, ways(seat.language(), words.usual))),
            ..form("channel", words.reroute, hint)
        });
    }
    let elsewhere: Vec<_> = arrivals.iter().map(|arrival| (written(arrival), arrives(seat.language(), arrival))).collect();
    if !elsewhere.is_empty() {
        acts.push(ActForm { choice: Some(("to", words.to_workflow, elsewhere)), ..form("workflow", words.migrate, words.migrate_hint) });
    }
    if now.detail.open_minor > 0 {
        acts.push(ActForm { is_final: true, ..form("settle", words.settle, words.settle_hint) });
    }
    if !matches!(state, Stand::Withdrawn | Stand::HandedOver) {
        acts.push(ActForm { is_final: true, ..form("withdraw", words.withdraw, words.withdraw_hint) });
        acts.push(ActForm { is_final: true, ..form("hand-over", words.hand_over, words.hand_over_hint) });
    }
    acts
}

/// A version that an invoice may go over to, and what would be next there and when.
fn arrives(language: Language, arrival: &Arrival) -> String {
    let edition = &arrival.edition;
    let name = shown::version(language, edition);
    let key = |stage| edition.stage_key(Some(stage));
    let next = arrival.next.as_ref().map(|rung| (key(rung.stage), shown::moment(language, rung.wake_at, edition.calendar.zone)));
    let chosen = arrival.foothold != Foothold::SameKey;
    let passed = arrival.passed.filter(|_| chosen).map(key);
    let (after, next) = match language {
        Language::German => (
            passed.map(|key| format!(" nach {key}")),
            next.map_or_else(|| "keine Stufe mehr".to_owned(), |(key, at)| format!("als Nächstes {key} am {at}")),
        ),
        Language::English => (
            passed.map(|key| format!(" after {key}")),
            next.map_or_else(|| "no stage left".to_owned(), |(key, at)| format!("next {key} on {at}")),
        ),
    };
    format!("{name}{}: {next}", after.unwrap_or_default())
}

/// The invoice's own PDF.
pub(super) async fn document(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): Path<(String, i64)>) -> Result<Response, PageError> {
    let detail = site.engine.store.invoice_detail(seat.id(), InvoiceId(id)).await?.ok_or(PageError::NotFound)?;
    let hash: Hash = detail.document.ok_or(PageError::NotFound)?;
    let document = site.engine.store.document(seat.id(), &hash).await?.ok_or(PageError::NotFound)?;
    Ok(mails::download(&format!("{}.pdf", detail.record.number), document.bytes))
}
