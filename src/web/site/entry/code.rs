//! The second factor's code, after the password.

use super::cookie::{cookie_token, go_with, own_path, query_value};
use super::words::EntryWords;
use crate::engine::accounts::AccountError;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Hall;
use crate::web::site::{Site, shown};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "entry/code.html")]
struct CodePage {
    frame: Frame,
    words: &'static EntryWords,
    next: String,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

pub(super) fn path(next: &str) -> String {
    format!("/sign-in/code?next={}", query_value(next))
}

pub(super) async fn form(hall: Hall, Query(said): Query<Said>) -> Result<Html<String>, PageError> {
    page(&hall, said.next, None)
}

pub(super) async fn enter(
    State(site): State<Arc<Site>>,
    hall: Hall,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Result<Response, PageError> {
    let token = cookie_token(&site, &headers).unwrap_or_default();
    match site.engine.bring_code(&token, &said.code).await {
        Ok(signed_in) => Ok(go_with(&site, &signed_in.token, own_path(&said.next))),
        Err(AccountError::Gone) => Ok(Redirect::to("/sign-in").into_response()),
        Err(error @ (AccountError::WrongCode | AccountError::Locked { .. })) => {
            let text = shown::account_error(&error, hall.language);
            Ok((StatusCode::UNAUTHORIZED, page(&hall, said.next, Some(text))?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn page(hall: &Hall, next: String, error: Option<String>) -> Result<Html<String>, PageError> {
    let words = EntryWords::of(hall.language);
    render(&CodePage { frame: hall.frame(words.code_title), words, next, error })
}
