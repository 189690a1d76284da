//! Who asks and where he is: what the guard found out, for the handlers.

use super::Site;
use super::error::PageError;
use super::frame::Frame;
use crate::domain::account::{Right, Role};
use crate::domain::ids::TenantId;
use crate::engine::accounts::Viewer;
use crate::engine::edition::Tenant;
use crate::engine::operate::Cause;
use crate::web::language::Language;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use std::sync::Arc;

/// Somebody before any tenant: what every page knows.
#[derive(Clone, Debug)]
pub(super) struct Hall {
    pub(super) site: Arc<Site>,
    pub(super) viewer: Option<Viewer>,
    pub(super) language: Language,
    /// Path and query of what was asked.
    pub(super) path: String,
    /// What was just done, as the address says.
    pub(super) done: Option<String>,
}

impl Hall {
    /// Before it is known who asks.
    pub(super) fn stranger(site: &Arc<Site>, request: &Request) -> Self {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let done = request.uri().query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("done=")));
        let language = Language::of(request.headers());
        Self { site: site.clone(), viewer: None, language, done: done.map(ToOwned::to_owned), path }
    }

    /// The same, with whoever it is; his account's language counts.
    pub(super) fn with(self, viewer: Option<Viewer>) -> Self {
        let own = viewer.as_ref().and_then(|viewer| Language::from_tag(&viewer.language));
        Self { language: own.unwrap_or(self.language), viewer, ..self }
    }

    /// The frame of a page that belongs to no tenant.
    pub(super) fn frame(&self, title: &str) -> Frame {
        Frame::new(self, None, "", title)
    }

    /// The tenants that the viewer may see.
    pub(super) fn tenants(&self) -> Vec<Arc<Tenant>> {
        let Some(viewer) = &self.viewer else { return Vec::new() };
        let held = self.site.engine.tenants().into_iter().filter(|id| viewer.role(*id).is_some());
        let mut tenants: Vec<_> = held.filter_map(|id| self.site.engine.tenant(id).ok()).collect();
        tenants.sort_by(|a, b| a.settings.name.cmp(&b.settings.name));
        tenants
    }
}

/// Somebody at a tenant where he may do what the route needs.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) hall: Hall,
    pub(super) viewer: Viewer,
    pub(super) role: Role,
    pub(super) tenant: Arc<Tenant>,
}

impl Seat {
    pub(super) fn id(&self) -> TenantId {
        self.tenant.settings.id
    }

    pub(super) fn language(&self) -> Language {
        self.hall.language
    }

    pub(super) fn may(&self, right: Right) -> bool {
        self.role.may(right)
    }

    /// The address of a page of this tenant: `path` begins with a slash.
    pub(super) fn href(&self, path: &str) -> String {
        format!("/t/{}{path}", self.tenant.settings.name)
    }

    /// The frame of a page in this section of the navigation.
    pub(super) fn frame(&self, section: &'static str, title: &str) -> Frame {
        Frame::new(&self.hall, Some(self), section, title)
    }

    /// Who does something, and why.
    pub(super) fn cause(&self, reason: &str) -> Result<Cause, PageError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(PageError::NoReason);
        }
        Ok(Cause { actor: self.viewer.actor(), reason: reason.to_owned() })
    }
}

impl<S: Sync> FromRequestParts<S> for Hall {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::SignedOut)
    }
}

/// Only on routes that need a tenant.
impl<S: Sync> FromRequestParts<S> for Seat {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::NotFound)
    }
}

/// Whoever is signed in.
#[derive(Clone, Debug)]
pub(super) struct SignedInViewer(pub(super) Viewer);

impl<S: Sync> FromRequestParts<S> for SignedInViewer {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        Hall::from_request_parts(parts, state).await?.viewer.map(Self).ok_or(PageError::SignedOut)
    }
}
