//! Why an instance still waits, and until when, in the words of a bookkeeper.

use super::{moment, money};
use crate::domain::format::short_date;
use crate::domain::instance::{Hindrance, Teller};
use crate::domain::time::Timestamp;
use crate::engine::prospect::{Held, Prospect};
use crate::web::language::Language;
use chrono::NaiveDate;
use chrono_tz::Tz;

/// The first rule that stops it: what holds for the whole tenant, then what its source is waited for with, then its own.
pub(in crate::web::site) fn why(language: Language, now: &Prospect, zone: Tz) -> String {
    if let Some(held) = &now.held {
        return held_back(language, held, zone);
    }
    match (now.waits_for_source(), language) {
        (Some(why), Language::German) => format!("Die Quelle muss erst Auskunft geben: {why}"),
        (Some(why), Language::English) => format!("Its source has to answer first: {why}"),
        (None, _) => sentence(language, &now.why, now.case.currency.code()),
    }
}

/// What holds everything of a tenant back.
pub(in crate::web::site) fn held_back(language: Language, held: &Held, zone: Tz) -> String {
    let german = language == Language::German;
    match held {
        Held::Fenced if german => {
            "Der Datenbestand wurde aus einer Sicherung wiederhergestellt; erst muss geklärt werden, was inzwischen versendet wurde."
                .to_owned()
        }
        Held::Fenced => "The ledger was restored; first somebody has to say what was sent meanwhile.".to_owned(),
        Held::Off { by, .. } if by.is_empty() && german => "Der Versand ist ausgeschaltet.".to_owned(),
        Held::Off { by, .. } if by.is_empty() => "Sending is off.".to_owned(),
        Held::Off { at, by, reason } if german => {
            format!("Der Versand ist seit {} ausgeschaltet, von {}: {reason}", moment(language, *at, zone), super::actor(language, by))
        }
        Held::Off { at, by, reason } => {
            format!("Sending is off since {} by {}: {reason}", moment(language, *at, zone), super::actor(language, by))
        }
        Held::BacklogAsked if german => "Es ist noch nicht entschieden, was aus den alten Rechnungen wird.".to_owned(),
        Held::BacklogAsked => "What becomes of old invoices is not decided yet.".to_owned(),
    }
}

/// As a sentence that stands for itself; after a person's or a server's words there is no full stop.
fn sentence(language: Language, why: &Hindrance, currency: &str) -> String {
    let told = teller(language, &|minor| money(language, minor, currency)).why(why);
    let mut letters = told.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if matches!(why, Hindrance::Block { .. } | Hindrance::Failed { .. }) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

fn teller<'a>(language: Language, amount: &'a dyn Fn(i64) -> String) -> Teller<'a> {
    let day: &dyn Fn(NaiveDate) -> String = match language {
        Language::German => &|date| short_date("de", date),
        Language::English => &|date| short_date("en", date),
    };
    Teller { language: language.tag(), day, amount }
}

/// When it may go on.
pub(in crate::web::site) fn next(language: Language, now: &Prospect, zone: Tz) -> String {
    if now.held.is_some() {
        return super::states::pick(language, "sobald wieder versendet wird", "when notices leave again").to_owned();
    }
    teller(language, &|minor| minor.to_string()).next(&now.why, now.next.map(|at| weekday_moment(language, at, zone)))
}

fn weekday_moment(language: Language, at: Timestamp, zone: Tz) -> String {
    const GERMAN: [&str; 7] = ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"];
    let local = at.in_zone(zone);
    let day = if language == Language::German {
        GERMAN.get(chrono::Datelike::weekday(&local).num_days_from_monday() as usize).copied().unwrap_or_default().to_owned()
    } else {
        local.format("%a").to_string()
    };
    format!("{day} {}", moment(language, at, zone))
}
