//! A draft is published, thrown away, or begun from what was published before.

use super::draft;
use super::standing::{Standing, broken};
use super::{overview, wrong};
use crate::domain::publication::Kind;
use crate::web::site::Site;
use crate::web::site::acts::Publishing;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use crate::web::site::shown::draft_changed;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
pub(super) struct Version {
    id: i64,
}

/// Everything is tried first, the accounting system's key with a request. What is wrong is told, and nothing is published.
pub(super) async fn publish(State(site): State<Arc<Site>>, seat: Seat, Form(publishing): Form<Publishing>) -> Result<Response, PageError> {
    let cause = publishing.cause(&seat)?;
    let draft = site.engine.store.draft(seat.id(), Kind::Settings, "").await?.ok_or(PageError::NotFound)?;
    // Nobody publishes what somebody else wrote since he looked.
    if draft.is_anothers_since(&seat.viewer.actor(), publishing.seen()) {
        let told = draft_changed(seat.language(), &draft.changed_by);
        return Ok(overview::page(&site, &seat, vec![told]).await?.into_response());
    }
    let tried = site.tenancy.try_settings(seat.id(), &seat.tenant.settings.name, &draft.content, true).await.map_err(broken)?;
    if !tried.problems.is_empty() {
        let refused = tried.problems.iter().map(|problem| wrong::told_with_field(seat.language(), problem)).collect();
        return Ok(overview::page(&site, &seat, refused).await?.into_response());
    }
    site.engine.publish_content(seat.id(), Kind::Settings, "", &draft.content, &cause).await?;
    // This process at once; the others hear of it within seconds.
    if let Err(error) = site.tenancy.take_on().await {
        tracing::error!(error = format!("{error:#}"), "what was published is not taken on yet; it is tried again");
    }
    Ok(Redirect::to(&seat.href("/settings?done=settings-published")).into_response())
}

pub(super) async fn discard(State(site): State<Arc<Site>>, seat: Seat) -> Result<Redirect, PageError> {
    site.engine.discard_draft(seat.id(), Kind::Settings, "").await?;
    Ok(Redirect::to(&seat.href("/settings?done=settings-discarded")))
}

/// Begins a draft with what was published once.
pub(super) async fn take_over(State(site): State<Arc<Site>>, seat: Seat, Form(version): Form<Version>) -> Result<Redirect, PageError> {
    let standing = Standing::read(&site, &seat).await?;
    let old = standing.versions.iter().find(|publication| publication.id == version.id).ok_or(PageError::NotFound)?;
    draft::keep_text(&site, &seat, &standing, &old.content.parse().unwrap_or_default()).await?;
    Ok(Redirect::to(&seat.href("/settings?done=draft-saved")))
}
