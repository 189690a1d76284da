//! In with e-mail address and password, and out.

use super::cookie::{go_with, own_path};
use super::words::EntryWords;
use crate::engine::accounts::AccountError;
use crate::web::language::Language;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::{Hall, SignedInViewer};
use crate::web::site::{Site, shown};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "entry/sign_in.html")]
struct SignInPage {
    frame: Frame,
    words: &'static EntryWords,
    email: String,
    next: String,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Spoken {
    language: Language,
    #[serde(default)]
    next: String,
}

/// Where one begins: at one's tenant, or at the list of them.
pub(super) async fn home(hall: Hall) -> Redirect {
    match hall.tenants().as_slice() {
        [only] => Redirect::to(&format!("/t/{}", only.settings.name)),
        _ => Redirect::to("/tenants"),
    }
}

pub(super) async fn form(hall: Hall, Query(wanted): Query<Wanted>) -> Result<Response, PageError> {
    if hall.viewer.is_some() {
        return Ok(Redirect::to(own_path(&wanted.next)).into_response());
    }
    Ok(page(&hall, String::new(), wanted.next, None)?.into_response())
}

pub(super) async fn enter(State(site): State<Arc<Site>>, hall: Hall, Form(said): Form<Said>) -> Result<Response, PageError> {
    match site.engine.sign_in(&said.email, &said.password).await {
        Ok(signed_in) if signed_in.needs_code => Ok(go_with(&site, &signed_in.token, &super::code::path(&said.next))),
        Ok(signed_in) => Ok(go_with(&site, &signed_in.token, own_path(&said.next))),
        Err(error @ (AccountError::Wrong | AccountError::Locked { .. })) => {
            let status = if matches!(error, AccountError::Wrong) { StatusCode::UNAUTHORIZED } else { StatusCode::TOO_MANY_REQUESTS };
            let error = shown::account_error(&error, hall.language);
            Ok((status, page(&hall, said.email, said.next, Some(error))?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn page(hall: &Hall, email: String, next: String, error: Option<String>) -> Result<Html<String>, PageError> {
    let words = EntryWords::of(hall.language);
    render(&SignInPage { frame: hall.frame(words.sign_in), words, email, next, error })
}

pub(super) async fn leave(State(site): State<Arc<Site>>, SignedInViewer(viewer): SignedInViewer) -> Result<Response, PageError> {
    site.engine.sign_out(&viewer).await?;
    Ok(go_with(&site, "", "/sign-in"))
}

/// Another language, before one is signed in: kept in a cookie. An account has its own.
pub(super) async fn language(Form(spoken): Form<Spoken>) -> Response {
    let mut response = Redirect::to(own_path(&spoken.next)).into_response();
    let cookie = format!("lang={}; Path=/; SameSite=Lax; Max-Age=31536000", spoken.language.tag());
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
