//! Writing, publishing and taking back a text.

use super::page::{Held, Named, Path3, acts, seen};
use super::preview::{Look, Preview};
use super::words::TextWords;
use crate::adapters::texts::OwnText;
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

/// The editor's form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entered {
    subject: String,
    body: String,
    /// When the draft was changed last, as the form was made.
    seen: String,
    example: String,
    show: String,
    customer: String,
}

/// What is exchanged while somebody types.
#[derive(Template)]
#[template(path = "texts/typed.html")]
struct Typed {
    preview: Preview,
    seen: String,
    csrf: String,
    acts: Vec<ActForm>,
    act_words: &'static ActWords,
    oob: bool,
}

/// Keeps what was typed as the draft. While somebody types only the preview is answered, else the whole page.
pub(super) async fn save(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Result<Response, PageError> {
    let named = Named::of(&seat, &path)?;
    let look = Look { example: entered.example, show: entered.show, customer: entered.customer };
    let own = OwnText::new(&named.name, &entered.subject, &entered.body).map_err(PageError::Invalid)?;
    let trouble = keep(&site, &seat, &own, &entered.seen).await?;
    if !headers.contains_key("hx-request") {
        return match trouble {
            Some(why) => Err(PageError::Invalid(why)),
            None => Ok(Redirect::to(&look.at(&named.base)).into_response()),
        };
    }
    let held = Held::of(&site, &seat, &named).await?;
    let mut preview = Preview::of(&site, &seat, &named, &held, &look).await?;
    // Somebody else's draft stays, and so does what this form knows of it.
    let seen = if trouble.is_some() { entered.seen } else { seen(held.draft.as_ref()) };
    preview.trouble = trouble.or(preview.trouble);
    let versions = site.engine.store.publications_of(seat.id(), Kind::Text, &named.name).await?;
    let acts = acts(&named, &held, &preview, versions.first());
    let (csrf, act_words) = (seat.viewer.csrf.clone(), ActWords::of(seat.language()));
    Ok(render(&Typed { preview, seen, csrf, acts, act_words, oob: true })?.into_response())
}

/// Keeps a draft, unless it says what holds; why it could not be kept.
async fn keep(site: &Site, seat: &Seat, own: &OwnText, seen: &str) -> Result<Option<String>, PageError> {
    let named = Named { base: String::new(), name: own.name() };
    let held = Held::of(site, seat, &named).await?;
    if held.draft.is_none() && (held.holds(own) || (own.subject.is_empty() && own.body.trim().is_empty())) {
        return Ok(None);
    }
    keep_draft(site, seat, Kind::Text, &named.name, own.to_toml(), seen).await
}

pub(super) async fn discard(State(site): State<Arc<Site>>, seat: Seat, Path(path): Path<Path3>) -> Result<Redirect, PageError> {
    let named = Named::of(&seat, &path)?;
    site.engine.discard_draft(seat.id(), Kind::Text, &named.name).await?;
    Ok(Redirect::to(&format!("{}?done=draft-discarded", named.base)))
}

pub(super) async fn publish(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    Form(publishing): Form<Publishing>,
) -> Result<Redirect, PageError> {
    let (named, cause) = (Named::of(&seat, &path)?, publishing.cause(&seat)?);
    let held = Held::of(&site, &seat, &named).await?;
    let Some(draft) = &held.draft else { return Err(PageError::Invalid(TextWords::of(seat.language()).nothing_to_publish.to_owned())) };
    publishing.is_of(&seat, draft)?;
    site.tenancy.publish_text(seat.id(), &held.shown, &cause).await.map_err(|error| refused(&seat, error))?;
    Ok(Redirect::to(&format!("{}?done=published", named.base)))
}

pub(super) async fn take_back(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    Form(reasoned): Form<Reasoned>,
) -> Result<Redirect, PageError> {
    let (named, cause) = (Named::of(&seat, &path)?, reasoned.cause(&seat)?);
    site.tenancy.take_text_back(seat.id(), &named.name, &cause).await.map_err(|error| refused(&seat, error))?;
    Ok(Redirect::to(&format!("{}?done=taken-back", named.base)))
}

fn refused(seat: &Seat, error: Unpublished) -> PageError {
    let words = TextWords::of(seat.language());
    match error {
        Unpublished::Engine(error) => error.into(),
        Unpublished::InUse(workflow) => PageError::Invalid(format!("{} {workflow}", words.in_use)),
        Unpublished::Text(problems) if problems.iter().any(|problem| problem.message.starts_with("has no German set")) => {
            PageError::Invalid(words.no_german.to_owned())
        }
        Unpublished::Text(problems) => {
            let told = super::told::mistakes(seat.language(), &problems.iter().collect::<Vec<_>>(), "");
            PageError::Invalid(
                told.into_iter().map(|mistake| format!("{} {}", mistake.name, mistake.message)).collect::<Vec<_>>().join(" "),
            )
        }
        other @ (Unpublished::Workflow(_) | Unpublished::Name(_) | Unpublished::NothingElse) => PageError::Invalid(other.to_string()),
    }
}
