//! A link that makes an account or sets its password.

use super::cookie::go_with;
use super::words::EntryWords;
use crate::engine::accounts::{AccountError, Invited};
use crate::store::sessions::{Invitation, InvitationKind};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Hall;
use crate::web::site::{Site, shown};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "entry/welcome.html")]
struct WelcomePage {
    frame: Frame,
    words: &'static EntryWords,
    token: String,
    intro: &'static str,
    /// Whether the address is asked for, or stands already.
    asks_email: bool,
    asks_name: bool,
    email: String,
    name: String,
    error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn form(State(site): State<Arc<Site>>, hall: Hall, Path(token): Path<String>) -> Result<Html<String>, PageError> {
    let invitation = site.engine.invitation(&token).await?;
    page(&hall, token, &invitation, Said::default(), None)
}

pub(super) async fn accept(
    State(site): State<Arc<Site>>,
    hall: Hall,
    Path(token): Path<String>,
    Form(said): Form<Said>,
) -> Result<Response, PageError> {
    let invitation = site.engine.invitation(&token).await?;
    let invited = Invited { email: &said.email, name: &said.name, password: &said.password, language: hall.language.tag() };
    match site.engine.accept(&token, &invited).await {
        Ok(signed_in) => {
            let to = if signed_in.needs_code { super::code::path("/") } else { "/".to_owned() };
            Ok(go_with(&site, &signed_in.token, &to))
        }
        Err(error @ (AccountError::Engine(_) | AccountError::Vault(_) | AccountError::Gone)) => Err(error.into()),
        Err(error) => {
            let text = shown::account_error(&error, hall.language);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&hall, token, &invitation, said, Some(text))?).into_response())
        }
    }
}

fn page(hall: &Hall, token: String, invitation: &Invitation, said: Said, error: Option<String>) -> Result<Html<String>, PageError> {
    let words = EntryWords::of(hall.language);
    let intro = match invitation.kind {
        InvitationKind::First => words.welcome_first,
        InvitationKind::Invite => words.welcome_invited,
        InvitationKind::Reset => words.welcome_reset,
    };
    let asks_email = invitation.kind == InvitationKind::First;
    render(&WelcomePage {
        frame: hall.frame(words.welcome),
        words,
        token,
        intro,
        asks_email,
        asks_name: invitation.kind != InvitationKind::Reset,
        email: if asks_email { said.email } else { invitation.email.clone() },
        name: said.name,
        error,
    })
}
