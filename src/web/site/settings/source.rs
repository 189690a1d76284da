//! How the accounting system stands, beside its settings.

use super::words::SettingsWords;
use crate::engine::source::condition::is_well;
use crate::engine::source::status::Status;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use crate::web::site::shown::{count, moment};

pub(super) struct SourceCard {
    pub(super) state: String,
    pub(super) tone: &'static str,
    /// Labels and what stands there.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Why open invoices are not dunned, and how many each.
    pub(super) left_out: Vec<String>,
}

pub(super) async fn card(site: &Site, seat: &Seat) -> Result<SourceCard, PageError> {
    let words = SettingsWords::of(seat.language());
    match site.engine.source_status(seat.id()).await? {
        Some(status) => Ok(of_status(seat, words, &status)),
        None => Ok(SourceCard { state: words.source_none.to_owned(), tone: "rest", facts: Vec::new(), left_out: Vec::new() }),
    }
}

fn of_status(seat: &Seat, words: &'static SettingsWords, status: &Status) -> SourceCard {
    let (language, zone) = (seat.language(), seat.tenant.settings.zone);
    let at = |at| moment(language, at, zone);
    let (state, tone) = match &status.row {
        _ if !status.sync => (words.source_off.to_owned(), "warn"),
        None => (words.source_never.to_owned(), "rest"),
        Some(row) if row.state == "syncing" => (words.source_syncing.to_owned(), "rest"),
        Some(row) if is_well(&row.state) => (format!("{} {} {}", words.source_well, words.since, at(row.since)), "good"),
        Some(row) => {
            let why = row.error.clone().unwrap_or_else(|| row.state.replace('_', " "));
            (format!("{} {} {}: {why}", words.source_trouble, words.since, at(row.since)), "bad")
        }
    };
    let mut facts = Vec::new();
    if let Some(row) = &status.row {
        facts.extend(row.organisation.as_ref().map(|name| (words.account, name.clone())));
        let instants = [(words.last_answer, row.heard_at), (words.all_as_of, row.swept_at), (words.changes_as_of, row.changes_at)];
        facts.extend(instants.into_iter().filter_map(|(label, instant)| Some((label, at(instant?)))));
        facts.push((words.open, count(language, status.open)));
    }
    let left_out = status.reasons.iter().map(|(reason, number)| format!("{}: {reason}", count(language, *number))).collect();
    SourceCard { state, tone, facts, left_out }
}
