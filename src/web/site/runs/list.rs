//! The runs, the newest first. A page looks back over so many days from the last that had one, and reads nothing before them.

use super::sums::{Count, counts, heads, sums};
use super::words::RunWords;
use crate::domain::time::{Timestamp, midnight, whole_day};
use crate::store::runs::RunCount;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::notices::STATES;
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use chrono::NaiveDate;
use serde::Deserialize;
use std::sync::Arc;

/// A page's days, with and without a run.
const DAYS: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The last day of the page before.
    after: String,
}

struct Line {
    href: String,
    day: String,
    waits: bool,
    counts: Vec<Count>,
    /// What its notices ask for that were not recalled.
    sums: Vec<String>,
}

#[derive(Template)]
#[template(path = "runs/list.html")]
struct ListPage {
    frame: Frame,
    words: &'static RunWords,
    heads: Vec<String>,
    lines: Vec<Line>,
    /// How many wait on all days together, and where they are listed.
    waiting: Option<(String, String)>,
    newest: Option<String>,
    older: Option<String>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat, Query(asked): Query<Asked>) -> Result<Html<String>, PageError> {
    let (language, words, zone) = (seat.language(), RunWords::of(seat.language()), seat.tenant.settings.zone);
    let store = &site.engine.store;
    let after: Option<NaiveDate> = asked.after.parse().ok();
    let before = after.map_or(Timestamp(i64::MAX), |date| midnight(zone, date));
    let last = store.issued_before(seat.id(), before).await?.map(|at| at.date_in(zone));
    let days: Vec<NaiveDate> = std::iter::successors(last, NaiveDate::pred_opt).take(DAYS).collect();
    let bounds: Vec<_> = days.iter().map(|date| whole_day(zone, *date)).collect();
    let found = store.run_counts(seat.id(), &bounds).await?;
    let older = match (days.last(), bounds.last()) {
        (Some(date), Some((from, _))) => store.issued_before(seat.id(), *from).await?.map(|_| *date),
        _ => None,
    };
    let wanting = store.notices_wanting(seat.id()).await?;
    let waiting = wanting.iter().find(|(state, count)| state == "proposed" && *count > 0);
    let base = seat.href("/runs");
    let mut lines: Vec<_> = days.iter().enumerate().filter_map(|(place, date)| line(&seat, *date, place, &found)).collect();
    // A column for each state that occurs here: with all of them the sums would stand beside the screen.
    let is_there = |line: &Line, column: usize| line.counts.get(column).is_some_and(|count| !count.count.is_empty());
    let occurs: Vec<_> = (0..STATES.len()).map(|column| lines.iter().any(|line| is_there(line, column))).collect();
    for line in &mut lines {
        line.counts = only(std::mem::take(&mut line.counts), &occurs);
    }
    render(&ListPage {
        frame: seat.frame("runs", words.title),
        words,
        heads: only(heads(language), &occurs),
        lines,
        waiting: waiting.map(|(_, count)| (shown::count(language, *count), seat.href("/notices?state=proposed"))),
        newest: after.map(|_| base.clone()),
        older: older.map(|date| format!("{base}?after={date}")),
    })
}

/// Of these those that are wanted.
fn only<T>(all: Vec<T>, wanted: &[bool]) -> Vec<T> {
    all.into_iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(one, _)| one).collect()
}

fn line(seat: &Seat, date: NaiveDate, place: usize, found: &[RunCount]) -> Option<Line> {
    let of_day: Vec<_> = found.iter().filter(|count| count.day == place).collect();
    let standing = of_day.iter().filter(|count| count.state != "recalled").copied();
    let counts = counts(seat, date, &of_day);
    (!of_day.is_empty()).then(|| Line {
        href: seat.href(&format!("/runs/{date}")),
        day: shown::day(seat.language(), &date.to_string()),
        waits: counts.iter().any(|count| count.is_pressing),
        counts,
        sums: sums(seat.language(), standing).into_iter().map(|(total, _)| total).collect(),
    })
}
