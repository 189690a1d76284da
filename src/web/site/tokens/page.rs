//! A tenant's tokens and webhooks.

use super::words::{TokenWords, scope_word};
use crate::domain::scope::Scope;
use crate::engine::accounts::NewToken;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown::moment;
use askama::Template;
use axum::extract::{Form, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;
use std::sync::Arc;

struct Token {
    name: String,
    scopes: String,
    made: String,
    made_by: String,
    used: String,
    state: String,
    holds: bool,
}

struct Webhook {
    id: String,
    url: String,
    causes: String,
    told: String,
    state: &'static str,
    tone: &'static str,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "tokens/tokens.html")]
struct TokensPage {
    words: &'static TokenWords,
    frame: Frame,
    base: String,
    tokens: Vec<Token>,
    webhooks: Vec<Webhook>,
    /// Value and word of each.
    scopes: Vec<(&'static str, &'static str)>,
    secret: Option<String>,
}

/// The new token's form. A box that is not ticked is not sent.
#[derive(Debug, Deserialize)]
pub(super) struct New {
    name: String,
    days: String,
    #[serde(default, rename = "scope_read")]
    read: Option<String>,
    #[serde(default, rename = "scope_facts:write")]
    facts: Option<String>,
    #[serde(default, rename = "scope_operate")]
    operate: Option<String>,
    #[serde(default, rename = "scope_admin")]
    administer: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

async fn page(site: &Site, seat: &Seat, secret: Option<String>) -> Result<Html<String>, PageError> {
    let (language, zone, now) = (seat.language(), seat.tenant.settings.zone, site.engine.clock.now());
    let words = TokenWords::of(language);
    let at = |at| moment(language, at, zone);
    let tokens = site.engine.store.tokens(seat.id()).await?.into_iter().map(|token| Token {
        scopes: token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", "),
        made: at(token.created_at),
        made_by: token.created_by.clone(),
        used: token.used_at.map_or_else(|| words.never.to_owned(), at),
        state: match (token.revoked_at, token.expires_at) {
            (Some(_), _) => words.revoked.to_owned(),
            (None, Some(end)) if end <= now => words.expired.to_owned(),
            (None, Some(end)) => format!("{} {}", words.until, at(end)),
            (None, None) => words.holds.to_owned(),
        },
        holds: token.holds(now),
        name: token.name,
    });
    let webhooks = site.engine.store.webhooks(seat.id()).await?.into_iter().map(|webhook| {
        let (state, tone) = match (webhook.stopped_at, webhook.failing_at) {
            (Some(_), _) => (words.stopped, "bad"),
            (None, Some(_)) => (words.failing, "warn"),
            (None, None) => (words.active, "good"),
        };
        let causes = if webhook.causes.is_empty() { words.all.to_owned() } else { webhook.causes.join(", ") };
        let told = webhook.told_at.map_or_else(|| words.never.to_owned(), at);
        Webhook { id: webhook.id, url: webhook.url, causes, told, state, tone, error: webhook.error }
    });
    let page = TokensPage {
        words,
        frame: seat.frame("api", words.title),
        base: seat.href("/api"),
        tokens: tokens.collect(),
        webhooks: webhooks.collect(),
        scopes: Scope::ALL.into_iter().map(|scope| (scope.as_str(), scope_word(language, scope))).collect(),
        secret,
    };
    render(&page)
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    page(&site, &seat, None).await
}

pub(super) async fn make(State(site): State<Arc<Site>>, seat: Seat, Form(new): Form<New>) -> Result<Html<String>, PageError> {
    let ticked =
        [(Scope::Read, &new.read), (Scope::Facts, &new.facts), (Scope::Operate, &new.operate), (Scope::Administer, &new.administer)];
    let scopes: Vec<_> =
        ticked.into_iter().filter(|(scope, box_)| box_.is_some() && seat.may(scope.right())).map(|(scope, _)| scope).collect();
    let days = new.days.parse().ok().filter(|days| (1..=3650).contains(days));
    let token = NewToken { tenant: seat.id(), name: &new.name, scopes: &scopes, days };
    let secret = site.engine.make_token(&seat.viewer.actor(), &token).await?;
    page(&site, &seat, Some(secret)).await
}

pub(super) async fn revoke(State(site): State<Arc<Site>>, seat: Seat, Form(named): Form<Named>) -> Result<Redirect, PageError> {
    site.engine.revoke_token(&seat.viewer.actor(), seat.id(), &named.name).await?;
    Ok(Redirect::to(&seat.href("/api?done=token-revoked")))
}

pub(super) async fn restart(State(site): State<Arc<Site>>, seat: Seat, Form(named): Form<Named>) -> Result<Redirect, PageError> {
    if !site.engine.restart_webhook(&seat.viewer.actor(), seat.id(), &named.name).await? {
        return Err(PageError::NotFound);
    }
    Ok(Redirect::to(&seat.href("/api?done=webhook-restarted")))
}

pub(super) async fn remove(State(site): State<Arc<Site>>, seat: Seat, Form(named): Form<Named>) -> Result<Redirect, PageError> {
    if !site.engine.remove_webhook(&seat.viewer.actor(), seat.id(), &named.name).await? {
        return Err(PageError::NotFound);
    }
    Ok(Redirect::to(&seat.href("/api?done=webhook-removed")))
}
