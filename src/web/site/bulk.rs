//! One act on many rows of a list: each for itself, with a word about those for which it could not be done.

use super::entry::own_path;
use super::error::PageError;
use super::frame::{Frame, render};
use super::seat::Seat;
use super::shown;
use crate::web::language::words;
use askama::Template;
use axum::response::Html;

words! {
    struct BulkWords {
        done_for: "Ausgeführt für", "Done for";
        of: "von", "of";
        not_done: "Nicht ausgeführt", "Not done";
        why_not: "Warum nicht", "Why not";
        back: "Zurück zur Liste", "Back to the list";
    }
}

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
    back: String,
}

impl Tally {
    pub(super) fn new(all: usize) -> Self {
        Self { all, failed: Vec::new() }
    }

    pub(super) fn page(
        self,
        seat: &Seat,
        section: &'static str,
        label: &'static str,
        row: &'static str,
        back: &str,
    ) -> Result<Html<String>, PageError> {
        let count = |count: usize| shown::count(seat.language(), i64::try_from(count).unwrap_or(i64::MAX));
        render(&BulkPage {
            frame: seat.frame(section, label),
            words: BulkWords::of(seat.language()),
            label,
            row,
            done: count(self.all - self.failed.len()),
            all: count(self.all),
            failed: self.failed,
            back: own_path(back).to_owned(),
        })
    }
}
