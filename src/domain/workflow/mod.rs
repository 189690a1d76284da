//! The workflow: an ordered ladder of stages and the rules of sending. Immutable once published.
//!
//! What a file may say is read in `parse` and `stage`, what it must obey as a whole is checked in `check`, and what makes
//! two files the same workflow is in `canonical`, what makes them differ in `compare`. What a file names elsewhere (regions, templates) is asked of
//! [`References`].

mod canonical;
mod check;
mod compare;
mod parse;
mod references;
mod stage;
#[cfg(test)]
mod tests;

pub use super::toml_reader::{Problem, Severity};
pub use canonical::{content_hash, to_toml};
pub use compare::{Difference, differences};
pub use parse::{Parsed, parse, parse_with};
pub use references::{References, region_shape};

use super::money::Currency;
use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A checked workflow definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    pub name: String,
    /// Language (`de`, `en`) to what people read.
    pub title: BTreeMap<String, String>,
    /// The zone of all its civil times; the tenant's if it names none.
    pub timezone: Option<Tz>,
    /// `none` or a region such as `DE-BY`, `AT`, `CH-ZH`; the tenant's if it names none.
    pub holidays: Option<String>,
    /// When notices may leave; at any hour if it names none.
    pub business_hours: Option<BusinessHours>,
    pub rules: Rules,
    /// All stages in order, those switched off included.
    pub stages: Vec<Stage>,
}

impl Workflow {
    /// What people read as its name in `language`: the German or English title if there is none in it, else its name.
    #[must_use]
    pub fn title_in(&self, language: &str) -> &str {
        [language, "de", "en"].iter().find_map(|language| self.title.get(*language)).map_or(&self.name, String::as_str)
    }

    /// Where the stage with this key stands, if there is one.
    #[must_use]
    pub fn position(&self, key: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.key == key)
    }
}

/// The window in which notices leave, on these days from `start` to before `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessHours {
    pub days: Vec<Weekday>,
    pub start: NaiveTime,
    pub end: NaiveTime,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// One notice per customer, sender and currency a day instead of one per invoice.
    pub consolidate: bool,
    /// A due date on a Saturday, Sunday or holiday first moves to the next working day (§ 193 BGB).
    pub legal_due_shift: bool,
    /// Days that lie at least between two notices about one invoice; at least 1.
    pub min_gap_days: u32,
    /// Below it an invoice is not dunned; an open amount equal to it is. Major units per currency.
    pub minimum_amount: BTreeMap<Currency, Decimal>,
    /// Payment data older than this many hours stop a notice, where a source is synchronised.
    pub max_data_age_hours: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Unique in the workflow: `reminder-1`.
    pub key: String,
    pub kind: StageKind,
    pub enabled: bool,
    pub anchor: Anchor,
    pub after_days: u32,
    /// When it leaves on its day; the window's start, or 09:00 without a window.
    pub time_of_day: Option<NaiveTime>,
    pub channel: Channel,
    pub automation: Automation,
    /// Attach the original invoice documents.
    pub attach_invoice: bool,
    /// Attach the notice as a letter; where it is not said, if a revenue voucher is on it.
    pub attach_letter: Option<bool>,
    /// Charged once per notice, in major units of the notice's currency.
    pub fee: Decimal,
    /// The text set: a folder of `templates/notices/<language>/`.
    pub template: String,
    /// The new deadline in the text, in days from the dispatch.
    pub payment_days: u32,
}

/// The ordering is the severity: the highest stage of a notice is the later one by kind, then by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageKind {
    Reminder,
    Dunning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anchor {
    DueDate,
    PreviousStage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Email,
    Post,
    EmailAndPost,
    EmailThenPost,
}

impl Channel {
    /// What a person may decide for one notice or for a customer. To try one and then the other is a workflow's own rule.
    pub const BY_HAND: [Self; 3] = [Self::Email, Self::Post, Self::EmailAndPost];

    /// The word in SQL, TOML and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        stage::CHANNELS.iter().find(|(_, channel)| *channel == self).map_or("", |(word, _)| word)
    }

    /// # Errors
    /// When it is no way that a person may decide.
    pub fn by_hand(word: &str) -> Result<Self, String> {
        let found = Self::BY_HAND.into_iter().find(|channel| channel.word() == word);
        found.ok_or_else(|| format!("`{word}` is no way to send: write email, post or email_and_post"))
    }
}

/// How far a stage goes by itself; the more careful is the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Automation {
    /// A proposal that a person edits and releases.
    Propose,
    /// The document is made; a person releases it.
    Finalize,
    /// It leaves by itself.
    Dispatch,
}
