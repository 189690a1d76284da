//! Why an instance still waits, and until when, in the words of a bookkeeper.

use super::{moment, money};
use crate::domain::format::short_date;
use crate::domain::instance::{DateRule, Hindrance};
use crate::domain::time::Timestamp;
use crate::engine::prospect::{Held, Prospect};
use crate::web::language::Language;
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

fn sentence(language: Language, why: &Hindrance, currency: &str) -> String {
    let day = |date| short_date(language.tag(), date);
    let amount = |minor| money(language, minor, currency);
    if language == Language::German {
        return match why {
            Hindrance::Date { stage_date, rule } => {
                format!("Die Stufe ist erst am {} fällig: {}.", day(*stage_date), date_rule(language, *rule))
            }
            Hindrance::TimeOfDay => "Die Stufe geht heute zu einer späteren Uhrzeit hinaus.".to_owned(),
            Hindrance::Window => "Außerhalb der Geschäftszeiten des Mahnverfahrens, oder es ist Feiertag.".to_owned(),
            Hindrance::OneADay => "Der Kunde hat heute schon ein Schreiben bekommen; mehr als eines am Tag bekommt er nicht.".to_owned(),
            Hindrance::Throttle => "Die Stufe ist fällig und wartet auf den nächsten freien Sendeplatz.".to_owned(),
            Hindrance::Place => "Die Stufe ist fällig; es werden gerade so viele Rechnungen gemahnt, wie zugleich erlaubt sind.".to_owned(),
            Hindrance::NextRound => "Nichts: Die Stufe ist fällig und geht gleich hinaus.".to_owned(),
            Hindrance::BelowMinimum { dunnable_minor, minimum_minor } => {
                format!(
                    "{} dürfen gemahnt werden; der Mindestbetrag des Mahnverfahrens ist {}.",
                    amount(*dunnable_minor),
                    amount(*minimum_minor)
                )
            }
            Hindrance::Block { reason, until: Some(until) } => format!("Mahnsperre bis {}: {reason}", day(*until)),
            Hindrance::Block { reason, until: None } => format!("Mahnsperre, bis jemand sie aufhebt: {reason}"),
            Hindrance::Review { .. } => "Das Schreiben ist vorgeschlagen; jemand muss es freigeben.".to_owned(),
            Hindrance::UnderWay { .. } => "Das Schreiben ist unterwegs.".to_owned(),
            Hindrance::Failed { reason, .. } => format!("Das Schreiben konnte nicht versendet werden: {reason}"),
            Hindrance::Settled => "Es ist nichts mehr offen.".to_owned(),
            Hindrance::Ended => "Die Forderung ist beendet.".to_owned(),
            Hindrance::Exhausted => "Alle Stufen des Mahnverfahrens sind durchlaufen.".to_owned(),
        };
    }
    match why {
        Hindrance::Date { stage_date, rule } => {
            format!("The stage is not due before {}: {}.", day(*stage_date), date_rule(language, *rule))
        }
        Hindrance::TimeOfDay => "The stage leaves later today.".to_owned(),
        Hindrance::Window => "Outside the workflow's business hours, or a holiday.".to_owned(),
        Hindrance::OneADay => "The customer had a notice today, and gets one a day at most.".to_owned(),
        Hindrance::Throttle => "The stage is due and waits for its sender's next free slot.".to_owned(),
        Hindrance::Place => "The stage is due; as many invoices as are allowed at once are being dunned.".to_owned(),
        Hindrance::NextRound => "Nothing: the stage is due and leaves at once.".to_owned(),
        Hindrance::BelowMinimum { dunnable_minor, minimum_minor } => {
            format!("{} may be dunned, and the workflow's minimum is {}.", amount(*dunnable_minor), amount(*minimum_minor))
        }
        Hindrance::Block { reason, until: Some(until) } => format!("It rests until {}: {reason}", day(*until)),
        Hindrance::Block { reason, until: None } => format!("It rests until somebody resumes it: {reason}"),
        Hindrance::Review { .. } => "Its notice is proposed; a person has to release it.".to_owned(),
        Hindrance::UnderWay { .. } => "Its notice is on its way.".to_owned(),
        Hindrance::Failed { reason, .. } => format!("Its notice could not be sent: {reason}"),
        Hindrance::Settled => "Nothing is open any more.".to_owned(),
        Hindrance::Ended => "The claim has ended.".to_owned(),
        Hindrance::Exhausted => "Every stage of its workflow is behind it.".to_owned(),
    }
}

fn date_rule(language: Language, rule: DateRule) -> String {
    if language == Language::German {
        let count = |days: u32| if days == 1 { "1 Tag".to_owned() } else { format!("{days} Tage") };
        return match rule {
            DateRule::DueDate { days, shifted: false } => format!("Fälligkeit und {}", count(days)),
            DateRule::DueDate { days, shifted: true } => {
                format!("Fälligkeit, auf den nächsten Werktag verschoben (§ 193 BGB), und {}", count(days))
            }
            DateRule::PreviousStage { days } => format!("voriges Schreiben und {}", count(days)),
            DateRule::Gap { days } => format!("zwischen zwei Schreiben liegen mindestens {}", count(days)),
        };
    }
    let count = |days: u32| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    match rule {
        DateRule::DueDate { days, shifted: false } => format!("the due date and {}", count(days)),
        DateRule::DueDate { days, shifted: true } => {
            format!("the due date, moved to the next working day (§ 193 BGB), and {}", count(days))
        }
        DateRule::PreviousStage { days } => format!("the previous notice and {}", count(days)),
        DateRule::Gap { days } => format!("at least {} lie between two notices", count(days)),
    }
}

/// When it may go on.
pub(in crate::web::site) fn next(language: Language, now: &Prospect, zone: Tz) -> String {
    let german = language == Language::German;
    let pick = |german_words: &str, english: &str| if german { german_words.to_owned() } else { english.to_owned() };
    if now.held.is_some() {
        return pick("sobald wieder versendet wird", "when notices leave again");
    }
    match (&now.why, now.next) {
        (Hindrance::NextRound, _) => pick("jetzt", "now"),
        (_, Some(at)) => weekday_moment(language, at, zone),
        (Hindrance::Throttle, None) => pick("wenn die davor versendet sind", "when those before it have left"),
        (Hindrance::Place, None) => pick("wenn ein Platz frei ist", "when a place is free"),
        (Hindrance::BelowMinimum { .. }, None) => pick("wenn mehr offen ist", "when more is open"),
        (Hindrance::Block { .. } | Hindrance::Review { .. } | Hindrance::Failed { .. }, None) => {
            pick("wenn jemand es entscheidet", "when a person acts")
        }
        (Hindrance::UnderWay { .. }, None) => pick("wenn es versendet ist", "when it has left"),
        _ => pick("nie", "never"),
    }
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
