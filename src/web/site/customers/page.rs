//! One customer in full.

use super::list::open;
use super::words::CustomerWords;
use crate::domain::account::Right;
use crate::domain::ids::CustomerId;
use crate::engine::edition::Edition;
use crate::store::addresses::Addresses;
use crate::store::blocks::OpenBlock;
use crate::store::lists::{InvoiceFilter, InvoiceLine, InvoiceSort, NoticeFilter, Order};
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::acts::{ActForm, ActWords, Choice, NOBODY_DECIDED, ways};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::notices::{Brief, brief_line, rule};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many of the newest stand on the page; the others are in the lists.
const SHOWN: i64 = 10;

struct AddressLine {
    address: String,
    kind: String,
    in_use: bool,
    blocked: Option<String>,
}

struct Rest {
    reason: String,
    owner: String,
    until: Option<String>,
    invoice: Option<(String, String)>,
}

struct Invoice {
    href: String,
    number: String,
    due: String,
    open: String,
    state: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "customers/customer.html")]
struct CustomerPage {
    frame: Frame,
    words: &'static CustomerWords,
    act_words: &'static ActWords,
    back: String,
    name: String,
    number: String,
    rests_all: bool,
    open: Vec<String>,
    address: String,
    language: String,
    /// A person decided that.
    language_by_hand: bool,
    channel: String,
    workflow: String,
    kind: &'static str,
    goes_to: Option<String>,
    addresses: Vec<AddressLine>,
    rests: Vec<Rest>,
    invoices: Vec<Invoice>,
    all_invoices: String,
    notices: Vec<Brief>,
    all_notices: String,
    acts: Vec<ActForm>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): Path<(String, i64)>) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), CustomerWords::of(seat.language()));
    let (store, customer) = (&site.engine.store, CustomerId(id));
    let line = store.customer_line(seat.id(), customer).await?.ok_or(PageError::NotFound)?;
    let addresses = store.addresses_of(seat.id(), customer).await?.ok_or(PageError::NotFound)?;
    let blocks = store.open_blocks(seat.id(), customer).await?;
    let filter = InvoiceFilter { customer: Some(customer), ..InvoiceFilter::default() };
    let invoices = store.list_invoices(seat.id(), &filter, (InvoiceSort::Due, Order::Down), None, SHOWN).await?;
    let filter = NoticeFilter { customer: Some(customer), ..NoticeFilter::default() };
    let notices = store.list_notices(seat.id(), &filter, Order::Down, None, SHOWN).await?;
    let decided = store.by_hand(seat.id(), customer).await?.ok_or(PageError::NotFound)?;
    let editions = site.engine.tenant_with_editions(seat.id()).await?.editions();
    let usable = addresses.blocked.is_none() && !addresses.in_use.is_empty();
    let place = format!("{} {}", line.postcode, line.city);
    let parts = [line.street.as_str(), place.trim(), &line.country];
    let mut rests = Vec::new();
    for block in &blocks {
        rests.push(rest(&site, &seat, block).await?);
    }
    render(&CustomerPage {
        frame: seat.frame("customers", &line.name),
        words,
        act_words: ActWords::of(language),
        back: seat.href("/customers"),
        name: line.name.clone(),
        number: line.number.clone(),
        rests_all: line.rests.is_some(),
        open: open(language, &line.open),
        address: parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        language: spoken(language, decided.language.as_deref().unwrap_or(&line.language), words),
        language_by_hand: decided.language.is_some(),
        channel: decided.channel.map_or_else(|| words.usual_way.to_owned(), |way| shown::channel(language, way.word()).to_owned()),
        workflow: decided.workflow.as_ref().map_or_else(|| words.usual_workflow.to_owned(), |name| titled(language, &editions, name)),
        kind: match line.kind.as_str() {
            "business" => words.business,
            "consumer" => words.consumer,
            _ => words.unknown,
        },
        goes_to: usable.then(|| addresses.in_use.clone()),
        addresses: address_lines(language, &addresses),
        rests,
        invoices: invoices.lines.iter().map(|line| invoice(&seat, line)).collect(),
        all_invoices: seat.href(&format!("/invoices?customer={id}")),
        notices: notices.lines.iter().map(|line| brief_line(&seat, line)).collect(),
        all_notices: seat.href(&format!("/notices?customer={id}")),
        acts: if seat.may(Right::Operate) { acts(&seat, customer, &addresses, &blocks, &editions, words) } else { Vec::new() },
    })
}

fn invoice(seat: &Seat, line: &InvoiceLine) -> Invoice {
    let language = seat.language();
    Invoice {
        href: seat.href(&format!("/invoices/{}", line.id.0)),
        number: line.number.clone(),
        due: shown::day(language, &line.due_date),
        open: shown::money(language, line.open_minor, &line.currency),
        state: shown::state(language, &line.state).to_owned(),
        tone: shown::tone(&line.state),
    }
}

