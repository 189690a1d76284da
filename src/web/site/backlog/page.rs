//! How the backlog stands: nothing to decide, a choice with its preview, or what was decided.

use super::words::{BacklogWords, named};
use crate::domain::account::Right;
use crate::domain::backlog::{Backlog, Choice};
use crate::engine::backlog::{AGES, Begins, Opening, Outlook};
use crate::engine::unit::OWN;
use crate::store::gate::Gate;
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::overview::OverviewWords;
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use chrono::{Days, NaiveDate};
use serde_json::Value;
use std::sync::Arc;

/// Where older invoices would rest unless another day is named: so many days ago.
const FROM_DAYS: u64 = 90;

/// A choice with what it would do in numbers.
struct Offer {
    value: &'static str,
    /// Of a choice that needs one.
    day: Option<NaiveDate>,
    title: &'static str,
    about: &'static str,
    numbers: Vec<(&'static str, String)>,
    is_shown: bool,
}

/// What begins at a stage.
struct Row {
    stage: String,
    ages: [String; AGES],
    due: String,
    count: String,
    open: String,
}

struct First {
    at: String,
    stage: String,
    number: String,
    href: String,
    customer: String,
    customer_href: String,
    due: String,
    open: String,
}

/// The choice that was looked at last, in full.
struct Preview {
    title: String,
    value: &'static str,
    day: String,
    rows: Vec<Row>,
    first: Vec<First>,
    /// What happens once it is confirmed.
    then: Vec<String>,
}

struct Decided {
    facts: Vec<(&'static str, String)>,
    history: String,
    resting: Option<String>,
}

#[derive(Template)]
#[template(path = "backlog/backlog.html")]
struct BacklogPage {
    frame: Frame,
    words: &'static BacklogWords,
    overview_words: &'static OverviewWords,
    back: String,
    base: String,
    waits: bool,
    reading: bool,
    is_empty: bool,
    may_choose: bool,
    choices: Vec<Offer>,
    preview: Option<Preview>,
    decided: Option<Decided>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    let words = BacklogWords::of(seat.language());
    let gate = site.engine.store.gate(seat.id()).await?;
    let waits = gate.backlog == Some(Backlog::Asked);
    let mut page = BacklogPage {
        frame: seat.frame("overview", words.title),
        words,
        overview_words: OverviewWords::of(seat.language()),
        back: seat.href(""),
        base: seat.href("/backlog"),
        waits,
        reading: false,
        is_empty: false,
        may_choose: seat.may(Right::Administer),
        choices: Vec::new(),
        preview: None,
        decided: None,
    };
    match gate.backlog {
        None => {}
        Some(Backlog::Chosen { choice, .. }) => page.decided = Some(decided(&site, &seat, choice).await?),
        Some(Backlog::Asked) => {
            let status = site.engine.source_status(seat.id()).await?;
            page.reading = status.is_some_and(|status| status.sync && status.row.is_none_or(|row| row.swept_at.is_none()));
            let seen: Option<Choice> = gate.previewed.as_deref().and_then(|text| text.parse().ok());
            let outlooks = site.engine.backlog_outlooks(seat.id(), &offered(&site, &seat, seen)).await?;
            page.is_empty = outlooks.iter().all(|outlook| outlook.chosen.looked_at == 0);
            page.choices = outlooks.iter().map(|outlook| choice(seat.language(), outlook, seen)).collect();
            page.preview = outlooks.iter().find(|outlook| Some(outlook.choice) == seen).map(|outlook| preview(&seat, &gate, outlook));
        }
    }
    render(&page)
}

/// All three; the day is that of the last preview, or a usual one.
fn offered(site: &Site, seat: &Seat, seen: Option<Choice>) -> [Choice; 3] {
    let today = site.engine.clock.now().date_in(seat.tenant.settings.zone);
    let day = seen.and_then(Choice::from_date).or_else(|| today.checked_sub_days(Days::new(FROM_DAYS))).unwrap_or(today);
    [Choice::All, Choice::ByAge, Choice::From(day)]
}

fn choice(language: Language, outlook: &Outlook, seen: Option<Choice>) -> Offer {
    let words = BacklogWords::of(language);
    let (title, about) = match outlook.choice {
        Choice::All => (words.all, words.all_about),
        Choice::ByAge => (words.by_age, words.by_age_about),
        Choice::From(_) => (words.from, words.from_about),
    };
    let sent = || outlook.starts.iter().filter(|begins| begins.stage.is_some());
    let (due, all): (i64, i64) = (sent().map(|begins| begins.due).sum(), sent().map(Begins::count).sum());
    let resting: i64 = outlook.starts.iter().filter(|begins| begins.stage.is_none()).map(Begins::count).sum();
    let advanced = i64::try_from(outlook.chosen.advanced).unwrap_or(i64::MAX);
    let count = |count| shown::count(language, count);
    let mut numbers = vec![(words.due, count(due)), (words.later, count(all - due))];
    numbers.extend((advanced > 0).then(|| (words.advanced, count(advanced))));
    numbers.extend((resting > 0).then(|| (words.resting, count(resting))));
    let (value, day) = (outlook.choice.word(), outlook.choice.from_date());
    Offer { value, day, title, about, numbers, is_shown: Some(outlook.choice) == seen }
}

fn preview(seat: &Seat, gate: &Gate, outlook: &Outlook) -> Preview {
    let (language, words) = (seat.language(), BacklogWords::of(seat.language()));
    let mut then = vec![words.confirm_hint.to_owned()];
    then.push(
        if gate.fenced {
            words.then_fenced
        } else if gate.off {
            words.then_off
        } else {
            words.then_leaves
        }
        .to_owned(),
    );
    let places = seat.tenant.settings.max_active;
    then.extend(places.map(|most| format!("{} {}.", words.then_places, shown::count(language, i64::from(most)))));
    Preview {
        title: named(language, outlook.choice),
        value: outlook.choice.word(),
        day: outlook.choice.from_date().map(|date| date.to_string()).unwrap_or_default(),
        rows: outlook.starts.iter().map(|begins| row(language, begins)).collect(),
        first: outlook.first.iter().map(|opening| first(seat, opening)).collect(),
        then,
    }
}

fn row(language: Language, begins: &Begins) -> Row {
    let count = |count: i64| if count == 0 { String::new() } else { shown::count(language, count) };
    let money = begins.open_minor.iter().map(|(currency, minor)| shown::money(language, *minor, currency.code()));
    Row {
        stage: begins.stage.clone().unwrap_or_else(|| BacklogWords::of(language).rests.to_owned()),
        ages: begins.ages.map(count),
        due: count(begins.due),
        count: count(begins.count()),
        open: money.collect::<Vec<_>>().join(", "),
    }
}

fn first(seat: &Seat, opening: &Opening) -> First {
    let language = seat.language();
    First {
        at: shown::moment(language, opening.wake_at, seat.tenant.settings.zone),
        stage: opening.stage.clone(),
        number: opening.number.clone(),
        href: seat.href(&format!("/invoices/{}", opening.invoice.0)),
        customer: opening.customer_name.clone(),
        customer_href: seat.href(&format!("/customers/{}", opening.customer.0)),
        due: shown::day(language, &opening.due_date.to_string()),
        open: shown::money(language, opening.open_minor, opening.currency.code()),
    }
}

/// The newest entry of the chain about it says who decided, when and why.
async fn decided(site: &Site, seat: &Seat, choice: Choice) -> Result<Decided, PageError> {
    let (language, words) = (seat.language(), BacklogWords::of(seat.language()));
    let mut facts = vec![(words.choice, named(language, choice))];
    let mut resting = 0;
    let history = site.engine.store.transitions_of(seat.id(), OWN).await?;
    if let Some(entry) = history.iter().rev().map(|entry| &entry.transition).find(|entry| entry.cause == "backlog") {
        facts.push((words.by, shown::actor(language, &entry.actor)));
        facts.push((words.at, shown::moment(language, entry.business_at, seat.tenant.settings.zone)));
        facts.extend(shown::own_words(entry).map(|why| (words.why, why)));
        let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
        let number = |key: &str| detail[key].as_i64().unwrap_or(0);
        resting = number("resting");
        let told = |number: i64, what: &str| (number > 0).then(|| format!("{} {what}", shown::count(language, number)));
        let effect: Vec<_> = [told(number("advanced"), words.advanced), told(resting, words.resting)].into_iter().flatten().collect();
        facts.extend((!effect.is_empty()).then(|| (words.effect, effect.join(", "))));
    }
    let resting = (resting > 0).then(|| seat.href("/invoices?state=blocked"));
    Ok(Decided { facts, history: seat.href("/history?cause=backlog"), resting })
}
