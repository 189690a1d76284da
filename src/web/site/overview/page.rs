//! A tenant at a glance. Each number is a link to what it counts.

use super::chart::{self, Bar};
use super::figures::{self, Summed, stage_of};
use super::words::OverviewWords;
use crate::domain::backlog::Backlog;
use crate::domain::format;
use crate::store::gate::Gate;
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A number with what it counts.
struct Count {
    label: String,
    tone: &'static str,
    count: String,
    href: String,
}

/// What is open at one stage, by age, in one currency.
struct MoneyRow {
    stage: String,
    ages: [String; 5],
    sum: String,
}

#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage {
    frame: Frame,
    words: &'static OverviewWords,
    /// Why nothing leaves, and where that is decided on a page.
    held: Vec<(&'static str, Option<String>)>,
    attention: Vec<Count>,
    due: Vec<Count>,
    bars: Vec<Bar>,
    invoices: String,
    money: Vec<MoneyRow>,
    outstanding: Vec<(String, String)>,
    states: Vec<Count>,
    as_of: String,
}

const WIDTH: i64 = chart::WIDTH;
const HEIGHT: i64 = chart::HEIGHT;

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), OverviewWords::of(seat.language()));
    let summed = figures::summed(&site, &seat.tenant).await?;
    let gate = site.engine.store.gate(seat.id()).await?;
    let notices = site.engine.store.notices_wanting(seat.id()).await?;
    let states = summed.states.iter().map(|(word, count)| Count {
        label: shown::state(language, word).to_owned(),
        tone: "plain",
        count: shown::count(language, *count),
        href: seat.href(&format!("/invoices?state={word}")),
    });
    let states = states.collect();
    let page = OverviewPage {
        frame: seat.frame("overview", words.title),
        words,
        held: held(&seat, &gate, words),
        attention: attention(&seat, words, &notices, &summed),
        due: due(&seat, words, &summed),
        bars: chart::bars(&summed.days, summed.today, language),
        invoices: seat.href("/invoices"),
        money: money(&seat, words, &summed),
        outstanding: outstanding(language, words, &summed),
        states,
        as_of: format!("{} {}", words.as_of, shown::moment(language, summed.at, seat.tenant.settings.zone)),
    };
    render(&page)
}

fn held(seat: &Seat, gate: &Gate, words: &'static OverviewWords) -> Vec<(&'static str, Option<String>)> {
    let backlog = Some(seat.href("/backlog"));
    let reasons =
        [(gate.fenced, words.fenced, None), (gate.off, words.off, None), (gate.backlog == Some(Backlog::Asked), words.asked, backlog)];
    reasons.into_iter().filter(|(holds, ..)| *holds).map(|(_, text, href)| (text, href)).collect()
}

fn attention(seat: &Seat, words: &'static OverviewWords, notices: &[(String, i64)], summed: &Summed) -> Vec<Count> {
    let wanting = [("failed", words.failed), ("unknown", words.unknown), ("proposed", words.proposed), ("paper", words.paper)];
    let count = |label: &str, word: &str, count: i64, href: String| Count {
        label: label.to_owned(),
        tone: shown::tone(word),
        count: shown::count(seat.language(), count),
        href,
    };
    let mut found: Vec<_> = wanting
        .into_iter()
        .filter_map(|(state, label)| {
            let (_, n) = notices.iter().find(|(word, n)| word == state && *n > 0)?;
            Some(count(label, state, *n, seat.href(&format!("/notices?state={state}"))))
        })
        .collect();
    if summed.addressless > 0 {
        found.push(count(words.addressless, "paper", summed.addressless, seat.href("/customers?address=none")));
    }
    found
}

fn due(seat: &Seat, words: &'static OverviewWords, summed: &Summed) -> Vec<Count> {
    let today = summed.days.first().copied().unwrap_or_default();
    let month: i64 = summed.days.iter().map(|day| day.by_mail + day.by_post).sum();
    let count =
        |label: &str, n: i64, href: String| Count { label: label.to_owned(), tone: "plain", count: shown::count(seat.language(), n), href };
    vec![
        count(words.due_today, today.by_mail + today.by_post, seat.href(&format!("/invoices?state=waiting&next_to={}", summed.today))),
        count(words.due_month, month, seat.href("/invoices?state=waiting&sort=next")),
    ]
}

/// Stages of all workflows that bear the same name are one row.
fn money(seat: &Seat, words: &'static OverviewWords, summed: &Summed) -> Vec<MoneyRow> {
    let mut rows: BTreeMap<(String, i64, String), [i64; 5]> = BTreeMap::new();
    for receivable in &summed.receivables {
        let place = receivable.passed.unwrap_or(-1);
        let stage = receivable.passed.and_then(|passed| stage_of(&seat.tenant, receivable.workflow, passed));
        let name = stage.map_or_else(|| words.no_stage.to_owned(), |stage| stage.key);
        let ages = rows.entry((receivable.currency.clone(), place, name)).or_default();
        if let Some(sum) = usize::try_from(receivable.age).ok().and_then(|age| ages.get_mut(age)) {
            *sum += receivable.open_minor;
        }
    }
    let amount = |minor: i64, currency: &str| if minor == 0 { "–".to_owned() } else { shown::money(seat.language(), minor, currency) };
    let mut totals: BTreeMap<String, [i64; 5]> = BTreeMap::new();
    let mut shown_rows = Vec::new();
    for ((currency, _, stage), ages) in rows {
        let total = totals.entry(currency.clone()).or_default();
        total.iter_mut().zip(ages).for_each(|(total, age)| *total += age);
        shown_rows.push(MoneyRow { stage, ages: ages.map(|minor| amount(minor, &currency)), sum: amount(ages.iter().sum(), &currency) });
    }
    shown_rows.extend(totals.into_iter().map(|(currency, ages)| MoneyRow {
        stage: words.sum.to_owned(),
        ages: ages.map(|minor| amount(minor, &currency)),
        sum: amount(ages.iter().sum(), &currency),
    }));
    shown_rows
}

fn outstanding(language: Language, words: &'static OverviewWords, summed: &Summed) -> Vec<(String, String)> {
    let days =
        |days: &Option<i64>| days.map_or_else(|| "–".to_owned(), |days| format!("{} {}", format::count(language.tag(), days), words.days));
    summed.outstanding.iter().map(|(currency, outstanding)| (currency.clone(), days(outstanding))).collect()
}
