//! A workflow's text as the editor sees it: its mistakes by field, and what it would do to an invoice.

use super::fields::value;
use super::sheet::{Sheet, field_of};
use super::told;
use super::words::WorkflowWords;
use crate::assembly::workflow::parsed_workflow;
use crate::domain::format;
use crate::domain::instance::ladder::Ladder;
use crate::domain::workflow::{Parsed, Problem, Workflow};
use crate::web::site::Site;
use crate::web::site::seat::Seat;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A word about a field.
pub(super) struct Note {
    pub(super) text: String,
    pub(super) is_error: bool,
}

/// A stage's notice about an invoice.
pub(super) struct Leaving {
    pub(super) day: String,
    pub(super) time: String,
    pub(super) after: i64,
    pub(super) stage: String,
    pub(super) kind: String,
    pub(super) channel: String,
    pub(super) automation: String,
    pub(super) waits: bool,
    pub(super) fee: Option<String>,
}

/// What `workflows/checked.html` needs.
pub(super) struct Checked {
    pub(super) words: &'static WorkflowWords,
    pub(super) errors: usize,
    pub(super) warnings: usize,
    /// By field of the form.
    pub(super) notes: BTreeMap<String, Vec<Note>>,
    /// What concerns no field, with its line.
    pub(super) others: Vec<(usize, Note)>,
    /// `None` while there are mistakes.
    pub(super) leaving: Option<Vec<Leaving>>,
    pub(super) due: String,
    pub(super) trouble: Option<String>,
    pub(super) sheet: Option<Sheet>,
}

impl Checked {
    pub(super) fn of(site: &Site, seat: &Seat, text: &str, due: NaiveDate) -> Self {
        let (language, words) = (seat.language(), WorkflowWords::of(seat.language()));
        let parsed = parsed_workflow(text, &site.tenancy.texts(seat.id()));
        let mut checked = Self {
            words,
            errors: parsed.problems.iter().filter(|problem| problem.is_error()).count(),
            warnings: 0,
            notes: BTreeMap::new(),
            others: Vec::new(),
            leaving: parsed.workflow.as_ref().map(|workflow| leaving(seat, workflow, due)),
            due: due.to_string(),
            trouble: None,
            sheet: sheet(text, &parsed),
        };
        checked.warnings = parsed.problems.len() - checked.errors;
        for problem in &parsed.problems {
            checked.note(problem, told::problem(language, problem));
        }
        checked
    }

    fn note(&mut self, problem: &Problem, text: String) {
        let note = Note { text, is_error: problem.is_error() };
        match field_of(&problem.field).filter(|_| self.sheet.is_some()) {
            Some(field) => self.notes.entry(field).or_default().push(note),
            None => {
                let text = if problem.field.is_empty() { note.text } else { format!("{}: {}", problem.field, note.text) };
                self.others.push((problem.line, Note { text, ..note }));
            }
        }
    }

    pub(super) fn of_field(&self, field: &str) -> &[Note] {
        self.notes.get(field).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A sound workflow shows its defaults too.
fn sheet(text: &str, parsed: &Parsed) -> Option<Sheet> {
    match &parsed.workflow {
        Some(workflow) => Sheet::of_toml(&crate::domain::workflow::to_toml(workflow)),
        None => Sheet::of_toml(text),
    }
}

fn leaving(seat: &Seat, workflow: &Workflow, due: NaiveDate) -> Vec<Leaving> {
    let (language, settings) = (seat.language(), &seat.tenant.settings);
    let calendar = settings.calendar(workflow);
    let ladder = Ladder { workflow, calendar: &calendar };
    let word = |all: &[(&str, bool)]| all.iter().find(|(_, is_so)| *is_so).map(|(word, _)| value(language, word)).unwrap_or_default();
    let of_rung = |rung: &crate::domain::instance::ladder::Rung| {
        use crate::domain::workflow::{Automation as A, Channel as C, StageKind};
        let stage = ladder.stage(rung.stage)?;
        let local = rung.wake_at.in_zone(calendar.zone);
        let (channel, automation) = (stage.channel, stage.automation);
        let fee = crate::engine::edition::minor(stage.fee, settings.currency);
        Some(Leaving {
            day: format!(
                "{} {}",
                value(language, &local.format("%a").to_string().to_lowercase()),
                format::short_date(language.tag(), local.date_naive())
            ),
            time: local.format("%H:%M").to_string(),
            after: (local.date_naive() - due).num_days(),
            stage: stage.key.clone(),
            kind: value(language, if stage.kind == StageKind::Dunning { "dunning" } else { "reminder" }),
            channel: word(&[
                ("email", channel == C::Email),
                ("post", channel == C::Post),
                ("email_and_post", channel == C::EmailAndPost),
                ("email_then_post", channel == C::EmailThenPost),
            ]),
            automation: word(&[
                ("propose", automation == A::Propose),
                ("finalize", automation == A::Finalize),
                ("dispatch", automation == A::Dispatch),
            ]),
            waits: automation != A::Dispatch,
            fee: (fee > 0).then(|| format::money(language.tag(), fee, settings.currency)),
        })
    };
    ladder.outlook(due).iter().filter_map(of_rung).collect()
}
