//! Everything that was published, with what each changed.

use super::differences::differences;
use super::standing::{Standing, whole};
use super::words::SettingsWords;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown::{actor, moment};
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use std::sync::Arc;

/// Older ones are in the history.
const SHOWN: usize = 50;

struct Version {
    id: i64,
    at: String,
    by: String,
    reason: String,
    /// Labels with what they were and became.
    changed: Vec<(&'static str, String, String)>,
    is_taken_back: bool,
    holds: bool,
}

#[derive(Template)]
#[template(path = "settings/versions.html")]
struct VersionsPage {
    frame: Frame,
    words: &'static SettingsWords,
    base: String,
    versions: Vec<Version>,
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), SettingsWords::of(seat.language()));
    let standing = Standing::read(&site, &seat).await?;
    let file = site.tenancy.config.tenant_named(&seat.tenant.settings.name);
    let mut versions = Vec::new();
    for (index, publication) in standing.versions.iter().take(SHOWN).enumerate() {
        let earlier = standing.versions.get(index + 1).map(|earlier| earlier.content.as_str()).unwrap_or_default();
        let before = whole(&site, &seat, &file, &standing.base, earlier).await?;
        let after = whole(&site, &seat, &file, &standing.base, &publication.content).await?;
        let changed = differences(language, &before, &after);
        versions.push(Version {
            id: publication.id,
            at: moment(language, publication.published_at, seat.tenant.settings.zone),
            by: actor(language, &publication.published_by),
            reason: publication.reason.clone(),
            changed: changed.into_iter().map(|difference| (difference.label, difference.before, difference.after)).collect(),
            is_taken_back: publication.content.is_empty(),
            holds: index == 0,
        });
    }
    let page = VersionsPage { frame: seat.frame("settings", words.versions), words, base: seat.href("/settings"), versions };
    render(&page)
}
