//! All open instances of a version go on in another one: what that would do, and the act.

use super::board::Board;
use super::words::WorkflowWords;
use crate::domain::ids::WorkflowId;
use crate::engine::edition::Edition;
use crate::engine::moving::{Moving, Next, Stays};
use crate::web::site::Site;
use crate::web::site::acts::Reasoned;
use crate::web::site::bulk::{Failed, Tally};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Html;
use serde::Deserialize;
use std::sync::Arc;

/// A version to choose.
struct Choice {
    id: i64,
    word: String,
    is_chosen: bool,
}

struct NextRow {
    stage: String,
    count: String,
    due: String,
}

/// What a move would do.
struct Preview {
    from: i64,
    to: i64,
    from_word: String,
    to_word: String,
    moves: String,
    can_move: bool,
    stays: String,
    next: Vec<NextRow>,
    named: Vec<Failed>,
}

#[derive(Template)]
#[template(path = "workflows/migrate.html")]
struct MigratePage {
    frame: Frame,
    words: &'static WorkflowWords,
    base: String,
    name: String,
    from: Vec<Choice>,
    to: Vec<Choice>,
    is_same: bool,
    preview: Option<Preview>,
}

/// From which version to which; nothing: not chosen yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    from: Option<i64>,
    to: Option<i64>,
}

/// The versions that are meant: one of this workflow, and one where its instances may go.
async fn both(site: &Site, seat: &Seat, name: &str, asked: (i64, i64)) -> Result<(Arc<Edition>, Arc<Edition>), PageError> {
    let held = site.engine.tenant_with_editions(seat.id()).await?;
    let from = held.known(WorkflowId(asked.0)).filter(|edition| edition.workflow.name == name);
    let to = held.known(WorkflowId(asked.1));
    from.zip(to).ok_or(PageError::NotFound)
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), WorkflowWords::of(seat.language()));
    Board::of(&site, &seat, &name).await?;
    // The end of the ladder is open still and does not move: counted is what may.
    let versions = site.engine.store.versions(seat.id()).await?;
    let running =
        |edition: &Edition| versions.iter().find(|version| version.id == edition.id && version.open > 0).map(|version| version.open);
    let destinations = site.engine.tenant_with_editions(seat.id()).await?.destinations(&name);
    let left = destinations.iter().filter(|edition| edition.workflow.name == name);
    let left = left.filter_map(|edition| Some((edition, running(edition)?)));
    let from = left.map(|(edition, running)| Choice {
        id: edition.id.0,
        word: format!("{}: {} {}", shown::version(language, edition), shown::count(language, running), words.migrate_running),
        is_chosen: asked.from == Some(edition.id.0),
    });
    let from: Vec<_> = from.collect();
    // Of one version alone nobody has to choose where it is left.
    let asked_from = asked.from.or_else(|| from.first().map(|choice| choice.id));
    let to = destinations.iter().filter(|edition| from.len() > 1 || asked_from != Some(edition.id.0));
    let to =
        to.map(|edition| Choice { id: edition.id.0, word: shown::version(language, edition), is_chosen: asked.to == Some(edition.id.0) });
    let to: Vec<_> = to.collect();
    let chosen = asked_from.zip(asked.to);
    let is_same = chosen.is_some_and(|(from, to)| from == to);
    let preview = match chosen.filter(|_| !is_same) {
        Some(chosen) => {
            let (from, to) = both(&site, &seat, &name, chosen).await?;
            let moving = site.engine.moving(seat.id(), from.id, to.id).await?;
            Some(preview(&seat, (&from, &to), &moving))
        }
        None => None,
    };
    let base = seat.href(&format!("/workflows/{name}"));
    render(&MigratePage { frame: seat.frame("workflows", words.migrate), words, base, name, from, to, is_same, preview })
}

fn preview(seat: &Seat, (from, to): (&Edition, &Edition), moving: &Moving) -> Preview {
    let (language, words) = (seat.language(), WorkflowWords::of(seat.language()));
    let count = |count: usize| shown::count(language, i64::try_from(count).unwrap_or(i64::MAX));
    let next = |next: &Next| NextRow {
        stage: next.stage.clone().unwrap_or_else(|| words.migrate_end.to_owned()),
        count: count(next.count),
        due: if next.due == 0 { String::new() } else { count(next.due) },
    };
    let stays = |stays: &Stays| Failed {
        href: seat.href(&format!("/invoices/{}", stays.invoice)),
        name: stays.number.clone(),
        why: stays.lost.as_ref().map_or_else(|| words.migrate_under_way.to_owned(), |lost| shown::lost(language, lost)),
    };
    Preview {
        from: from.id.0,
        to: to.id.0,
        from_word: shown::version(language, from),
        to_word: shown::version(language, to),
        moves: count(moving.moves),
        can_move: moving.moves > 0,
        stays: count(moving.stays),
        next: moving.next.iter().map(next).collect(),
        named: moving.named.iter().map(stays).collect(),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Move {
    from: i64,
    to: i64,
    reason: String,
}

/// In batches: whoever breaks it off leaves the rest where it was, and the same again goes on.
pub(super) async fn migrate(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    Form(said): Form<Move>,
) -> Result<Html<String>, PageError> {
    let words = WorkflowWords::of(seat.language());
    if said.from == said.to {
        return Err(PageError::Invalid(words.migrate_same.to_owned()));
    }
    let (from, to) = both(&site, &seat, &name, (said.from, said.to)).await?;
    let cause = Reasoned { reason: said.reason, ..Reasoned::default() }.cause(&seat)?;
    let outcome = site.engine.migrate_all(seat.id(), from.id, to.id, &cause).await?;
    let mut tally = Tally::new(outcome.moved + outcome.stayed.len());
    tally.failed = outcome.stayed.into_iter().map(|stayed| Failed::stayed(&seat, stayed)).collect();
    tally.page(&seat, "workflows", words.migrate, words.migrate_invoice, &seat.href(&format!("/workflows/{name}")))
}
