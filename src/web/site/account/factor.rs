//! Setting up the second factor: a picture for the app, and the code that shows that the app has it.

use super::words::AccountWords;
use crate::domain::totp;
use crate::engine::accounts::{AccountError, Viewer};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::{Hall, SignedInViewer};
use crate::web::site::{Site, shown};
use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;
use std::fmt::Write as _;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "account/factor.html")]
struct FactorPage {
    frame: Frame,
    words: &'static AccountWords,
    /// Modules on a side with their quiet zone, and the path of the dark ones.
    size: i32,
    dark: String,
    key: String,
    /// The sealed secret, which the form brings back.
    offer: String,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    offer: String,
    #[serde(default)]
    code: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Removal {
    #[serde(default)]
    password: String,
}

const QUIET: i32 = 4;

pub(super) async fn offer(hall: Hall, SignedInViewer(viewer): SignedInViewer) -> Result<Html<String>, PageError> {
    let (secret, sealed) = hall.site.engine.offer_second_factor(&viewer)?;
    page(&hall, &viewer, &secret, URL_SAFE_NO_PAD.encode(sealed), None)
}

pub(super) async fn take(
    State(site): State<Arc<Site>>,
    hall: Hall,
    SignedInViewer(viewer): SignedInViewer,
    Form(said): Form<Said>,
) -> Result<Response, PageError> {
    let sealed = URL_SAFE_NO_PAD.decode(&said.offer).map_err(|_| PageError::Stale)?;
    match site.engine.take_second_factor(&viewer, &sealed, &said.code).await {
        Ok(()) => Ok(Redirect::to("/account?done=factor").into_response()),
        Err(error @ AccountError::WrongCode) => {
            let secret = site.engine.offered_secret(&viewer, &sealed)?;
            let text = shown::account_error(&error, hall.language);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&hall, &viewer, &secret, said.offer, Some(text))?).into_response())
        }
        Err(AccountError::Vault(_)) => Err(PageError::Stale),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    SignedInViewer(viewer): SignedInViewer,
    Form(said): Form<Removal>,
) -> Result<Redirect, PageError> {
    site.engine.drop_second_factor(&viewer, &said.password).await?;
    Ok(Redirect::to("/account?done=factor-off"))
}

fn page(hall: &Hall, viewer: &Viewer, secret: &[u8], offer: String, error: Option<String>) -> Result<Html<String>, PageError> {
    let words = AccountWords::of(hall.language);
    let uri = totp::uri(secret, "Mahnwerk", &viewer.email);
    let code = QrCode::encode_text(&uri, QrCodeEcc::Medium).map_err(|_| PageError::Invalid(uri.clone()))?;
    let (size, dark) = drawn(&code);
    let key = totp::base32(secret);
    render(&FactorPage { frame: hall.frame(words.factor), words, size, dark, key, offer, error })
}

/// The dark modules as one path of an SVG.
fn drawn(code: &QrCode) -> (i32, String) {
    let size = code.size();
    let modules = (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
    let dark = modules.fold(String::new(), |mut path, (x, y)| {
        let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        path
    });
    (size + 2 * QUIET, dark)
}
