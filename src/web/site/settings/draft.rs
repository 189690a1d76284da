//! What is entered becomes a draft: by itself while one types, or by a button.

use super::fields::{Field, Section, Shape};
use super::form::{self, SecretWish, Sent};
use super::standing::Standing;
use crate::config::SECRET_KEYS;
use crate::domain::publication::Kind;
use crate::engine::publications::Written;
use crate::web::site::Site;
use crate::web::site::acts::seen_at;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, State};
use axum::response::Redirect;
use std::sync::Arc;
use toml::{Table, Value};

/// Whether it was kept, or somebody else was faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Yes,
    Conflict,
}

pub(super) async fn save(
    State(site): State<Arc<Site>>,
    seat: Seat,
    section: Section,
    Form(sent): Form<Sent>,
) -> Result<Redirect, PageError> {
    let query = match keep_section(&site, &seat, section, &sent).await? {
        Kept::Yes => "done=draft-saved",
        Kept::Conflict => "conflict=1",
    };
    Ok(Redirect::to(&seat.href(&format!("{}?{query}", section.address()))))
}

/// Keeps what a page sent of its section.
pub(super) async fn keep_section(site: &Site, seat: &Seat, section: Section, sent: &Sent) -> Result<Kept, PageError> {
    let standing = Standing::read(site, seat).await?;
    let seen = sent.iter().find(|(name, _)| name == "seen").and_then(|(_, value)| seen_at(value));
    if standing.draft.as_ref().is_some_and(|draft| draft.is_anothers_since(&seat.viewer.actor(), seen)) {
        return Ok(Kept::Conflict);
    }
    let mut text = standing.text_table();
    for field in section.fields().filter(|field| field.shape == Shape::Secret) {
        keep_secret(site, seat, field, sent, &mut text).await?;
    }
    let text = form::with_section(&text, &standing.base, section, sent);
    keep_text(site, seat, &standing, &text).await?;
    Ok(Kept::Yes)
}

/// Seals a secret before the draft names it.
async fn keep_secret(site: &Site, seat: &Seat, field: &Field, sent: &Sent, text: &mut Table) -> Result<(), PageError> {
    match form::secret_wish(field, sent) {
        SecretWish::Keep => {}
        SecretWish::Remove => form::take_out(text, field.path),
        SecretWish::Set(secret) => {
            let purpose = SECRET_KEYS.into_iter().find(|key| key.path == field.path).ok_or(PageError::NotFound)?.purpose;
            let id = site.engine.keep_secret(seat.id(), purpose, secret.trim(), &seat.viewer.actor()).await?;
            form::put(text, field.path, Value::Integer(id));
        }
    }
    Ok(())
}

/// Keeps a text as the draft; one that says what holds is none.
pub(super) async fn keep_text(site: &Site, seat: &Seat, standing: &Standing, text: &Table) -> Result<(), PageError> {
    let published = standing.versions.first().map(|newest| newest.content.as_str()).unwrap_or_default();
    let content = text.to_string();
    if published.parse::<Table>().is_ok_and(|published| published == *text) {
        if standing.draft.is_some() {
            site.engine.discard_draft(seat.id(), Kind::Settings, "").await?;
        }
        return Ok(());
    }
    let seen = standing.draft.as_ref().map(|draft| draft.changed_at);
    let written = Written { kind: Kind::Settings, name: String::new(), content, seen };
    site.engine.write_draft(seat.id(), &seat.viewer.actor(), written).await?;
    Ok(())
}
