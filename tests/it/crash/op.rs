//! What may happen in a story, one line each: what people and sources do, what time does, what the outside does, and
//! where the process is struck. The text form is what found stories are kept in.

use super::fault::Mode;
use std::fmt;
use std::str::FromStr;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Publishes a version; invoices that come later are pinned to it. Words as [`super::ladders`] knows them.
    Publish(String),
    /// An invoice comes in: number, customer, amount, days from now until it is due.
    Import {
        number: String,
        customer: String,
        amount: i64,
        due_in: i64,
    },
    /// The same again with another amount and another address of its customer.
    Reimport {
        number: String,
        amount: i64,
    },
    Pay {
        number: String,
        amount: i64,
    },
    /// A payment goes back.
    Debit {
        number: String,
        amount: i64,
    },
    /// A customer's dunning or an invoice's rests, for so many days or until it is ended.
    Pause {
        whom: String,
        days: Option<i64>,
    },
    Resume {
        whom: String,
    },
    Skip {
        number: String,
    },
    /// It goes on under the version that was published last.
    Migrate {
        number: String,
    },
    /// Its next notice goes as a letter, or as usual again.
    Reroute {
        number: String,
        post: bool,
    },
    Withdraw {
        number: String,
    },
    HandOver {
        number: String,
    },
    SettleByHand {
        number: String,
    },
    Cancel {
        number: String,
    },
    Retry {
        number: String,
    },
    Recall {
        number: String,
    },
    /// A person holds everything back, or lets it go again.
    Sending {
        on: bool,
    },
    /// The owner is asked what becomes of old invoices, looks and decides: all from the first stage.
    Choose,
    /// A person enters an address for a customer by hand.
    Address {
        customer: String,
        address: String,
    },
    /// A person releases every proposal.
    Release,
    /// A person looks after everything that waits for one.
    Attend,
    /// Everything that is due happens until then.
    Live {
        minutes: i64,
    },
    /// The same until a civil time in Berlin: `2026-01-12T09:00`.
    Until(String),
    /// The clock is elsewhere, and nobody has looked meanwhile: downtime, or a clock that was set.
    Leap {
        minutes: i64,
    },
    /// How the next effect ends.
    Outside(Weather),
    /// What becomes of the next ring.
    Bell(Trick),
    /// The process ends between two calls and another one starts.
    Crash,
    /// A strike so many points from now.
    Strike {
        points: usize,
        mode: Mode,
    },
    /// Happens in the middle of the next effect, while a worker has it in hand.
    During {
        place: Place,
        op: Box<Op>,
    },
    /// The planner looks, out of turn.
    Round,
}

/// How an effect ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    Fine,
    /// Not now: it may be tried again.
    Later,
    /// Never.
    Refused,
    /// It happened, and the answer was lost.
    AnswerLost,
    /// It did not happen, and nobody can know that.
    Vanished,
    /// It takes 45 minutes.
    Slow,
    /// It happens, and it is the last that the process did.
    Dies,
}

/// What becomes of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trick {
    Lose,
    Double,
    Reverse,
    /// It arrives with the next one.
    Late,
}

/// Where in a worker's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Between the claim and the intent.
    Prepare,
    /// Between the intent and the outcome.
    Act,
}

const WEATHER: [(Weather, &str); 7] = [
    (Weather::Fine, "fine"),
    (Weather::Later, "later"),
    (Weather::Refused, "refused"),
    (Weather::AnswerLost, "answer-lost"),
    (Weather::Vanished, "vanished"),
    (Weather::Slow, "slow"),
    (Weather::Dies, "dies"),
];

const TRICKS: [(Trick, &str); 4] = [(Trick::Lose, "lose"), (Trick::Double, "double"), (Trick::Reverse, "reverse"), (Trick::Late, "late")];

const PLACES: [(Place, &str); 2] = [(Place::Prepare, "prepare"), (Place::Act, "act")];

