//! One run: what waits for a release, with what a person may decide about it, and what became of the rest.

use super::sums::{Count, counts, sums};
use super::words::RunWords;
use crate::domain::account::Right;
use crate::domain::time::whole_day;
use crate::store::lists::{NoticeFilter, NoticeLine, Order};
use crate::web::site::Site;
use crate::web::site::acts::{ActForm, ActWords};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::listing::{self, PAGE};
use crate::web::site::notices::NoticeWords;
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use chrono::NaiveDate;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    after: String,
}

struct Line {
    id: String,
    href: String,
    customer: String,
    customer_href: String,
    stage: String,
    channel: String,
    invoices: String,
    amount: String,
    fee: String,
}

#[derive(Template)]
#[template(path = "runs/run.html")]
struct RunPage {
    frame: Frame,
    words: &'static RunWords,
    notice_words: &'static NoticeWords,
    act_words: &'static ActWords,
    back: String,
    /// Where what is decided about those that are ticked goes.
    bulk: String,
    day: String,
    lines: Vec<Line>,
    /// How many wait, and what they ask for with the fees in it, by currency.
    waiting: String,
    sums: Vec<(String, Option<String>)>,
    further: Option<String>,
    /// What became of the others.
    rest: Vec<Count>,
    /// The history of the day, and of releases since.
    history: [(String, &'static str); 2],
    may_act: bool,
    acts: Vec<ActForm>,
}

/// The day that an address names.
pub(super) fn day(text: &str) -> Result<NaiveDate, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, date)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, PageError> {
    let (language, words, date) = (seat.language(), RunWords::of(seat.language()), day(&date)?);
    // Before the rows are read: what is proposed meanwhile is not on the page.
    let seen = site.engine.clock.now();
    let bounds = whole_day(seat.tenant.settings.zone, date);
    let found = site.engine.store.run_counts(seat.id(), &[bounds]).await?;
    let filter = NoticeFilter { state: "proposed".to_owned(), issued: Some(bounds), ..NoticeFilter::default() };
    let after = listing::notice_spot(&asked.after);
    let page = site.engine.store.list_notices(seat.id(), &filter, Order::Up, after.as_ref(), PAGE).await?;
    let here = seat.href(&format!("/runs/{date}"));
    let end = page.lines.last().filter(|_| page.more).map(|last| listing::notice_spot_text(&last.spot));
    let proposed = || found.iter().filter(|count| count.state == "proposed");
    let count = proposed().map(|count| count.count).sum();
    let shown_day = shown::day(language, &date.to_string());
    let others = counts(&seat, date, &found.iter().collect::<Vec<_>>());
    let may_act = seat.may(Right::Operate) && count > 0;
    let release_all = ActForm {
        action: format!("{here}/release"),
        label: words.release_all,
        hint: words.release_all_hint,
        hidden: Some(("seen", seen.0.to_string())),
        ..ActForm::default()
    };
    render(&RunPage {
        frame: seat.frame("runs", &format!("{} {shown_day}", words.one)),
        words,
        notice_words: NoticeWords::of(language),
        act_words: ActWords::of(language),
        back: seat.href("/runs"),
        bulk: seat.href("/notices/bulk"),
        day: shown_day,
        lines: page.lines.iter().map(|notice| line(&seat, notice)).collect(),
        waiting: shown::count(language, count),
        sums: sums(language, proposed()),
        further: end.map(|end| format!("{here}?after={end}")),
        rest: others.into_iter().filter(|count| !count.count.is_empty() && !count.is_pressing).collect(),
        history: [
            (seat.href(&format!("/history?from={date}&to={date}")), words.history_of_day),
            (seat.href(&format!("/history?cause=released&from={date}")), words.history_of_releases),
        ],
        may_act,
        acts: if may_act { vec![release_all] } else { Vec::new() },
    })
}

fn line(seat: &Seat, notice: &NoticeLine) -> Line {
    let language = seat.language();
    Line {
        id: notice.id.0.clone(),
        href: seat.href(&format!("/notices/{}", notice.id)),
        customer: notice.customer_name.clone(),
        customer_href: seat.href(&format!("/customers/{}", notice.customer.0)),
        stage: notice.stage.clone(),
        channel: shown::channel(language, &notice.channel).to_owned(),
        invoices: shown::count(language, notice.invoices),
        amount: shown::money(language, notice.open_minor.saturating_add(notice.fee_minor), &notice.currency),
        fee: if notice.fee_minor > 0 { shown::money(language, notice.fee_minor, &notice.currency) } else { String::new() },
    }
}
