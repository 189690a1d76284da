//! The list of invoices.

use super::words::InvoiceWords;
use crate::domain::account::Right;
use crate::domain::ids::CustomerId;
use crate::engine::edition::Edition;
use crate::store::lists::{InvoiceFilter, InvoiceLine, InvoiceSort, Order, Words};
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::listing::{self, Address, Heading, PAGE, Pager};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use chrono_tz::Tz;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const STATES: [&str; 10] =
    ["waiting", "queued_by_quota", "proposed", "issued", "failed", "blocked", "exhausted", "settled", "withdrawn", "handed_over"];

/// What the address says; what it does not say is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    state: String,
    stage: String,
    customer: String,
    from: String,
    to: String,
    sort: String,
    dir: String,
    pub(super) after: String,
}

/// The filter and the order that an address means.
pub(super) struct Wanted {
    pub(super) filter: InvoiceFilter,
    pub(super) sort: InvoiceSort,
    pub(super) order: Order,
}

/// The keys of stages by workflow version and position.
pub(super) struct Stages(BTreeMap<i64, Arc<Edition>>);

struct Line {
    id: i64,
    href: String,
    number: String,
    customer: String,
    customer_number: String,
    customer_href: String,
    due: String,
    amount: String,
    open: String,
    state: String,
    tone: &'static str,
    stage: String,
    next: String,
}

#[derive(Template)]
#[template(path = "invoices/list.html")]
struct ListPage {
    frame: Frame,
    words: &'static InvoiceWords,
    base: String,
    asked: Asked,
    states: Vec<(&'static str, String)>,
    stages: Vec<String>,
    headings: Vec<Heading>,
    lines: Vec<Line>,
    pager: Pager,
    may_act: bool,
    by_next: bool,
}

impl Asked {
    pub(super) fn wanted(&self, stages: &Stages) -> Wanted {
        let sort = match self.sort.as_str() {
            "number" => InvoiceSort::Number,
            "next" => InvoiceSort::Next,
            "amount" => InvoiceSort::Amount,
            "customer" => InvoiceSort::Customer,
            _ => InvoiceSort::Due,
        };
        let usual = if sort == InvoiceSort::Due && self.sort.is_empty() { Order::Down } else { Order::Up };
        let filter = InvoiceFilter {
            state: STATES.into_iter().find(|state| *state == self.state).unwrap_or_default().to_owned(),
            stages: (!self.stage.is_empty()).then(|| stages.positions(&self.stage)),
            customer: self.customer.parse().ok().map(CustomerId),
            due_from: listing::filter_day(&self.from),
            due_to: listing::filter_day(&self.to),
            words: Words::of(&self.q),
        };
        Wanted { filter, sort, order: listing::order(&self.dir, usual) }
    }

    fn address(&self, seat: &Seat) -> Address {
        let Self { q, state, stage, customer, from, to, sort, dir, after } = self;
        let pairs = [
            ("q", q),
            ("state", state),
            ("stage", stage),
            ("customer", customer),
            ("from", from),
            ("to", to),
            ("sort", sort),
            ("dir", dir),
            ("after", after),
        ];
        Address::new(seat, "/invoices", &pairs.map(|(key, value)| (key, value.as_str())))
    }
}

impl Stages {
    pub(super) async fn of(site: &Site, seat: &Seat) -> Result<Self, PageError> {
        let held = site.engine.tenant_with_editions(seat.id()).await?;
        Ok(Self(held.editions().into_iter().map(|edition| (edition.id.0, edition)).collect()))
    }

    fn positions(&self, key: &str) -> Vec<(i64, usize)> {
        let own = |(id, edition): (&i64, &Arc<Edition>)| {
            let stages = edition.workflow.stages.iter().enumerate();
            stages.filter(|(_, stage)| stage.key == key).map(|(position, _)| (*id, position)).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(own).collect()
    }

    pub(super) fn key(&self, line: &InvoiceLine) -> String {
        self.0.get(&line.workflow).map(|edition| edition.stage_key(line.stage)).unwrap_or_default()
    }
}

/// What comes next of a line, or what it waits for.
pub(super) fn next(language: Language, line: &InvoiceLine, zone: Tz) -> String {
    let german = language == Language::German;
    match (line.queued, line.wake_at, &line.reason) {
        (true, ..) => (if german { "wartet auf einen Sendeplatz" } else { "waits for a slot" }).to_owned(),
        (_, Some(at), _) => shown::moment(language, at, zone),
        (_, None, Some(reason)) => line.until.as_ref().map_or_else(
            || shown::reason(language, reason).to_owned(),
            |until| format!("{} {}", if german { "ruht bis" } else { "rests until" }, shown::day(language, until)),
        ),
        (_, None, None) => String::new(),
    }
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat, Query(asked): Query<Asked>) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), InvoiceWords::of(seat.language()));
    let stages = Stages::of(&site, &seat).await?;
    let Wanted { filter, sort, order } = asked.wanted(&stages);
    let after = listing::spot(&asked.after, sort.is_text());
    let page = site.engine.store.list_invoices(seat.id(), &filter, (sort, order), after.as_ref(), PAGE).await?;
    let zone = seat.tenant.settings.zone;
    let line = |line: &InvoiceLine| Line {
        id: line.id.0,
        href: seat.href(&format!("/invoices/{}", line.id.0)),
        number: line.number.clone(),
        customer: line.customer_name.clone(),
        customer_number: line.customer_number.clone(),
        customer_href: seat.href(&format!("/customers/{}", line.customer.0)),
        due: shown::day(language, &line.due_date),
        amount: shown::money(language, line.amount_minor, &line.currency),
        open: shown::money(language, line.open_minor, &line.currency),
        state: shown::state(language, &line.state).to_owned(),
        tone: shown::tone(&line.state),
        stage: stages.key(line),
        next: next(language, line, zone),
    };
    let address = asked.address(&seat);
    let now = (key(sort), order);
    let headings = vec![
        address.heading(words.number, "number", "", now),
        address.heading(words.customer, "customer", "", now),
        address.heading(words.due, "due", "", now),
        address.heading(words.amount, "amount", "number", now),
        Heading { label: words.open, href: String::new(), sorted: "", class: "number" },
        Heading { label: words.state, href: String::new(), sorted: "", class: "" },
        address.heading(words.next, "next", "", now),
    ];
    let end = page.lines.last().filter(|_| page.more).map(|last| listing::spot_text(&last.spot));
    let pager = Pager::new(&seat, &address, "/invoices.csv", page.total, end);
    render(&ListPage {
        frame: seat.frame("invoices", words.title),
        words,
        base: seat.href("/invoices"),
        states: STATES.map(|state| (state, shown::state(language, state).to_owned())).to_vec(),
        stages: seat.tenant.stage_keys(),
        headings,
        lines: page.lines.iter().map(line).collect(),
        pager: pager.of_customer(&site, &seat, &address, filter.customer).await?,
        may_act: seat.may(Right::Operate),
        by_next: sort == InvoiceSort::Next,
        asked,
    })
}

fn key(sort: InvoiceSort) -> &'static str {
    match sort {
        InvoiceSort::Number => "number",
        InvoiceSort::Due => "due",
        InvoiceSort::Next => "next",
        InvoiceSort::Amount => "amount",
        InvoiceSort::Customer => "customer",
    }
}