fn word<T: Copy + PartialEq>(table: &[(T, &'static str)], value: T) -> &'static str {
    table.iter().find(|(known, _)| *known == value).map_or("", |(_, word)| word)
}

fn value<T: Copy>(table: &[(T, &'static str)], word: &str) -> Result<T, String> {
    table.iter().find(|(_, known)| *known == word).map(|(value, _)| *value).ok_or_else(|| format!("`{word}` is not known here"))
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Publish(words) => write!(f, "publish {words}"),
            Self::Import { number, customer, amount, due_in } => write!(f, "import {number} {customer} {amount} {due_in}"),
            Self::Reimport { number, amount } => write!(f, "reimport {number} {amount}"),
            Self::Pay { number, amount } => write!(f, "pay {number} {amount}"),
            Self::Debit { number, amount } => write!(f, "debit {number} {amount}"),
            Self::Pause { whom, days: Some(days) } => write!(f, "pause {whom} {days}"),
            Self::Pause { whom, days: None } => write!(f, "pause {whom}"),
            Self::Resume { whom } => write!(f, "resume {whom}"),
            Self::Skip { number } => write!(f, "skip {number}"),
            Self::Migrate { number } => write!(f, "migrate {number}"),
            Self::Reroute { number, post } => write!(f, "reroute {number} {}", if *post { "post" } else { "usual" }),
            Self::Withdraw { number } => write!(f, "withdraw {number}"),
            Self::HandOver { number } => write!(f, "hand-over {number}"),
            Self::SettleByHand { number } => write!(f, "settle {number}"),
            Self::Cancel { number } => write!(f, "cancel {number}"),
            Self::Retry { number } => write!(f, "retry {number}"),
            Self::Recall { number } => write!(f, "recall {number}"),
            Self::Sending { on } => write!(f, "sending {}", if *on { "on" } else { "off" }),
            Self::Choose => f.write_str("choose"),
            Self::Address { customer, address } => write!(f, "address {customer} {address}"),
            Self::Release => f.write_str("release"),
            Self::Attend => f.write_str("attend"),
            Self::Live { minutes } => write!(f, "live {minutes}"),
            Self::Until(civil) => write!(f, "until {civil}"),
            Self::Leap { minutes } => write!(f, "leap {minutes}"),
            Self::Outside(weather) => write!(f, "outside {}", word(&WEATHER, *weather)),
            Self::Bell(trick) => write!(f, "bell {}", word(&TRICKS, *trick)),
            Self::Crash => f.write_str("crash"),
            Self::Strike { points, mode } => write!(f, "strike {points} {mode}"),
            Self::During { place, op } => write!(f, "during {} {op}", word(&PLACES, *place)),
            Self::Round => f.write_str("round"),
        }
    }
}

impl FromStr for Op {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let text = |at: usize| words.get(at).map(|word| (*word).to_owned()).ok_or_else(|| format!("`{line}`: too short"));
        let number = |at: usize| text(at)?.parse::<i64>().map_err(|_| format!("`{line}`: `{}` is no number", words[at]));
        let first = text(1);
        Ok(match words.first().copied().unwrap_or_default() {
            "publish" => Self::Publish(words[1..].join(" ")),
            "import" => Self::Import { number: first?, customer: text(2)?, amount: number(3)?, due_in: number(4)? },
            "reimport" => Self::Reimport { number: first?, amount: number(2)? },
            "pay" => Self::Pay { number: first?, amount: number(2)? },
            "debit" => Self::Debit { number: first?, amount: number(2)? },
            "pause" => Self::Pause { whom: first?, days: if words.len() > 2 { Some(number(2)?) } else { None } },
            "resume" => Self::Resume { whom: first? },
            "skip" => Self::Skip { number: first? },
            "migrate" => Self::Migrate { number: first? },
            "reroute" => Self::Reroute { number: first?, post: text(2)? == "post" },
            "withdraw" => Self::Withdraw { number: first? },
            "hand-over" => Self::HandOver { number: first? },
            "settle" => Self::SettleByHand { number: first? },
            "cancel" => Self::Cancel { number: first? },
            "retry" => Self::Retry { number: first? },
            "recall" => Self::Recall { number: first? },
            "sending" => Self::Sending { on: value(&[(true, "on"), (false, "off")], &first?)? },
            "choose" => Self::Choose,
            "address" => Self::Address { customer: first?, address: text(2)? },
            "release" => Self::Release,
            "attend" => Self::Attend,
            "live" => Self::Live { minutes: number(1)? },
            "until" => Self::Until(first?),
            "leap" => Self::Leap { minutes: number(1)? },
            "outside" => Self::Outside(value(&WEATHER, &first?)?),
            "bell" => Self::Bell(value(&TRICKS, &first?)?),
            "crash" => Self::Crash,
            "strike" => Self::Strike {
                points: usize::try_from(number(1)?).map_err(|_| format!("`{line}`: a negative place"))?,
                mode: text(2)?.parse()?,
            },
            "during" => Self::During { place: value(&PLACES, &first?)?, op: Box::new(words[2..].join(" ").parse()?) },
            "round" => Self::Round,
            other => return Err(format!("`{line}`: `{other}` is nothing that can happen")),
        })
    }
}
