//! What holds, what is drafted and how that differs; from here it is published.

use super::differences::{Difference, differences};
use super::fields::Section;
use super::section::{Bar, bar};
use super::sending::{SendingCard, card};
use super::standing::Standing;
use super::words::{SettingsWords, section_words};
use super::wrong;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use std::sync::Arc;

struct Part {
    href: String,
    title: &'static str,
    about: &'static str,
}

/// A difference with what is wrong there.
struct Drafted {
    difference: Difference,
    href: String,
    problem: String,
}

#[derive(Template)]
#[template(path = "settings/overview.html")]
struct OverviewPage {
    frame: Frame,
    words: &'static SettingsWords,
    base: String,
    bar: Bar,
    /// Why it was not published just now.
    refused: Vec<String>,
    drafted: Vec<Drafted>,
    /// What is wrong elsewhere than in what differs.
    others: Vec<String>,
    /// When the draft was changed last.
    seen: String,
    /// Something was published since the draft was begun.
    is_older: bool,
    sending: SendingCard,
    parts: Vec<Part>,
    workflows: String,
    texts: String,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    page(&site, &seat, Vec::new()).await
}

pub(super) async fn page(site: &Site, seat: &Seat, refused: Vec<String>) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), SettingsWords::of(seat.language()));
    let standing = Standing::read(site, seat).await?;
    let differ = if standing.draft.is_some() { differences(language, &standing.holding, &standing.drafted) } else { Vec::new() };
    let is_shown = |path: &str| differ.iter().any(|difference| difference.field.path == path);
    let others = standing.problems.iter().filter(|problem| !is_shown(&problem.field));
    let others = others.map(|problem| wrong::told_with_field(language, problem)).collect();
    let drafted = differ.into_iter().map(|difference| Drafted {
        href: seat.href(&format!("{}#f-{}", difference.field.section.address(), difference.field.id())),
        problem: standing.problem(difference.field.path).map(|problem| wrong::told(language, problem)).unwrap_or_default(),
        difference,
    });
    let parts = Section::ALL.into_iter().map(|section| {
        let (title, about) = section_words(section, language);
        Part { href: seat.href(section.address()), title, about }
    });
    let page = OverviewPage {
        frame: seat.frame("settings", words.title),
        words,
        base: seat.href("/settings"),
        bar: bar(seat, &standing),
        refused,
        drafted: drafted.collect(),
        others,
        seen: standing.draft.as_ref().map(|draft| draft.changed_at.0.to_string()).unwrap_or_default(),
        is_older: standing.draft.as_ref().is_some_and(|draft| draft.based_on != standing.versions.first().map(|newest| newest.id)),
        sending: card(site, seat).await?,
        parts: parts.collect(),
        workflows: seat.href("/workflows"),
        texts: seat.href("/texts"),
    };
    render(&page)
}
