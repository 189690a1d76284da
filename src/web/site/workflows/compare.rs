//! What changed between two versions of a workflow: by stage and field in words, and line by line.

use super::board::Board;
use super::fields::{label, value};
use super::words::WorkflowWords;
use crate::domain::difference;
use crate::domain::workflow::{Difference, Workflow, differences, parse, to_toml};
use crate::store::tenant::WorkflowRow;
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown::{self, ChangedLine};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use serde::Deserialize;
use std::sync::Arc;

/// Which versions: the id of one, `draft` or `held`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    from: String,
    to: String,
}

/// A difference in words: where, what, and the values if there are any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    place: String,
    what: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "workflows/compare.html")]
struct ComparePage {
    frame: Frame,
    words: &'static WorkflowWords,
    base: String,
    name: String,
    from: String,
    to: String,
    told: Vec<Told>,
    changed: Vec<ChangedLine>,
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, name)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Html<String>, PageError> {
    let (language, words) = (seat.language(), WorkflowWords::of(seat.language()));
    let board = Board::of(&site, &seat, &name).await?;
    let text = |which: &str| board.version(which).ok_or(PageError::NotFound);
    let (before, after) = (text(&which.from)?, text(&which.to)?);
    let (old, new) = (parse(&before).workflow, parse(&after).workflow);
    let told = old.as_ref().zip(new.as_ref()).map(|(old, new)| tell(language, old, new)).unwrap_or_default();
    // Sound ones in one form, so that lines differ only where something does.
    let form = |workflow: Option<Workflow>, text: String| workflow.map_or(text, |workflow| to_toml(&workflow));
    let (before, after) = (form(old, before), form(new, after));
    let lines = difference::lines(&before, &after);
    let changed = if before == after { Vec::new() } else { shown::changed_lines(&lines) };
    let called = |which: &str| match which {
        "draft" => words.draft.to_owned(),
        "held" => words.held.to_owned(),
        id => {
            let edition = board.editions.iter().find(|edition| edition.id.0.to_string() == id);
            let at = |edition: &WorkflowRow| shown::moment(language, edition.published_at, seat.tenant.settings.zone);
            edition.map(|edition| format!("{} ({})", at(edition), edition.hash.get(..8).unwrap_or_default())).unwrap_or_default()
        }
    };
    render(&ComparePage {
        frame: seat.frame("workflows", &format!("{} {name}", words.one)),
        words,
        base: seat.href(&format!("/workflows/{name}")),
        from: called(&which.from),
        to: called(&which.to),
        told,
        changed,
        name,
    })
}

/// All differences in words.
fn tell(language: Language, before: &Workflow, after: &Workflow) -> Vec<Told> {
    let words = WorkflowWords::of(language);
    let place = |stage: Option<String>| stage.map_or_else(|| words.general.to_owned(), |key| format!("{} {key}", words.stage));
    let one = |difference: Difference| match difference {
        Difference::StageNew(key) => Told { place: place(Some(key)), what: words.stage_new.to_owned(), ..Told::default() },
        Difference::StageGone(key) => Told { place: place(Some(key)), what: words.stage_gone.to_owned(), ..Told::default() },
        Difference::Order(keys) => Told { place: place(None), what: format!("{} {}", words.order, keys.join(", ")), ..Told::default() },
        Difference::Field { stage, field, before, after } => {
            let shown = |one: Option<String>| Some(one.map_or_else(|| words.nothing.to_owned(), |one| value(language, &one)));
            let currency = field.strip_prefix("rules.minimum_amount.").map(|code| format!(" {code}")).unwrap_or_default();
            let what = label(language, &field);
            let what = if what.is_empty() { field.clone() } else { format!("{what}{currency}") };
            Told { place: place(stage), what, before: shown(before), after: shown(after) }
        }
    };
    differences(before, after).into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_in_words_of_the_page() {
        let before = parse(include_str!("../../../../workflows/standard.toml")).workflow.unwrap();
        let mut after = before.clone();
        after.rules.consolidate = false;
        after.rules.minimum_amount.clear();
        after.stages[0].automation = crate::domain::workflow::Automation::Propose;
        after.stages.pop();
        let told: Vec<_> = tell(Language::German, &before, &after)
            .into_iter()
            .map(|told| format!("{}: {} {:?} {:?}", told.place, told.what, told.before.unwrap_or_default(), told.after.unwrap_or_default()))
            .collect();
        let expected = [
            "Allgemein: Alle Rechnungen eines Kunden in einem Schreiben \"ja\" \"nein\"",
            "Allgemein: Mindestbetrag EUR \"5.00\" \"nichts\"",
            "Stufe reminder-1: Wie weit von selbst \"geht von selbst hinaus\" \"wird vorgeschlagen\"",
            "Stufe dunning-3: entfernt \"\" \"\"",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn every_field_has_a_word() {
        let workflow = parse(include_str!("../../../../workflows/standard.toml")).workflow.unwrap();
        let nothing = Workflow { stages: Vec::new(), ..workflow.clone() };
        for difference in differences(&workflow, &workflow).into_iter().chain(differences(&nothing, &workflow)) {
            if let Difference::Field { field, .. } = difference {
                assert!(!label(Language::German, &field).is_empty(), "{field}");
            }
        }
        for field in super::super::sheet::OF_A_STAGE {
            assert!(!label(Language::English, field).is_empty(), "{field}");
        }
    }
}
