//! All texts: stage by language for each workflow, and the sets that no stage writes with.

use super::page::Named;
use super::words::{TextWords, origin};
use crate::adapters::texts::{FALLBACK_LANGUAGE, TextSets};
use crate::assembly::catalogue::{Listed, catalogue};
use crate::domain::account::Right;
use crate::domain::publication::Kind;
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

struct Cell {
    language: String,
    href: String,
    word: &'static str,
    tone: &'static str,
    has_draft: bool,
}

struct Row {
    stage: String,
    is_off: bool,
    set: String,
    cells: Vec<Cell>,
}

struct Table {
    title: String,
    name: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "texts/table.html")]
struct TablePage {
    frame: Frame,
    words: &'static TextWords,
    base: String,
    languages: Vec<String>,
    tables: Vec<Table>,
    may_edit: bool,
}

/// What cells are made from.
struct Ground<'a> {
    seat: &'a Seat,
    texts: &'a TextSets,
    languages: Vec<String>,
    drafts: BTreeSet<String>,
}

impl Ground<'_> {
    fn row(&self, stage: &str, is_off: bool, set: &str) -> Row {
        let cell = |language: &String| {
            let name = format!("{language}/{set}");
            let held = self.texts.written(set, language).map(|written| written.origin);
            let words = TextWords::of(self.seat.language());
            Cell {
                href: self.seat.href(&format!("/texts/{name}")),
                word: held.map_or(words.missing, |from| origin(self.seat.language(), from)),
                tone: match held {
                    Some(crate::adapters::texts::Origin::Published) => "good",
                    Some(_) => "rest",
                    None => "warn",
                },
                has_draft: self.drafts.contains(&name),
                language: language.clone(),
            }
        };
        Row { stage: stage.to_owned(), is_off, set: set.to_owned(), cells: self.languages.iter().map(cell).collect() }
    }

    fn of_workflow(&self, listed: &Listed, language: Language) -> Option<Table> {
        let workflow = listed.parsed.workflow.as_ref()?;
        let rows = workflow.stages.iter().map(|stage| self.row(&stage.key, !stage.enabled, &stage.template));
        Some(Table { title: workflow.title_in(language.tag()).to_owned(), name: listed.name.clone(), rows: rows.collect() })
    }
}

pub(super) async fn show(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    let (language, words, store) = (seat.language(), TextWords::of(seat.language()), &site.engine.store);
    let texts = site.tenancy.texts(seat.id());
    let drafts: BTreeSet<_> = store.drafts(seat.id(), Kind::Text).await?.into_iter().map(|draft| draft.name).collect();
    let listed = catalogue(store, seat.id(), &site.tenancy.config, &texts).await?;
    let known = texts.templates().into_iter().flat_map(|template| texts.languages_for(template));
    let drafted = drafts.iter().filter_map(|name| name.split_once('/')).map(|(language, _)| language);
    let mut languages: Vec<_> = known.chain(drafted).map(ToOwned::to_owned).collect::<BTreeSet<_>>().into_iter().collect();
    languages.sort_by_key(|language| (language != FALLBACK_LANGUAGE, language.clone()));
    let ground = Ground { seat: &seat, texts: &texts, languages, drafts };
    let mut tables: Vec<_> = listed.iter().filter_map(|listed| ground.of_workflow(listed, language)).collect();
    let used: BTreeSet<_> = tables.iter().flat_map(|table| &table.rows).map(|row| row.set.clone()).collect();
    let drafted = ground.drafts.iter().filter_map(|name| name.split_once('/')).map(|(_, set)| set);
    let others: BTreeSet<_> = texts.templates().into_iter().chain(drafted).filter(|set| !used.contains(*set)).collect();
    if !others.is_empty() {
        let rows = others.into_iter().map(|set| ground.row("", false, set)).collect();
        tables.push(Table { title: words.others.to_owned(), name: String::new(), rows });
    }
    render(&TablePage {
        frame: seat.frame("texts", words.title),
        words,
        base: seat.href("/texts"),
        tables,
        may_edit: seat.may(Right::Administer),
        languages: ground.languages,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    language: String,
    set: String,
}

/// Leads to the page of a text, which may be a new one.
pub(super) async fn open(seat: Seat, Query(wanted): Query<Wanted>) -> Result<Redirect, PageError> {
    let path = (String::new(), wanted.language.trim().to_owned(), wanted.set.trim().to_owned());
    if path.1.is_empty() && path.2.is_empty() {
        return Ok(Redirect::to(&seat.href("/texts")));
    }
    Ok(Redirect::to(&Named::of(&seat, &path)?.base))
}
