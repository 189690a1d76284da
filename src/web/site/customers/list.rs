//! The list of customers, on a page and as a file.

use super::words::CustomerWords;
use crate::store::lists::{CustomerFilter, CustomerLine, CustomerSort, OpenSum, Order, Spot, Words};
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::listing::{self, Address, FILE_PAGE, Heading, PAGE, Pager};
use crate::web::site::seat::Seat;
use crate::web::site::{shown, table};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, Response};
use serde::Deserialize;
use std::sync::Arc;

/// What the address says; what it does not say is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    rests: String,
    sort: String,
    dir: String,
    after: String,
}

struct Line {
    href: String,
    number: String,
    name: String,
    email: String,
    email_blocked: bool,
    city: String,
    /// Who looks after it, and until when, where it rests.
    rests: Option<String>,
    open: Vec<String>,
    invoices: String,
}

#[derive(Template)]
#[template(path = "customers/list.html")]
struct ListPage {
    frame: Frame,
    words: &'static CustomerWords,
    base: String,
    asked: Asked,
    headings: Vec<Heading>,
    lines: Vec<Line>,
    pager: Pager,
}

impl Asked {
    fn filter(&self) -> CustomerFilter {
        CustomerFilter { resting: !self.rests.is_empty(), words: Words::of(&self.q) }
    }

    fn order(&self) -> (CustomerSort, Order) {
        let sort = if self.sort == "number" { CustomerSort::Number } else { CustomerSort::Name };
        (sort, listing::order(&self.dir, Order::Up))
    }

    fn address(&self, seat: &Seat) -> Address {
        let Self { q, rests, sort, dir, after } = self;
        Address::new(seat, "/customers", &[("q", q), ("rests", rests), ("sort", sort), ("dir", dir), ("after", after)])
    }
}

/// What is open, one sum for each currency.
pub(super) fn open(language: Language, sums: &[OpenSum]) -> Vec<String> {
    sums.iter().map(|sum| shown::money(language, sum.open_minor, &sum.currency)).collect()
}

fn line(seat: &Seat, line: &CustomerLine) -> Line {
    let language = seat.language();
    Line {
        href: seat.href(&format!("/customers/{}", line.id.0)),
        number: line.number.clone(),
        name: line.name.clone(),
        email: line.email.clone(),
        email_blocked: line.email_blocked.is_some(),
        city: format!("{} {}", line.postcode, line.city).trim().to_owned(),
        rests: line.rests.as_ref().map(|(owner, until)| rest(language, owner, until.as_deref())),
        open: open(language, &line.open),
        invoices: shown::count(language, line.open.iter().map(|sum| sum.invoices).sum()),
    }
}

/// Who looks after what rests, and until when.
fn rest(language: Language, owner: &str, until: Option<&str>) -> String {
    let words = CustomerWords::of(language);
    let until = until.map_or_else(|| words.until_resumed.to_owned(), |date| format!("{} {}", words.until, shown::day(language, date)));
    format!("{} {}, {until}", words.looked_after, shown::actor(language, owner))
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat, Query(asked): Query<Asked>) -> Result<Html<String>, PageError> {
    let words = CustomerWords::of(seat.language());
    let (sort, order) = asked.order();
    let after = listing::spot(&asked.after, true);
    let page = site.engine.store.list_customers(seat.id(), &asked.filter(), (sort, order), after.as_ref(), PAGE).await?;
    let address = asked.address(&seat);
    let now = (if sort == CustomerSort::Name { "name" } else { "number" }, order);
    let plain = |label, class| Heading { label, href: String::new(), sorted: "", class };
    let headings = vec![
        address.heading(words.name, "name", "", now),
        address.heading(words.number, "number", "", now),
        plain(words.email, ""),
        plain(words.city, ""),
        plain(words.open_invoices, "number"),
        plain(words.open, "number"),
    ];
    let end = page.lines.last().filter(|_| page.more).map(|last| listing::spot_text(&last.spot));
    render(&ListPage {
        frame: seat.frame("customers", words.title),
        words,
        base: seat.href("/customers"),
        headings,
        lines: page.lines.iter().map(|customer| line(&seat, customer)).collect(),
        pager: Pager::new(&seat, &address, "/customers.csv", page.total, end),
        asked,
    })
}

/// All rows that fit, in the order of the list; a customer with open invoices in several currencies has a row for each.
pub(super) async fn file(State(site): State<Arc<Site>>, seat: Seat, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let words = CustomerWords::of(seat.language());
    let german = seat.language() == Language::German;
    let head = [
        words.number,
        words.name,
        words.email,
        words.city,
        words.rests,
        words.owner,
        words.until_day,
        words.open_invoices,
        words.open,
        words.currency,
    ];
    let head = table::lines(&[head.map(ToOwned::to_owned)], german)?;
    let order = asked.order();
    let sheet = Arc::new((site, seat, asked.filter(), order));
    table::file(if german { "kunden" } else { "customers" }, None, head, move |after: Option<Spot>| {
        let sheet = sheet.clone();
        async move {
            let (site, seat, filter, order) = &*sheet;
            let page = site.engine.store.list_customers(seat.id(), filter, *order, after.as_ref(), FILE_PAGE).await?;
            let rows: Vec<_> = page.lines.iter().flat_map(|line| rows(seat.language(), line)).collect();
            let next = page.lines.last().filter(|_| page.more).map(|last| Some(last.spot.clone()));
            Ok((table::lines(&rows, seat.language() == Language::German)?, next))
        }
    })
    .await
}

fn rows(language: Language, line: &CustomerLine) -> Vec<[String; 10]> {
    let row = |sum: Option<&OpenSum>| {
        let (count, open, currency) = sum.map_or_else(Default::default, |sum| {
            (sum.invoices.to_string(), table::amount(language, sum.open_minor, &sum.currency), sum.currency.clone())
        });
        let (rests, owner, until) = line.rests.as_ref().map_or_else(Default::default, |(owner, until)| {
            (CustomerWords::of(language).rests.to_owned(), shown::actor(language, owner), until.clone().unwrap_or_default())
        });
        let city = format!("{} {}", line.postcode, line.city).trim().to_owned();
        [line.number.clone(), line.name.clone(), line.email.clone(), city, rests, owner, until, count, open, currency]
    };
    if line.open.is_empty() { vec![row(None)] } else { line.open.iter().map(|sum| row(Some(sum))).collect() }
}
