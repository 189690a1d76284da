//! The editor: a field for everything, what it means, versions.

use super::board::{Board, place};
use super::check::Checked;
use super::fields::{choices, label, value};
use super::words::WorkflowWords;
use crate::domain::account::Right;
use crate::domain::calendar::Region;
use crate::store::tenant::WorkflowRow;
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::acts::{ActForm, ActWords};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use chrono::NaiveDate;
use serde::Deserialize;
use std::sync::Arc;

struct Version {
    id: i64,
    when: String,
    /// Who published it and why; none: it came in with a file.
    by: Option<(String, String)>,
    open: String,
    hash: String,
    is_held: bool,
    /// The one before it.
    before: Option<i64>,
    /// Somebody may move its instances elsewhere.
    can_move: bool,
}

/// One value to choose.
pub(super) struct Choice {
    value: String,
    word: String,
}

#[derive(Template)]
#[template(path = "workflows/workflow.html")]
struct WorkflowPage {
    frame: Frame,
    act_words: &'static ActWords,
    language: Language,
    base: String,
    texts_base: String,
    all_href: String,
    name: String,
    title: String,
    place: String,
    draft: Option<String>,
    seen: String,
    may_edit: bool,
    text: String,
    holidays: Vec<Choice>,
    templates: Vec<String>,
    zone: String,
    checked: Checked,
    acts: Vec<ActForm>,
    versions: Vec<Version>,
    oob: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    due: String,
}

impl WorkflowPage {
    fn words(&self) -> &'static WorkflowWords {
        self.checked.words
    }

    fn label(&self, field: &str) -> &'static str {
        label(self.language, field)
    }

    fn choices(&self, field: &str) -> Vec<Choice> {
        choices(field).iter().map(|one| Choice { value: (*one).to_owned(), word: value(self.language, one) }).collect()
    }

    fn own(&self, field: &str) -> &str {
        self.checked.sheet.as_ref().and_then(|sheet| sheet.own.get(field)).map_or("", String::as_str)
    }

    /// As people write it; the check reads both.
    fn amount(&self, written: &str) -> String {
        if self.language == Language::German { written.replace('.', ",") } else { written.to_owned() }
    }

    fn is_set(&self, field: &str) -> bool {
        self.checked.sheet.as_ref().is_some_and(|sheet| sheet.own.contains_key(field))
    }

    fn has_day(&self, day: &str) -> bool {
        self.own("days").split_whitespace().any(|one| one == day)
    }

    fn stages(&self) -> usize {
        self.checked.sheet.as_ref().map_or(0, |sheet| sheet.stages.len())
    }

    fn has_template(&self, stage: &usize) -> bool {
        self.templates.iter().any(|template| template == self.of(stage, "template"))
    }

    fn of(&self, stage: &usize, field: &str) -> &str {
        self.checked.sheet.as_ref().and_then(|sheet| sheet.stages.get(*stage)?.get(field)).map_or("", String::as_str)
    }
}

/// The day on which the invoice of the example is due: as asked, else today.
pub(super) fn due_day(site: &Site, seat: &Seat, asked: &str) -> NaiveDate {
    asked.parse().unwrap_or_else(|_| site.engine.clock.now().date_in(seat.tenant.settings.zone))
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, PageError> {
    let (language, words, zone) = (seat.language(), WorkflowWords::of(seat.language()), seat.tenant.settings.zone);
    let board = Board::of(&site, &seat, &name).await?;
    let checked = Checked::of(&site, &seat, &board.text, due_day(&site, &seat, &asked.due));
    let in_use = site.engine.store.open_by_edition(seat.id()).await?;
    let held = board.holding().map(crate::domain::workflow::content_hash);
    let version = |(at, edition): (usize, &WorkflowRow)| Version {
        id: edition.id.0,
        when: shown::moment(language, edition.published_at, zone),
        by: board.publication_of(edition).map(|one| (shown::actor(language, &one.published_by), one.reason.clone())),
        open: shown::count(language, in_use.get(&edition.id).copied().unwrap_or(0)),
        hash: edition.hash.get(..8).unwrap_or_default().to_owned(),
        is_held: held.as_deref() == Some(&edition.hash),
        before: board.editions.get(at + 1).map(|before| before.id.0),
        can_move: seat.may(Right::Administer) && in_use.get(&edition.id).is_some_and(|open| *open > 0),
    };
    let holidays =
        Region::all().map(|region| Choice { value: region.code().to_owned(), word: format!("{} {}", region.code(), region.name()) });
    let (may_edit, base) = (seat.may(Right::Administer), seat.href(&format!("/workflows/{name}")));
    let texts = site.tenancy.texts(seat.id());
    let draft = board.draft.as_ref();
    let told = draft.map(|draft| {
        format!("{} {}, {}", words.draft_since, shown::actor(language, &draft.changed_by), shown::moment(language, draft.changed_at, zone))
    });
    render(&WorkflowPage {
        frame: seat.frame("workflows", &format!("{} {name}", words.one)),
        act_words: ActWords::of(language),
        language,
        texts_base: seat.href("/texts/de"),
        all_href: seat.href("/workflows"),
        title: board.holding().map(|workflow| workflow.title_in(language.tag()).to_owned()).unwrap_or_default(),
        place: board.listed.as_ref().map_or_else(|| words.nothing_holds.to_owned(), |listed| place(&seat, &listed.place)),
        draft: told,
        seen: seen(&board),
        may_edit,
        holidays: holidays.collect(),
        templates: texts.templates().into_iter().map(ToOwned::to_owned).collect(),
        zone: zone.name().to_owned(),
        acts: if may_edit { acts(&base, &board, &checked) } else { Vec::new() },
        versions: board.editions.iter().enumerate().map(version).collect(),
        oob: false,
        text: board.text,
        checked,
        name,
        base,
    })
}

/// When the draft was changed last, as the form tells it again.
pub(super) fn seen(board: &Board) -> String {
    board.draft.as_ref().map_or_else(String::new, |draft| draft.changed_at.0.to_string())
}

/// What an administrator may do with it beside writing.
pub(super) fn acts(base: &str, board: &Board, checked: &Checked) -> Vec<ActForm> {
    let words = checked.words;
    let form = |act: &str, label, hint| ActForm { action: format!("{base}/{act}"), label, hint, ..ActForm::default() };
    let is_ready = board.draft.is_some() && checked.errors == 0 && !board.is_same();
    let hidden = Some(("seen", seen(board)));
    let publish = is_ready.then(|| ActForm { hidden, ..form("publish", words.publish, words.publish_hint) });
    let take_back = board.is_published().then(|| form("take-back", words.take_back, words.take_back_hint));
    [publish, take_back].into_iter().flatten().collect()
}
