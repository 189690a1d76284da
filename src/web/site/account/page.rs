//! The page of one's own account.

use super::words::AccountWords;
use crate::engine::accounts::{AccountError, Viewer};
use crate::store::accounts::EVERY_TENANT;
use crate::web::language::Language;
use crate::web::site::entry::own_path;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::people::role_word;
use crate::web::site::seat::{Hall, SignedInViewer};
use crate::web::site::{Site, shown};
use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage {
    frame: Frame,
    words: &'static AccountWords,
    viewer: Viewer,
    /// Where, and what he is there.
    roles: Vec<(String, &'static str)>,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Look {
    language: Language,
    theme: Option<Theme>,
    #[serde(default)]
    next: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Theme {
    Auto,
    Light,
    Dark,
}

#[derive(Debug, Deserialize)]
pub(super) struct Passwords {
    #[serde(default)]
    old: String,
    #[serde(default)]
    new: String,
}

pub(super) async fn show(hall: Hall, SignedInViewer(viewer): SignedInViewer) -> Result<Html<String>, PageError> {
    page(&hall, viewer, None)
}

pub(super) async fn look(
    State(site): State<Arc<Site>>,
    SignedInViewer(viewer): SignedInViewer,
    Form(look): Form<Look>,
) -> Result<Redirect, PageError> {
    let theme = match look.theme {
        Some(Theme::Auto) => "auto",
        Some(Theme::Light) => "light",
        Some(Theme::Dark) => "dark",
        None => &viewer.theme,
    };
    site.engine.set_look(&viewer, look.language.tag(), theme).await?;
    let to = if look.next.is_empty() { "/account?done=saved" } else { own_path(&look.next) };
    Ok(Redirect::to(to))
}

pub(super) async fn password(
    State(site): State<Arc<Site>>,
    hall: Hall,
    SignedInViewer(viewer): SignedInViewer,
    Form(said): Form<Passwords>,
) -> Result<Response, PageError> {
    match site.engine.change_password(&viewer, &said.old, &said.new).await {
        Ok(()) => Ok(Redirect::to("/account?done=password").into_response()),
        Err(error @ (AccountError::Wrong | AccountError::Weak(_))) => {
            let text = shown::account_error(&error, hall.language);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&hall, viewer, Some(text))?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn page(hall: &Hall, viewer: Viewer, error: Option<String>) -> Result<Html<String>, PageError> {
    let words = AccountWords::of(hall.language);
    let name = |tenant| match hall.site.engine.tenant(tenant) {
        _ if tenant == EVERY_TENANT => words.everywhere.to_owned(),
        Ok(held) => held.settings.name.clone(),
        Err(_) => tenant.to_string(),
    };
    let roles = viewer.memberships.iter().map(|own| (name(own.tenant), role_word(hall.language, own.role))).collect();
    render(&AccountPage { frame: hall.frame(words.title), words, viewer, roles, error })
}
