//! All workflows of a tenant, and a new one as a copy.

use super::board::{Board, place};
use super::sheet::Sheet;
use super::words::WorkflowWords;
use crate::assembly::catalogue::{Listed, catalogue};
use crate::domain::account::Right;
use crate::domain::publication::Kind;
use crate::domain::toml_reader::value;
use crate::domain::workflow::to_toml;
use crate::engine::publications::Written;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Form, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::de::DeValue;

struct Line {
    name: String,
    href: String,
    title: String,
    place: String,
    /// Switched on, of all.
    stages: Option<(usize, usize)>,
    open: String,
    has_draft: bool,
}

#[derive(Template)]
#[template(path = "workflows/list.html")]
struct ListPage {
    frame: Frame,
    words: &'static WorkflowWords,
    base: String,
    lines: Vec<Line>,
    may_edit: bool,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    let (language, words, store) = (seat.language(), WorkflowWords::of(seat.language()), &site.engine.store);
    let texts = site.tenancy.texts(seat.id());
    let listed = catalogue(store, seat.id(), &site.tenancy.config, &texts).await?;
    let in_use = store.open_by_edition(seat.id()).await?;
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for edition in store.workflows(seat.id()).await? {
        *open.entry(edition.name).or_default() += in_use.get(&edition.id).copied().unwrap_or(0);
    }
    let mut drafts: BTreeMap<_, _> = store.drafts(seat.id(), Kind::Workflow).await?.into_iter().map(|draft| (draft.name, ())).collect();
    let mut line = |listed: &Listed| {
        let workflow = listed.parsed.workflow.as_ref();
        Line {
            href: seat.href(&format!("/workflows/{}", listed.name)),
            title: workflow.map(|workflow| workflow.title_in(language.tag()).to_owned()).unwrap_or_default(),
            place: place(&seat, &listed.place),
            stages: workflow.map(|workflow| (workflow.stages.iter().filter(|stage| stage.enabled).count(), workflow.stages.len())),
            open: shown::count(language, open.get(&listed.name).copied().unwrap_or(0)),
            has_draft: drafts.remove(&listed.name).is_some(),
            name: listed.name.clone(),
        }
    };
    let mut lines: Vec<_> = listed.iter().map(&mut line).collect();
    let only_drafted = |name: String| Line {
        href: seat.href(&format!("/workflows/{name}")),
        title: String::new(),
        place: words.nothing_holds.to_owned(),
        stages: None,
        open: shown::count(language, 0),
        has_draft: true,
        name,
    };
    lines.extend(drafts.into_keys().map(only_drafted));
    let may_edit = seat.may(Right::Administer);
    render(&ListPage { frame: seat.frame("workflows", words.title), words, base: seat.href("/workflows"), lines, may_edit })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Copy {
    from: String,
    name: String,
}

/// A draft under a new name.
pub(super) async fn copy(State(site): State<Arc<Site>>, seat: Seat, Form(copy): Form<Copy>) -> Result<Redirect, PageError> {
    let words = WorkflowWords::of(seat.language());
    let name = copy.name.trim();
    let name = value::name(&DeValue::String(name.into())).map_err(|_| PageError::Invalid(words.wrong_name.to_owned()))?;
    if Board::find(&site, &seat, &name).await?.is_some() {
        return Err(PageError::Invalid(words.taken.to_owned()));
    }
    let board = Board::find(&site, &seat, &copy.from).await?.ok_or(PageError::NotFound)?;
    let held = board.listed.as_ref().and_then(|listed| listed.parsed.workflow.as_ref()).map(to_toml);
    let sheet = Sheet::of_toml(held.as_deref().unwrap_or(&board.text)).ok_or(PageError::NotFound)?;
    let written = Written { kind: Kind::Workflow, content: sheet.to_toml(&name), name: name.clone(), seen: None };
    site.engine.write_draft(seat.id(), &seat.viewer.actor(), written).await?;
    Ok(Redirect::to(&seat.href(&format!("/workflows/{name}"))))
}
