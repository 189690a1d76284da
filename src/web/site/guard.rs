//! Lets through whoever may: signed in, with the right that the route needs, and with the form's own token where something is changed.

use super::error::{self, PageError};
use super::routes::Need;
use super::seat::{Hall, Seat};
use super::{Site, entry};
use crate::domain::account::Right;
use crate::engine::accounts::Viewer;
use crate::web::same_origin;
use axum::RequestExt;
use axum::body::{Body, to_bytes};
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Forms are text; what is larger is no form of ours.
const LARGEST_FORM: usize = 2 * 1024 * 1024;

/// What stands before a route.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) site: Arc<Site>,
    pub(super) need: Need,
}

pub(super) async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let token = entry::cookie_token(&gate.site, request.headers());
    let stranger = Hall::stranger(&gate.site, &request);
    let hall = match viewer(&gate.site, token).await {
        Ok(viewer) => stranger.with(viewer),
        Err(error) => return error::page(&stranger, &error),
    };
    let answer = match admit(&gate, &hall, request).await {
        Ok(request) => next.run(request).await,
        Err(Refusal::Elsewhere(response)) => return response,
        Err(Refusal::Page(error)) => error.into_response(),
    };
    error::dress(&hall, answer)
}

/// What no route answers.
pub(super) async fn missing() -> PageError {
    PageError::NotFound
}

enum Refusal {
    /// Another answer than a page, as it is.
    Elsewhere(Response),
    Page(PageError),
}

impl From<PageError> for Refusal {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

async fn viewer(site: &Site, token: Option<String>) -> Result<Option<Viewer>, PageError> {
    match token {
        Some(token) => Ok(site.engine.viewer(&token).await?),
        None => Ok(None),
    }
}

async fn admit(gate: &Gate, hall: &Hall, request: Request) -> Result<Request, Refusal> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !same_origin::is_ours(request.headers()) {
        return Err(PageError::OtherSite.into());
    }
    let mut request = request;
    match (gate.need, &hall.viewer) {
        (Need::Nobody, _) => {}
        (_, None) => return Err(sign_in(&request)),
        (need, Some(viewer)) => {
            if changes {
                request = with_token(request, viewer).await?;
            }
            match need {
                Need::Tenant(right) => {
                    let seat = seat(gate, hall, viewer, right, &mut request).await?;
                    request.extensions_mut().insert(seat);
                }
                Need::Everywhere(right) if !viewer.may_everywhere(right) => return Err(PageError::Forbidden.into()),
                Need::Everywhere(_) | Need::SignedIn | Need::Nobody => {}
            }
        }
    }
    request.extensions_mut().insert(hall.clone());
    Ok(request)
}

/// The place of whoever may be at the tenant that the path names. A tenant that is not his does not exist for him.
async fn seat(gate: &Gate, hall: &Hall, viewer: &Viewer, right: Right, request: &mut Request) -> Result<Seat, PageError> {
    let parameters = request.extract_parts::<RawPathParams>().await.map_err(|_| PageError::NotFound)?;
    let name = parameters.iter().find(|(key, _)| *key == "tenant").map(|(_, value)| value.to_owned()).unwrap_or_default();
    let found = gate.site.engine.tenants().into_iter().filter_map(|id| gate.site.engine.tenant(id).ok());
    let tenant = found.into_iter().find(|tenant| tenant.settings.name == name).ok_or(PageError::NotFound)?;
    let role = viewer.role(tenant.settings.id).ok_or(PageError::NotFound)?;
    if !role.may(right) {
        return Err(PageError::Forbidden);
    }
    Ok(Seat { hall: hall.clone(), viewer: viewer.clone(), role, tenant })
}

fn sign_in(request: &Request) -> Refusal {
    if *request.method() != Method::GET {
        return PageError::SignedOut.into();
    }
    let next = entry::query_value(request.uri().path_and_query().map_or("/", |path| path.as_str()));
    Refusal::Elsewhere(Redirect::to(&format!("/sign-in?next={next}")).into_response())
}

/// The request, if it brings the session's token: in a header, in the address (uploads), or in its form.
async fn with_token(request: Request, viewer: &Viewer) -> Result<Request, PageError> {
    let is_right = |token: &str| Sha256::digest(token) == Sha256::digest(&viewer.csrf);
    let headers = request.headers();
    let stated = headers.get("x-csrf").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let stated = stated.or_else(|| request.uri().query().and_then(|query| field(query, "csrf")));
    if let Some(token) = stated {
        return if is_right(&token) { Ok(request) } else { Err(PageError::Stale) };
    }
    if !is_form(headers) {
        return Err(PageError::Stale);
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, LARGEST_FORM).await.map_err(|_| PageError::TooLarge)?;
    let token = std::str::from_utf8(&bytes).ok().and_then(|text| field(text, "csrf"));
    if token.is_some_and(|token| is_right(&token)) { Ok(Request::from_parts(parts, Body::from(bytes))) } else { Err(PageError::Stale) }
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.starts_with("application/x-www-form-urlencoded")
}

/// A field whose value needs no escaping, as tokens don't.
fn field(form: &str, name: &str) -> Option<String> {
    form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(ToOwned::to_owned)
}