fn address_lines(language: Language, addresses: &Addresses) -> Vec<AddressLine> {
    let line = |address: &crate::domain::address::Address| AddressLine {
        address: address.address.clone(),
        kind: rule(language, address.kind.word()).to_owned(),
        in_use: address.blocked.is_none() && address.address == addresses.in_use,
        blocked: address.blocked.clone(),
    };
    addresses.all.iter().map(line).collect()
}

/// A language in words, where this program has a word for it.
fn spoken(language: Language, code: &str, words: &'static CustomerWords) -> String {
    match (code, language) {
        ("", _) => words.unknown_language.to_owned(),
        ("de", Language::German) => "Deutsch".to_owned(),
        ("de", Language::English) => "German".to_owned(),
        ("en", Language::German) => "Englisch".to_owned(),
        ("en", Language::English) => "English".to_owned(),
        (other, _) => other.to_owned(),
    }
}

/// A workflow as people read its name.
fn titled(language: Language, editions: &[Arc<Edition>], name: &str) -> String {
    let newest = editions.iter().rev().find(|edition| edition.workflow.name == name);
    newest.map_or(name, |edition| edition.workflow.title_in(language.tag())).to_owned()
}

/// What may be decided about a customer: the act, its label and hint, and its choices, of which the first takes back.
fn decisions(
    language: Language,
    editions: &[Arc<Edition>],
    words: &'static CustomerWords,
) -> impl Iterator<Item = (&'static str, &'static str, &'static str, Choice)> {
    let taken_back = (NOBODY_DECIDED.to_owned(), words.as_imported.to_owned());
    let languages = ["de", "en"].map(|code| (code.to_owned(), spoken(language, code, words)));
    let names: BTreeSet<_> = editions.iter().map(|edition| edition.workflow.name.clone()).collect();
    let names = names.into_iter().map(|name| (name.clone(), titled(language, editions, &name)));
    let languages = std::iter::once(taken_back.clone()).chain(languages).collect();
    let workflows = std::iter::once(taken_back).chain(names).collect();
    [
        ("language", words.decide_language, words.decide_language_hint, ("value", words.language, languages)),
        ("channel", words.decide_channel, words.decide_channel_hint, ("value", words.channel, ways(language, words.usual_way))),
        ("workflow", words.decide_workflow, words.decide_workflow_hint, ("value", words.workflow, workflows)),
    ]
    .into_iter()
}

async fn rest(site: &Site, seat: &Seat, block: &OpenBlock) -> Result<Rest, PageError> {
    let language = seat.language();
    let invoice = match block.invoice {
        Some(id) => site.engine.store.invoice_detail(seat.id(), id).await?,
        None => None,
    };
    Ok(Rest {
        reason: shown::reason(language, &block.reason).to_owned(),
        owner: shown::actor(language, &block.owner),
        until: block.until.map(|date| shown::day(language, &date.to_string())),
        invoice: invoice.map(|detail| (seat.href(&format!("/invoices/{}", detail.id.0)), detail.record.number)),
    })
}

fn acts(
    seat: &Seat,
    customer: CustomerId,
    addresses: &Addresses,
    blocks: &[OpenBlock],
    editions: &[Arc<Edition>],
    words: &'static CustomerWords,
) -> Vec<ActForm> {
    let form = |act: &str, label, hint| ActForm {
        action: seat.href(&format!("/customers/{}/{act}", customer.0)),
        label,
        hint,
        ..ActForm::default()
    };
    let mut acts = vec![ActForm { asks_until: true, asks_owner: true, ..form("pause", words.pause, words.pause_hint) }];
    if !blocks.is_empty() {
        acts.push(form("resume", words.resume, words.resume_hint));
    }
    let by_hand = addresses.all.iter().find(|address| address.kind == crate::domain::address::AddressKind::ByHand);
    let entered = by_hand.map(|address| address.address.clone()).unwrap_or_default();
    acts.push(ActForm { text: Some(("address", words.email, entered)), ..form("address", words.give, words.give_hint) });
    let choices = |blocked: bool| -> Vec<(String, String)> {
        let fitting = addresses.all.iter().filter(|address| address.blocked.is_some() == blocked);
        fitting.map(|address| (address.address.clone(), address.address.clone())).collect()
    };
    for (act, label, hint, blocked) in [("block", words.block, words.block_hint, false), ("unblock", words.unblock, "", true)] {
        let choices = choices(blocked);
        if !choices.is_empty() {
            acts.push(ActForm { choice: Some(("address", words.email, choices)), ..form(act, label, hint) });
        }
    }
    acts.extend(
        decisions(seat.language(), editions, words)
            .map(|(act, label, hint, choice)| ActForm { choice: Some(choice), ..form(act, label, hint) }),
    );
    let versions: Vec<_> =
        editions.iter().rev().map(|edition| (edition.id.to_string(), shown::version(seat.language(), edition))).collect();
    if !versions.is_empty() {
        acts.push(ActForm { choice: Some(("to", words.to_workflow, versions)), ..form("migrate", words.migrate, words.migrate_hint) });
    }
    acts
}
