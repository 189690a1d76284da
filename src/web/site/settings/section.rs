//! A page of settings, and the test of the mail server on one of them.

use super::draft::{self, Kept};
use super::fields::Section;
use super::form::Sent;
use super::known::Known;
use super::owner_notice;
use super::row::{Row, rows};
use super::source::{self, SourceCard};
use super::standing::Standing;
use super::words::{SettingsWords, section_words};
use super::wrong;
use crate::assembly::try_mail_server;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown::{actor, draft_changed, moment};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::Html;
use serde::Deserialize;
use std::sync::Arc;

/// How a draft stands, in the bar above the fields.
pub(super) struct Bar {
    pub(super) text: String,
    pub(super) has_draft: bool,
    /// What is wrong with it, altogether.
    pub(super) problems: usize,
}

/// What the mail server said.
struct Tested {
    ok: bool,
    server: String,
    words: String,
}

#[derive(Template)]
#[template(path = "settings/section.html")]
struct SectionPage {
    frame: Frame,
    words: &'static SettingsWords,
    title: &'static str,
    base: String,
    action: String,
    bar: Bar,
    conflict: String,
    /// When the draft was changed last; empty: there is none.
    seen: String,
    others: Vec<String>,
    rows: Vec<Row>,
    pictures: Vec<Row>,
    /// What htmx takes of the answer to a draft.
    pieces: String,
    can_test: bool,
    tested: Option<Tested>,
    source: Option<SourceCard>,
    /// How the last mail to the creditor ended.
    last_notice: Option<String>,
    workflows: Option<(String, String)>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    conflict: Option<String>,
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    seat: Seat,
    section: Section,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, PageError> {
    page(&site, &seat, section, asked.conflict.is_some(), None).await
}

/// Keeps what was entered, logs in with it and says what the server answered.
pub(super) async fn test_mail_server(State(site): State<Arc<Site>>, seat: Seat, Form(sent): Form<Sent>) -> Result<Html<String>, PageError> {
    if draft::keep_section(&site, &seat, Section::Senders, &sent).await? == Kept::Conflict {
        return page(&site, &seat, Section::Senders, true, None).await;
    }
    let tested = match Standing::read(&site, &seat).await?.tenant {
        Some(tenant) => {
            let (server, answer) = try_mail_server(&tenant).await;
            Tested { ok: answer.is_ok(), server, words: answer.unwrap_or_else(|why| why) }
        }
        None => Tested { ok: false, server: String::new(), words: SettingsWords::of(seat.language()).test_unreadable.to_owned() },
    };
    page(&site, &seat, Section::Senders, false, Some(tested)).await
}

pub(super) fn bar(seat: &Seat, standing: &Standing) -> Bar {
    let (language, words, zone) = (seat.language(), SettingsWords::of(seat.language()), seat.tenant.settings.zone);
    let text = match (&standing.draft, standing.versions.first()) {
        (Some(draft), _) => {
            format!(
                "{} {}, {}: {}.",
                words.draft_of,
                actor(language, &draft.changed_by),
                moment(language, draft.changed_at, zone),
                words.not_yet
            )
        }
        (None, Some(newest)) => {
            let when = moment(language, newest.published_at, zone);
            format!("{} {when} {} {}. {}", words.published, words.by, actor(language, &newest.published_by), words.no_draft)
        }
        (None, None) => words.of_file.to_owned(),
    };
    Bar { text, has_draft: standing.draft.is_some(), problems: standing.problems.len() }
}

async fn page(site: &Site, seat: &Seat, section: Section, conflict: bool, tested: Option<Tested>) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), SettingsWords::of(seat.language()));
    let standing = Standing::read(site, seat).await?;
    let known = Known::of(site, seat, section).await?;
    let rows_of_form = rows(seat, section, &standing, &known, false);
    let mut pieces = vec!["#standing".to_owned(), "#seen".to_owned()];
    for row in &rows_of_form {
        pieces.push(format!("#w-{}", row.id));
        if row.kind == "secret" {
            pieces.push(format!("#s-{}", row.id));
        }
    }
    let conflict = standing.draft.as_ref().filter(|_| conflict).map(|draft| draft_changed(language, &draft.changed_by));
    let page = SectionPage {
        frame: seat.frame("settings", section_words(section, language).0),
        words,
        title: section_words(section, language).0,
        base: seat.href("/settings"),
        action: seat.href(&format!("{}/draft", section.address())),
        bar: bar(seat, &standing),
        conflict: conflict.unwrap_or_default(),
        seen: standing.draft.as_ref().map(|draft| draft.changed_at.0.to_string()).unwrap_or_default(),
        others: standing.other_problems().into_iter().map(|problem| wrong::told(language, problem)).collect(),
        pictures: rows(seat, section, &standing, &known, true),
        rows: rows_of_form,
        pieces: pieces.join(","),
        can_test: section == Section::Senders,
        tested,
        last_notice: if section == Section::Senders { owner_notice::told(site, seat).await? } else { None },
        source: if section == Section::Source { Some(source::card(site, seat).await?) } else { None },
        workflows: (section == Section::Calendar).then(|| (seat.href("/workflows"), seat.href("/texts"))),
    };
    render(&page)
}
