//! Everything that can be asked for, with what it needs. A route can only be added together with that, so none can forget it.

use super::{
    Site, account, assets, backlog, customers, entry, guard, headers, history, invoices, notices, overview, people, runs, settings, texts,
    tokens, workflows,
};
use crate::domain::account::Right;
use axum::Router;
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

/// What whoever asks must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anybody: the sign-in itself, styles.
    Nobody,
    /// Signed in, whatever he may do.
    SignedIn,
    /// He may do this at the tenant that the path names.
    Tenant(Right),
    /// He may do this at all tenants.
    Everywhere(Right),
}

/// A route, for those who check all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    pub method: &'static str,
    pub path: &'static str,
    pub need: Need,
}

/// Routes as they are declared.
#[derive(Debug)]
pub(super) struct Routes {
    site: Arc<Site>,
    router: Router,
    declared: Vec<Declared>,
}

impl Routes {
    pub(super) fn get<H, T>(self, path: &'static str, need: Need, handler: H) -> Self
    where
        H: Handler<T, Arc<Site>>,
        T: 'static,
    {
        let method = get(handler).with_state(self.site.clone());
        self.add("GET", path, need, method)
    }

    pub(super) fn post<H, T>(self, path: &'static str, need: Need, handler: H) -> Self
    where
        H: Handler<T, Arc<Site>>,
        T: 'static,
    {
        let method = post(handler).with_state(self.site.clone());
        self.add("POST", path, need, method)
    }

    fn add(mut self, method: &'static str, path: &'static str, need: Need, handler: MethodRouter) -> Self {
        let gate = guard::Gate { site: self.site.clone(), need };
        self.router = self.router.route(path, handler.layer(from_fn_with_state(gate, guard::guard)));
        self.declared.push(Declared { method, path, need });
        self
    }
}

fn all(site: Arc<Site>) -> Routes {
    let routes = Routes { site, router: Router::new(), declared: Vec::new() };
    let parts = [
        assets::routes,
        entry::routes,
        account::routes,
        people::routes,
        overview::routes,
        backlog::routes,
        invoices::routes,
        customers::routes,
        runs::routes,
        notices::routes,
        texts::routes,
        workflows::routes,
        history::routes,
        tokens::routes,
        settings::routes,
    ];
    parts.into_iter().fold(routes, |routes, add| add(routes))
}

/// The pages.
pub fn router(site: Arc<Site>) -> Router {
    let secure = site.is_secure();
    let routes = all(site.clone());
    let missing = guard::Gate { site, need: Need::Nobody };
    let fallback = get(guard::missing).post(guard::missing).layer(from_fn_with_state(missing, guard::guard));
    routes.router.fallback_service(fallback).layer(from_fn(move |request, next| headers::add(secure, request, next)))
}

/// Every route that there is.
#[must_use]
pub fn declared(site: Arc<Site>) -> Vec<Declared> {
    all(site).declared
}
