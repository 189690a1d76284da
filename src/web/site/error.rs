//! What went wrong with a page, as a page. The one place where errors become HTTP.

use super::frame::{Frame, render};
use super::seat::Hall;
use crate::engine::EngineError;
use crate::engine::accounts::AccountError;
use crate::store::StoreError;
use crate::web::language::{Language, words};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    #[error("there is no such page")]
    NotFound,
    #[error("the role does not allow this")]
    Forbidden,
    #[error("the session has ended")]
    SignedOut,
    /// The form is from another session, or was made up elsewhere.
    #[error("the form is not of this session")]
    Stale,
    #[error("the request came from another web site")]
    OtherSite,
    #[error("the form is too large")]
    TooLarge,
    #[error("a reason is missing")]
    NoReason,
    /// What was entered can't be taken, in words for the person.
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("a page could not be made: {0}")]
    Template(#[from] askama::Error),
    #[error("a file could not be made: {0}")]
    Csv(#[from] csv::Error),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Engine(EngineError::Store(error))
    }
}

words! {
    struct ErrorWords {
        not_found: "Diese Seite gibt es nicht", "There is no such page";
        not_found_hint: "Vielleicht wurde sie verschoben, oder die Adresse ist nicht vollständig.", "Perhaps it moved, or the address is not complete.";
        forbidden: "Das ist Ihrer Rolle nicht erlaubt", "Your role does not allow this";
        forbidden_hint: "Wer die Rolle „Inhaber“ hat, kann sie unter „Benutzer“ ändern.", "An owner can change it under “Users”.";
        signed_out: "Sie sind nicht mehr angemeldet", "You are signed out";
        signed_out_hint: "Es wurde nichts geändert. Bitte melden Sie sich neu an und wiederholen Sie es.", "Nothing was changed. Please sign in again and repeat it.";
        stale: "Dieses Formular gilt nicht mehr", "This form does not hold any more";
        stale_hint: "Es wurde nichts geändert. Laden Sie die Seite neu und wiederholen Sie es.", "Nothing was changed. Load the page again and repeat it.";
        other_site: "Eine andere Website hat diese Anfrage gesendet", "Another web site sent this request";
        other_site_hint: "Es wurde nichts geändert.", "Nothing was changed.";
        too_large: "Das ist zu groß", "This is too large";
        no_reason: "Bitte geben Sie einen Grund an", "Please give a reason";
        no_reason_hint: "Er steht danach im Verlauf. Es wurde nichts geändert.", "It is kept in the history. Nothing was changed.";
        invalid: "Das geht so nicht", "This can't be done";
        broken: "Das hat nicht geklappt", "This did not work";
        broken_hint: "Der Fehler steht im Protokoll des Dienstes. Versuchen Sie es gleich noch einmal.", "The error is in the log of the service. Try again in a moment.";
        back: "Zurück zur Übersicht", "Back to the overview";
    }
}

impl PageError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Engine(EngineError::NotFound(_)) => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::Stale | Self::OtherSite => StatusCode::FORBIDDEN,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoReason | Self::Invalid(_) | Self::Engine(EngineError::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Engine(EngineError::Refused(_) | EngineError::Lost(_) | EngineError::DraftChanged { .. }) => StatusCode::CONFLICT,
            Self::Account(AccountError::Engine(_) | AccountError::Vault(_)) | Self::Template(_) | Self::Csv(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Account(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Engine(error) if error.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Engine(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// In one sentence, where it happened to one row of many.
    pub(super) fn told(&self, language: Language) -> String {
        let (title, hint) = self.texts(language);
        if self.status().is_server_error() {
            tracing::error!(error = %self, "an act on one of many failed");
        }
        if hint.is_empty() { title.to_owned() } else { hint }
    }

    /// Headline and what to do.
    fn texts(&self, language: Language) -> (&'static str, String) {
        let words = ErrorWords::of(language);
        match self {
            Self::NotFound => (words.not_found, words.not_found_hint.to_owned()),
            Self::Forbidden => (words.forbidden, words.forbidden_hint.to_owned()),
            Self::SignedOut => (words.signed_out, words.signed_out_hint.to_owned()),
            Self::Stale => (words.stale, words.stale_hint.to_owned()),
            Self::OtherSite => (words.other_site, words.other_site_hint.to_owned()),
            Self::TooLarge => (words.too_large, String::new()),
            Self::NoReason => (words.no_reason, words.no_reason_hint.to_owned()),
            Self::Account(error) if self.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                (words.invalid, super::shown::account_error(error, language))
            }
            Self::Invalid(why) | Self::Engine(EngineError::NotFound(why) | EngineError::Invalid(why)) => (words.invalid, why.clone()),
            Self::Engine(EngineError::Refused(refusal)) => (words.invalid, super::shown::refusal(language, refusal)),
            Self::Engine(EngineError::DraftChanged { by }) => (words.invalid, super::shown::draft_changed(language, by)),
            Self::Engine(EngineError::Lost(lost)) => (words.invalid, super::shown::lost(language, lost)),
            _ => (words.broken, words.broken_hint.to_owned()),
        }
    }
}

/// A mark in an answer, until [`dress`] makes a page of it.
impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

#[derive(Template)]
#[template(path = "look/error.html")]
struct ErrorPage {
    frame: Frame,
    hint: String,
    back: &'static str,
}

/// Makes a page of an answer that is an error.
pub(super) fn dress(hall: &Hall, mut response: Response) -> Response {
    match response.extensions_mut().remove::<Arc<PageError>>() {
        Some(error) => page(hall, &error),
        None => response,
    }
}

pub(super) fn page(hall: &Hall, error: &PageError) -> Response {
    let status = error.status();
    if status.is_server_error() {
        tracing::error!(%error, path = hall.path, "a page failed");
    }
    let (title, hint) = error.texts(hall.language);
    let page = ErrorPage { frame: hall.frame(title), hint, back: ErrorWords::of(hall.language).back };
    match render(&page) {
        Ok(body) => (status, body).into_response(),
        Err(_) => (status, title).into_response(),
    }
}
