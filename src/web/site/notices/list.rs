//! The list of notices, on a page and as a file.

use super::words::NoticeWords;
use crate::domain::account::Right;
use crate::domain::ids::CustomerId;
use crate::domain::time::whole_day;
use crate::store::lists::{NoticeFilter, NoticeLine, NoticeSpot, Order, Words};
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::listing::{self, Address, FILE_PAGE, PAGE, Pager};
use crate::web::site::seat::Seat;
use crate::web::site::{shown, table};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, Response};
use serde::Deserialize;
use std::sync::Arc;

pub(in crate::web::site) const STATES: [&str; 7] = ["proposed", "released", "sent", "paper", "failed", "unknown", "recalled"];
const CHANNELS: [&str; 3] = ["email", "post", "paper"];

/// What the address says; what it does not say is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    state: String,
    channel: String,
    stage: String,
    customer: String,
    from: String,
    to: String,
    /// The day of a run.
    run: String,
    dir: String,
    after: String,
}

struct Line {
    id: String,
    href: String,
    at: String,
    customer: String,
    customer_href: String,
    stage: String,
    channel: String,
    state: String,
    tone: &'static str,
    recipient: String,
    invoices: String,
    amount: String,
    /// A decision is awaited that may be made for many at once.
    may_pick: bool,
}

#[derive(Template)]
#[template(path = "notices/list.html")]
struct ListPage {
    frame: Frame,
    words: &'static NoticeWords,
    base: String,
    asked: Asked,
    states: Vec<(&'static str, String)>,
    channels: Vec<(&'static str, String)>,
    stages: Vec<String>,
    lines: Vec<Line>,
    pager: Pager,
    may_act: bool,
}

impl Asked {
    fn filter(&self, seat: &Seat) -> NoticeFilter {
        let known = |all: &[&'static str], word: &str| all.iter().find(|known| **known == word).copied().unwrap_or_default().to_owned();
        NoticeFilter {
            state: known(&STATES, &self.state),
            channel: known(&CHANNELS, &self.channel),
            stage: self.stage.clone(),
            customer: self.customer.parse().ok().map(CustomerId),
            from: listing::filter_day(&self.from),
            to: listing::filter_day(&self.to),
            issued: self.run.parse().ok().map(|date| whole_day(seat.tenant.settings.zone, date)),
            words: Words::of(&self.q),
        }
    }

    fn address(&self, seat: &Seat) -> Address {
        let Self { q, state, channel, stage, customer, from, to, run, dir, after } = self;
        let pairs = [
            ("q", q),
            ("state", state),
            ("channel", channel),
            ("stage", stage),
            ("customer", customer),
            ("from", from),
            ("to", to),
            ("run", run),
            ("dir", dir),
            ("after", after),
        ];
        Address::new(seat, "/notices", &pairs.map(|(key, value)| (key, value.as_str())))
    }
}

fn line(seat: &Seat, line: &NoticeLine) -> Line {
    let language = seat.language();
    Line {
        id: line.id.0.clone(),
        href: seat.href(&format!("/notices/{}", line.id)),
        at: shown::moment(language, line.dispatched_at.unwrap_or(line.slot_at), seat.tenant.settings.zone),
        customer: line.customer_name.clone(),
        customer_href: seat.href(&format!("/customers/{}", line.customer.0)),
        stage: line.stage.clone(),
        // Paper is a state and a channel: once is enough.
        channel: if line.state == line.channel { String::new() } else { shown::channel(language, &line.channel).to_owned() },
        state: shown::notice_state(language, &line.state).to_owned(),
        tone: shown::tone(&line.state),
        recipient: line.recipient.clone().unwrap_or_default(),
        invoices: shown::count(language, line.invoices),
        amount: shown::money(language, line.open_minor.saturating_add(line.fee_minor), &line.currency),
        may_pick: matches!(line.state.as_str(), "proposed" | "released" | "failed"),
    }
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat, Query(asked): Query<Asked>) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), NoticeWords::of(seat.language()));
    let (filter, order) = (asked.filter(&seat), listing::order(&asked.dir, Order::Down));
    let after = listing::notice_spot(&asked.after);
    let page = site.engine.store.list_notices(seat.id(), &filter, order, after.as_ref(), PAGE).await?;
    let address = asked.address(&seat);
    let (turned, label) = if order == Order::Down { ("up", words.oldest) } else { ("down", words.newest) };
    let end = page.lines.last().filter(|_| page.more).map(|last| listing::notice_spot_text(&last.spot));
    let pager = Pager::new(&seat, &address, "/notices.csv", page.total, end);
    let pager = Pager { turned: Some((address.with(&[("dir", turned), ("after", "")]), label)), ..pager };
    site.engine.tenant_with_editions(seat.id()).await?;
    let named = |word, shown: &str| (word, shown.to_owned());
    let lines: Vec<_> = page.lines.iter().map(|notice| line(&seat, notice)).collect();
    render(&ListPage {
        frame: seat.frame("notices", words.title),
        words,
        base: seat.href("/notices"),
        states: STATES.map(|state| named(state, shown::notice_state(language, state))).to_vec(),
        channels: CHANNELS.map(|channel| named(channel, shown::channel(language, channel))).to_vec(),
        stages: seat.tenant.stage_keys(),
        pager: pager.of_customer(&site, &seat, &address, filter.customer).await?,
        may_act: seat.may(Right::Operate) && lines.iter().any(|line| line.may_pick),
        lines,
        asked,
    })
}

/// All rows that fit, in the order of the list.
pub(super) async fn file(State(site): State<Arc<Site>>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let words = NoticeWords::of(seat.language());
    let german = seat.language() == Language::German;
    let head = [
        words.at,
        words.customer,
        words.customer_number,
        words.stage,
        words.channel,
        words.state,
        words.recipient,
        words.invoices,
        words.amount,
        words.fee,
        words.currency,
    ];
    let head = table::lines(&[head.map(ToOwned::to_owned)], german)?;
    let order = listing::order(&asked.dir, Order::Down);
    let filter = asked.filter(&seat);
    let sheet = Arc::new((site, seat, filter, order));
    table::file(if german { "schreiben" } else { "notices" }, None, head, move |after: Option<NoticeSpot>| {
        let sheet = sheet.clone();
        async move {
            let (site, seat, filter, order) = &*sheet;
            let page = site.engine.store.list_notices(seat.id(), filter, *order, after.as_ref(), FILE_PAGE).await?;
            let rows: Vec<_> = page.lines.iter().map(|line| row(seat, line)).collect();
            let next = page.lines.last().filter(|_| page.more).map(|last| Some(last.spot.clone()));
            Ok((table::lines(&rows, seat.language() == Language::German)?, next))
        }
    })
    .await
}

fn row(seat: &Seat, line: &NoticeLine) -> [String; 11] {
    let language = seat.language();
    let at = line.dispatched_at.unwrap_or(line.slot_at).in_zone(seat.tenant.settings.zone);
    [
        at.format("%Y-%m-%d %H:%M").to_string(),
        line.customer_name.clone(),
        line.customer_number.clone(),
        line.stage.clone(),
        shown::channel(language, &line.channel).to_owned(),
        shown::notice_state(language, &line.state).to_owned(),
        line.recipient.clone().unwrap_or_default(),
        line.invoices.to_string(),
        table::amount(language, line.open_minor.saturating_add(line.fee_minor), &line.currency),
        table::amount(language, line.fee_minor, &line.currency),
        line.currency.clone(),
    ]
}
