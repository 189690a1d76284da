//! What was published of a text before: compared, and taken over again.

use super::page::{Named, Path3};
use super::words::TextWords;
use crate::adapters::texts::OwnText;
use crate::domain::difference;
use crate::domain::publication::Kind;
use crate::engine::publications::Written;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown::{self, ChangedLine};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    version: i64,
}

#[derive(Template)]
#[template(path = "texts/compare.html")]
struct ComparePage {
    frame: Frame,
    words: &'static TextWords,
    base: String,
    name: String,
    when: String,
    by: String,
    reason: String,
    changed: Vec<ChangedLine>,
}

/// A publication against the one before it.
pub(super) async fn compare(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    Query(which): Query<Which>,
) -> Result<Html<String>, PageError> {
    let (named, words, language) = (Named::of(&seat, &path)?, TextWords::of(seat.language()), seat.language());
    let versions = site.engine.store.publications_of(seat.id(), Kind::Text, &named.name).await?;
    let at = versions.iter().position(|version| version.id == which.version).ok_or(PageError::NotFound)?;
    let text = |index: usize| versions.get(index).map(|version| whole(&named.name, &version.content)).unwrap_or_default();
    let (before, after) = (text(at + 1), text(at));
    render(&ComparePage {
        frame: seat.frame("texts", &format!("{} {}", words.edit, named.name)),
        words,
        when: shown::moment(language, versions[at].published_at, seat.tenant.settings.zone),
        by: shown::actor(language, &versions[at].published_by),
        reason: versions[at].reason.clone(),
        changed: shown::changed_lines(&difference::lines(&before, &after)),
        name: named.name,
        base: named.base,
    })
}

/// Subject and body as one text; nothing of what was taken back.
fn whole(name: &str, content: &str) -> String {
    OwnText::parse(name, content).map(|own| format!("{}\n\n{}", own.subject, own.body)).unwrap_or_default()
}

pub(super) async fn take_over(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    Form(which): Form<Which>,
) -> Result<Redirect, PageError> {
    let named = Named::of(&seat, &path)?;
    let store = &site.engine.store;
    let versions = store.publications_of(seat.id(), Kind::Text, &named.name).await?;
    let found = versions.into_iter().find(|version| version.id == which.version && !version.content.is_empty());
    let content = found.ok_or(PageError::NotFound)?.content;
    let seen = store.draft(seat.id(), Kind::Text, &named.name).await?.map(|draft| draft.changed_at);
    site.engine.write_draft(seat.id(), &seat.viewer.actor(), Written { kind: Kind::Text, name: named.name, content, seen }).await?;
    Ok(Redirect::to(&format!("{}?done=taken-over", named.base)))
}
