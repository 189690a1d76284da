//! The mailbox page of the SMTP sandbox: what was sent, as the recipient would see it, and the switches for its faults.
//!
//! What is shown here was written by strangers and must run nothing and load nothing. The page itself has no script and
//! forbids any (Content-Security-Policy); a mail's HTML lives in a sandboxed frame with an even stricter policy of its
//! own, sent with the document, so that it also holds when the frame's address is opened directly. Attachments are
//! downloads, except PDF. Changes need a request from this page itself (`same_origin`).
//!
//! `content` reads mails, `pages` and `api` answer requests, `texts` has the words in German and English.

mod api;
mod content;
mod pages;
mod texts;

use super::same_origin;
use crate::adapters::sandbox::smtp::SmtpSandbox;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use chrono_tz::Tz;
use handlebars::{Handlebars, TemplateError};
use std::sync::Arc;

/// What the router needs.
#[derive(Clone, Debug)]
pub struct Mailbox {
    pub sandbox: SmtpSandbox,
    /// Where the router is mounted, without a slash at the end: `""` or `"/mailbox"`.
    pub base: String,
    /// Times are shown in this zone.
    pub zone: Tz,
}

/// What the handlers share.
#[derive(Debug)]
struct Shared {
    mailbox: Mailbox,
    pages: Handlebars<'static>,
}

/// The page at `/`, the interface at `/api`.
///
/// # Errors
/// If a built-in template is broken, which a test rules out.
pub fn router(mailbox: Mailbox) -> Result<Router, Box<TemplateError>> {
    let mut pages = Handlebars::new();
    pages.set_strict_mode(true);
    for (name, template) in [
        ("layout", include_str!("layout.hbs")),
        ("list", include_str!("list.hbs")),
        ("message", include_str!("message.hbs")),
        ("missing", include_str!("missing.hbs")),
    ] {
        pages.register_template_string(name, template).map_err(Box::new)?;
    }
    let shared = Arc::new(Shared { mailbox, pages });
    Ok(Router::new()
        .route("/", get(pages::list))
        .route("/page.css", get(pages::style))
        .route("/messages/{number}", get(pages::message))
        .route("/messages/{number}/html", get(pages::html))
        .route("/messages/{number}/source.eml", get(pages::source))
        .route("/messages/{number}/attachments/{index}", get(pages::attachment))
        .route("/clear", post(pages::clear))
        .route("/faults", post(pages::set_fault))
        .route("/faults/clear", post(pages::clear_faults))
        .route("/api/status", get(api::status))
        .route("/api/messages", get(api::list).delete(api::clear))
        .route("/api/messages/{number}", get(api::message))
        .route("/api/counts", get(api::counts))
        .route("/api/faults", get(api::faults).post(api::set_fault).delete(api::clear_faults))
        .layer(from_fn(same_origin::guard))
        .with_state(shared))
}
