//! One act on many rows of a list: each for itself, with a word about those for which it could not be done.

use super::entry::own_path;
use super::error::PageError;
use super::frame::{Frame, render};
use super::seat::Seat;
use super::shown;
use crate::engine::migrate::{Obstacle, Stayed};
use crate::web::language::words;
use askama::Template;
use axum::response::Html;

words! {
    struct BulkWords {
        done_for: "Ausgeführt für", "Done for";
        of: "von", "of";
        not_done: "Nicht ausgeführt", "Not done";
        why_not: "Warum nicht", "Why not";
        further: "Weitere, die hier nicht stehen:", "Others that are not listed here:";
        back: "Zurück zur Liste", "Back to the list";
    }
}

/// Longer lists of what was not done are cut off.
const NAMED: usize = 500;

/// What the form under a list says.
#[derive(Clone, Debug, Default)]
pub(super) struct Bulk {
    pub(super) ids: Vec<String>,
    pub(super) act: String,
    pub(super) reason: String,
    pub(super) until: String,
    /// The address of the list as it was.
    pub(super) back: String,
}

impl Bulk {
    pub(super) fn of(fields: &[(String, String)]) -> Self {
        let mut bulk = Self::default();
        for (key, value) in fields {
            let value = value.clone();
            match key.as_str() {
                "id" => bulk.ids.push(value),
                "act" => bulk.act = value,
                "reason" => bulk.reason = value,
                "until" => bulk.until = value,
                "back" => bulk.back = value,
                _ => {}
            }
        }
        bulk
    }
}

/// A row for which it was not done.
pub(super) struct Failed {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) why: String,
}

impl Failed {
    /// One that could not move onto another version.
    pub(super) fn stayed(seat: &Seat, stayed: Stayed) -> Self {
        let why = match &stayed.why {
            Obstacle::Refused(refusal) => shown::refusal(seat.language(), refusal),
            Obstacle::Lost(lost) => shown::lost(seat.language(), lost),
        };
        Self { href: seat.href(&format!("/invoices/{}", stayed.invoice)), name: stayed.number, why }
    }
}

/// How it went.
pub(super) struct Tally {
    all: usize,
    pub(super) failed: Vec<Failed>,
}

#[derive(Template)]
#[template(path = "look/bulk.html")]
struct BulkPage {
    frame: Frame,
    words: &'static BulkWords,
    label: &'static str,
    /// What a row is called.
    row: &'static str,
    done: String,
    all: String,
    failed: Vec<Failed>,
    further: Option<String>,
    back: String,
}

impl Tally {
    pub(super) fn new(all: usize) -> Self {
        Self { all, failed: Vec::new() }
    }

    pub(super) fn page(
        mut self,
        seat: &Seat,
        section: &'static str,
        label: &'static str,
        row: &'static str,
        back: &str,
    ) -> Result<Html<String>, PageError> {
        let count = |count: usize| shown::count(seat.language(), i64::try_from(count).unwrap_or(i64::MAX));
        let failed = self.failed.len();
        self.failed.truncate(NAMED);
        render(&BulkPage {
            frame: seat.frame(section, label),
            words: BulkWords::of(seat.language()),
            label,
            row,
            done: count(self.all - failed),
            all: count(self.all),
            further: (failed > NAMED).then(|| count(failed - NAMED)),
            failed: self.failed,
            back: own_path(back).to_owned(),
        })
    }
}
