//! The words for why an instance has not been dunned yet.

use crate::cli::output::{money, weekday_moment};
use crate::domain::instance::{DateRule, Hindrance};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use chrono_tz::Tz;

/// The rule as one sentence.
pub(super) fn sentence(why: &Hindrance, currency: Currency, number: &str) -> String {
    match why {
        Hindrance::Date { stage_date, rule } => format!("its stage is not due before {stage_date}: {}", date_rule(*rule)),
        Hindrance::TimeOfDay => "the stage leaves later on the day".to_owned(),
        Hindrance::Window => "outside the workflow's business hours, or a holiday".to_owned(),
        Hindrance::OneADay => "the customer had a notice today, and gets one a day at most".to_owned(),
        Hindrance::Throttle => "it is due and waits for a slot of its sender's throttle".to_owned(),
        Hindrance::Place => "it is due, and as many invoices as `max_active` allows are being dunned: it waits for a place".to_owned(),
        Hindrance::NextRound => "nothing: it is due, and a running `mahnwerk serve` takes it up at once".to_owned(),
        Hindrance::BelowMinimum { dunnable_minor, minimum_minor } => {
            let (open, least) = (money(*dunnable_minor, currency.code()), money(*minimum_minor, currency.code()));
            format!("{open} may be dunned, and the workflow's minimum is {least}")
        }
        Hindrance::Block { reason, until } => {
            let until = until.map_or_else(|| "until somebody resumes it".to_owned(), |date| format!("until {date}"));
            format!("it rests {until}: {reason}")
        }
        Hindrance::Review { notice } => format!("its notice is proposed: `mahnwerk notice release {notice} --reason …` lets it go"),
        Hindrance::UnderWay { notice } => format!("its notice {notice} is on its way"),
        Hindrance::Failed { reason, .. } => {
            format!("its notice could not be sent: {reason}. `mahnwerk instance retry {number} --reason …` sends it again")
        }
        Hindrance::Settled => "nothing is open any more".to_owned(),
        Hindrance::Ended => "the claim has ended".to_owned(),
        Hindrance::Exhausted => "every stage of its workflow is behind it".to_owned(),
    }
}

fn date_rule(rule: DateRule) -> String {
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
pub(super) fn next(why: &Hindrance, at: Option<Timestamp>, zone: Tz) -> String {
    match (why, at) {
        (Hindrance::NextRound, _) => "now".to_owned(),
        (_, Some(at)) => weekday_moment(at, zone),
        (Hindrance::Throttle, None) => "when those before it have left".to_owned(),
        (Hindrance::Place, None) => "when a place is free".to_owned(),
        (Hindrance::BelowMinimum { .. }, None) => "when more is open".to_owned(),
        (Hindrance::Block { .. } | Hindrance::Review { .. } | Hindrance::Failed { .. }, None) => "when a person acts".to_owned(),
        (Hindrance::UnderWay { .. }, None) => "when it has left".to_owned(),
        _ => "never".to_owned(),
    }
}
