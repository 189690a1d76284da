//! Writing, publishing and taking back a workflow.

use super::board::Board;
use super::check::Checked;
use super::page::{acts, due_day, seen};
use super::sheet::{Sheet, field_names};
use super::words::WorkflowWords;
use crate::assembly::Unpublished;
use crate::domain::publication::Kind;
use crate::web::site::Site;
use crate::web::site::acts::{ActForm, ActWords, Publishing, Reasoned, keep_draft};
use crate::web::site::error::PageError;
use crate::web::site::frame::render;
use crate::web::site::seat::Seat;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// What is exchanged while somebody types.
#[derive(Template)]
#[template(path = "workflows/typed.html")]
struct Typed {
    checked: Checked,
    /// Every field that the form has.
    fields: Vec<String>,
    seen: String,
    csrf: String,
    acts: Vec<ActForm>,
    act_words: &'static ActWords,
    oob: bool,
}

/// Keeps what the form says as the draft. While somebody types only the words about it are answered, else the whole page.
pub(super) async fn save(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let mut sheet = Sheet::of_form(&fields);
    sheet.change(&field("do"));
    let trouble = keep(&site, &seat, &name, &sheet.to_toml(&name), &field("seen")).await?;
    let (base, due) = (seat.href(&format!("/workflows/{name}")), field("due"));
    if !headers.contains_key("hx-request") {
        return match trouble {
            Some(why) => Err(PageError::Invalid(why)),
            None => Ok(Redirect::to(&format!("{base}?due={}", due_day(&site, &seat, &due))).into_response()),
        };
    }
    let board = Board::of(&site, &seat, &name).await?;
    let mut checked = Checked::of(&site, &seat, &board.text, due_day(&site, &seat, &due));
    let seen = if trouble.is_some() { field("seen") } else { seen(&board) };
    checked.trouble = trouble;
    let acts = acts(&base, &board, &checked);
    let fields = field_names(sheet.stages.len());
    let (csrf, act_words) = (seat.viewer.csrf.clone(), ActWords::of(seat.language()));
    Ok(render(&Typed { checked, fields, seen, csrf, acts, act_words, oob: true })?.into_response())
}

/// Keeps a draft; why it could not be kept.
async fn keep(site: &Site, seat: &Seat, name: &str, content: &str, seen: &str) -> Result<Option<String>, PageError> {
    // Only what has a page has a draft: a new name begins as a copy.
    Board::of(site, seat, name).await?;
    keep_draft(site, seat, Kind::Workflow, name, content.to_owned(), seen).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Source {
    text: String,
    seen: String,
}

/// Keeps a text as the draft, as it is.
pub(super) async fn save_source(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    Form(source): Form<Source>,
) -> Result<Redirect, PageError> {
    match keep(&site, &seat, &name, &source.text.replace("\r\n", "\n"), &source.seen).await? {
        Some(why) => Err(PageError::Invalid(why)),
        None => Ok(Redirect::to(&seat.href(&format!("/workflows/{name}?done=saved")))),
    }
}

pub(super) async fn discard(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
) -> Result<Redirect, PageError> {
    let board = Board::of(&site, &seat, &name).await?;
    site.engine.discard_draft(seat.id(), Kind::Workflow, &name).await?;
    let back = if board.listed.is_some() { seat.href(&format!("/workflows/{name}")) } else { seat.href("/workflows") };
    Ok(Redirect::to(&format!("{back}?done=draft-discarded")))
}

pub(super) async fn publish(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    Form(publishing): Form<Publishing>,
) -> Result<Redirect, PageError> {
    let (board, cause) = (Board::of(&site, &seat, &name).await?, publishing.cause(&seat)?);
    let Some(draft) = &board.draft else {
        return Err(PageError::Invalid(WorkflowWords::of(seat.language()).nothing_to_publish.to_owned()));
    };
    publishing.is_of(&seat, draft)?;
    site.tenancy.publish_workflow(seat.id(), &name, &board.text, &cause).await.map_err(|error| refused(&seat, error))?;
    Ok(Redirect::to(&seat.href(&format!("/workflows/{name}?done=published"))))
}

pub(super) async fn take_back(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    Form(reasoned): Form<Reasoned>,
) -> Result<Redirect, PageError> {
    let (board, cause) = (Board::of(&site, &seat, &name).await?, reasoned.cause(&seat)?);
    if !board.is_published() {
        return Err(PageError::NotFound);
    }
    site.tenancy.take_workflow_back(seat.id(), &name, &cause).await.map_err(|error| refused(&seat, error))?;
    Ok(Redirect::to(&seat.href(&format!("/workflows/{name}?done=taken-back"))))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    version: String,
}

pub(super) async fn take_over(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    Form(which): Form<Which>,
) -> Result<Redirect, PageError> {
    let board = Board::of(&site, &seat, &name).await?;
    let content = board.version(&which.version).ok_or(PageError::NotFound)?;
    match keep(&site, &seat, &name, &content, &seen(&board)).await? {
        Some(why) => Err(PageError::Invalid(why)),
        None => Ok(Redirect::to(&seat.href(&format!("/workflows/{name}?done=taken-over")))),
    }
}

fn refused(seat: &Seat, error: Unpublished) -> PageError {
    let words = WorkflowWords::of(seat.language());
    match error {
        Unpublished::Engine(error) => error.into(),
        Unpublished::Name(other) => PageError::Invalid(format!("{} {other}", words.other_name)),
        Unpublished::NothingElse => PageError::Invalid(words.nothing_else.to_owned()),
        Unpublished::Workflow(_) | Unpublished::Text(_) | Unpublished::InUse(_) => PageError::Invalid(words.cant_publish.to_owned()),
    }
}
