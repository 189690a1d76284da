//! An entry of the history as people read it.

use crate::store::history::StoredTransition;
use crate::web::language::Language;
use crate::web::site::shown;
use chrono_tz::Tz;

/// One entry.
pub(super) struct Line {
    pub(super) seq: i64,
    pub(super) when: String,
    pub(super) invoice: Option<String>,
    /// The instance that it is about; 0: the tenant itself.
    pub(super) instance: i64,
    /// The customer that it is about, where it is about none of its invoices.
    pub(super) customer: Option<i64>,
    pub(super) actor: String,
    pub(super) cause: String,
    pub(super) to: String,
    pub(super) tone: &'static str,
    pub(super) stage: String,
    pub(super) why: String,
}

impl Line {
    pub(super) fn of(entry: &StoredTransition, language: Language, zone: Tz) -> Self {
        let row = &entry.transition;
        let known = shown::known(language, row, entry.currency.as_deref());
        Self {
            seq: row.seq,
            when: shown::moment(language, row.recorded_at, zone),
            invoice: entry.number.clone(),
            instance: row.instance.0,
            customer: shown::customer(row),
            actor: shown::actor(language, &row.actor),
            cause: shown::cause(language, &row.cause).to_owned(),
            to: shown::became(language, row).to_owned(),
            tone: shown::tone(&row.to),
            stage: row.stage.clone(),
            why: shown::own_words(row).into_iter().chain(known).collect::<Vec<_>>().join(", "),
        }
    }
}
