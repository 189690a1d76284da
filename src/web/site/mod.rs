//! The pages behind the sign-in.
//!
//! Server-rendered, and whole without a script: what htmx adds is speed. `routes` is the list of everything that can be asked for, with what
//! each needs; `guard` holds it; `frame` is what all pages share; words stand beside their pages in both languages. A page shows what the
//! engine and the ledger say and sends what a person decides to the engine; it decides nothing.

mod account;
mod acts;
mod assets;
mod backlog;
mod bulk;
mod customers;
mod entry;
mod error;
mod frame;
mod guard;
pub(in crate::web) mod headers;
mod history;
mod invoices;
mod listing;
mod notices;
mod overview;
mod people;
mod routes;
mod runs;
mod seat;
mod settings;
mod shown;
mod table;
mod texts;
mod tokens;
mod workflows;

pub use routes::{Declared, Need, declared, router};

use crate::assembly::Tenancy;
use crate::domain::ids::InvoiceId;
use crate::engine::Engine;
use crate::engine::accounts::{AccountError, Viewer};
use axum::http::HeaderMap;
use std::sync::Arc;

/// What stands in the addresses of styles and pictures.
pub(in crate::web) fn style_version() -> &'static str {
    assets::VERSION.as_str()
}

/// The page of an invoice below the installation's own address.
#[must_use]
pub fn invoice_path(tenant: &str, invoice: InvoiceId) -> String {
    format!("/t/{tenant}/invoices/{}", invoice.0)
}

/// What the pages need.
#[derive(Debug)]
pub struct Site {
    pub engine: Arc<Engine>,
    pub tenancy: Arc<Tenancy>,
    /// Where the installation is reached from outside, such as `https://mahnwerk.example`, without a slash at the end; empty: unknown.
    pub public_url: String,
    overview: overview::Figures,
    tests: texts::Budget,
}

impl Site {
    #[must_use]
    pub fn new(tenancy: Arc<Tenancy>, public_url: String) -> Self {
        Self {
            engine: tenancy.engine.clone(),
            tenancy,
            public_url,
            overview: overview::Figures::default(),
            tests: texts::Budget::default(),
        }
    }

    /// Who sends a request with these headers, if he is signed in.
    pub(in crate::web) async fn visitor(&self, headers: &HeaderMap) -> Result<Option<Viewer>, AccountError> {
        match entry::cookie_token(self, headers) {
            Some(token) => self.engine.viewer(&token).await,
            None => Ok(None),
        }
    }

    /// The address of a link that makes an account or sets its password.
    fn welcome_link(&self, token: &str) -> String {
        format!("{}/welcome/{token}", self.public_url)
    }

    /// Whether browsers reach it encrypted, so that cookies may insist on that.
    fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
