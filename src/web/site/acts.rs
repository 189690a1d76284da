//! What a person's act brings along: a reason, and perhaps a day.

use super::Site;
use super::error::PageError;
use super::listing::wanted_day;
use super::seat::Seat;
use super::shown;
use crate::domain::format::presentable;
use crate::domain::publication::Kind;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Channel;
use crate::engine::EngineError;
use crate::engine::holds::{Hold, LONGEST_OWNER};
use crate::engine::operate::{Cause, Scope};
use crate::engine::publications::Written;
use crate::store::publications::Draft;
use crate::web::language::{Language, words};
use chrono::NaiveDate;
use serde::Deserialize;

/// Longer reasons belong elsewhere; the command line takes no longer ones either.
const LONGEST_REASON: usize = 500;

words! {
    /// The words of every act.
    pub(super) struct ActWords {
        title: "Eingreifen", "Act";
        reason: "Grund (steht danach im Verlauf)", "Reason (the history keeps it)";
        until: "Bis: erster Tag, an dem es weitergehen darf", "Until: the first day on which it may go on";
        until_hint: "Ohne Tag gilt es, bis es jemand aufhebt.", "Without a day it holds until somebody ends it.";
        owner: "Wer betreut es", "Who looks after it";
        owner_hint: "Leer: wer es einträgt.", "Left empty: whoever enters it.";
        long_owner: "Der Name hat mehr als 100 Zeichen; bitte kürzen.", "The name is longer than 100 characters; please shorten it.";
        wrong_day: "Das ist kein Tag des Kalenders: JJJJ-MM-TT.", "That is no day of the calendar: YYYY-MM-DD.";
        past_day: "Der Tag muss in der Zukunft liegen: der erste, an dem wieder gemahnt werden darf.", "The day must be in the future: the first on which dunning may go on.";
        long_reason: "Der Grund hat mehr als 500 Zeichen; bitte kürzen.", "The reason is longer than 500 characters; please shorten it.";
    }
}

/// A field's name, its label, its values with their words.
pub(super) type Choice = (&'static str, &'static str, Vec<(String, String)>);

/// A form of an act, as `look/acts.html` shows it: folded, so that nothing is done in passing.
#[derive(Clone, Debug, Default)]
pub(super) struct ActForm {
    pub(super) action: String,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// It can't be taken back.
    pub(super) is_final: bool,
    pub(super) asks_until: bool,
    /// It asks who looks after it.
    pub(super) asks_owner: bool,
    /// A choice that belongs to it: the field's name, its label, values with their words.
    pub(super) choice: Option<Choice>,
    /// A text that belongs to it: the field's name, its label, what it holds.
    pub(super) text: Option<(&'static str, &'static str, String)>,
    /// Told along without being shown.
    pub(super) hidden: Option<(&'static str, String)>,
}

/// What takes a person's word back, where a form has a choice.
pub(super) const NOBODY_DECIDED: &str = "";

/// A way to send, as a form has it; empty: nobody decided.
pub(super) fn way(text: &str) -> Result<Option<Channel>, PageError> {
    if text == NOBODY_DECIDED { Ok(None) } else { Channel::by_hand(text).map(Some).map_err(|_| PageError::NotFound) }
}

/// The ways that may be chosen, what holds without a choice first.
pub(super) fn ways(language: Language, usual: &str) -> Vec<(String, String)> {
    let chosen = Channel::BY_HAND.map(|way| (way.word().to_owned(), shown::channel(language, way.word()).to_owned()));
    std::iter::once((NOBODY_DECIDED.to_owned(), usual.to_owned())).chain(chosen).collect()
}

/// What a form knows of a draft: when it had been changed last.
pub(super) fn seen_at(text: &str) -> Option<Timestamp> {
    text.parse().ok().map(Timestamp)
}

/// Keeps what was written as a draft; why it could not be kept: somebody else was faster.
pub(super) async fn keep_draft(
    site: &Site,
    seat: &Seat,
    kind: Kind,
    name: &str,
    content: String,
    seen: &str,
) -> Result<Option<String>, PageError> {
    let written = Written { kind, name: name.to_owned(), content, seen: seen_at(seen) };
    match site.engine.write_draft(seat.id(), &seat.viewer.actor(), written).await {
        Ok(_) => Ok(None),
        Err(EngineError::DraftChanged { by }) => Ok(Some(shown::draft_changed(seat.language(), &by))),
        Err(error) => Err(error.into()),
    }
}

/// The fields of a form that publishes a draft.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Publishing {
    reason: String,
    /// When the draft was changed last, as the form was made.
    seen: String,
}

impl Publishing {
    pub(super) fn cause(&self, seat: &Seat) -> Result<Cause, PageError> {
        Reasoned { reason: self.reason.clone(), ..Reasoned::default() }.cause(seat)
    }

    /// When the draft was changed last, as far as whoever publishes saw it.
    pub(super) fn seen(&self) -> Option<Timestamp> {
        seen_at(&self.seen)
    }

    /// Nobody publishes what somebody else wrote since he looked.
    pub(super) fn is_of(&self, seat: &Seat, draft: &Draft) -> Result<(), PageError> {
        if self.seen.is_empty() || !draft.is_anothers_since(&seat.viewer.actor(), self.seen()) {
            return Ok(());
        }
        Err(EngineError::DraftChanged { by: draft.changed_by.clone() }.into())
    }
}

/// The fields that every form of an act has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reasoned {
    pub(super) reason: String,
    pub(super) until: String,
    pub(super) owner: String,
}

impl Reasoned {
    /// Who acts, and why: in one line that can stand in the history.
    pub(super) fn cause(&self, seat: &Seat) -> Result<Cause, PageError> {
        let reason = presentable(&self.reason);
        if reason.chars().count() > LONGEST_REASON {
            return Err(PageError::Invalid(ActWords::of(seat.language()).long_reason.to_owned()));
        }
        seat.cause(&reason)
    }

    /// Lets something rest.
    pub(super) async fn rest(&self, site: &Site, seat: &Seat, scope: Scope) -> Result<(), PageError> {
        let (cause, until) = (self.cause(seat)?, self.until(site, seat)?);
        let owner = presentable(&self.owner);
        let owner = Some(owner.trim()).filter(|owner| !owner.is_empty());
        if owner.is_some_and(|owner| owner.chars().count() > LONGEST_OWNER) {
            return Err(PageError::Invalid(ActWords::of(seat.language()).long_owner.to_owned()));
        }
        let hold = Hold { scope, kind: "pause", amount_minor: None, until, owner };
        site.engine.set_hold(seat.id(), &hold, &cause).await?;
        Ok(())
    }

    /// The first day on which dunning may go on; `None`: until somebody resumes it.
    pub(super) fn until(&self, site: &Site, seat: &Seat) -> Result<Option<NaiveDate>, PageError> {
        let words = ActWords::of(seat.language());
        let until = wanted_day(&self.until, words.wrong_day)?;
        let today = site.engine.clock.now().date_in(seat.tenant.settings.zone);
        if until.is_some_and(|date| date <= today) {
            return Err(PageError::Invalid(words.past_day.to_owned()));
        }
        Ok(until)
    }
}
