//! What goes wrong, where, for whom and how often. Switched on and off while the server runs.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::Duration;

/// A place in the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Before the greeting.
    Connect,
    Ehlo,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// Once the first bytes of the text have come, before its end.
    Body,
    /// After the final dot.
    Dot,
}

impl Point {
    pub const ALL: [Self; 8] = [Self::Connect, Self::Ehlo, Self::Auth, Self::Mail, Self::Rcpt, Self::Data, Self::Body, Self::Dot];
}

/// What the server does instead of, or before, its ordinary answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Nobody listens any more: new connections are refused by the operating system. At `connect` only.
    Refuse,
    /// Answers so, 400 to 599; 421 closes the connection, and so does any answer at `body`.
    Reply { code: u16, text: String },
    /// Closes the connection without a word. `keep` (at `dot` only): the message is kept all the same.
    Close {
        #[serde(default)]
        keep: bool,
    },
    /// Waits, then goes on as usual. At `dot` the message is kept before the wait.
    Delay { ms: u64 },
    /// Defers the first attempt of each sender and recipient, takes the second. At `rcpt` only.
    Greylist,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub at: Point,
    pub act: Act,
    /// Only if an address contains this: the sender's at `mail`, the recipient's at `rcpt`, any from `data` on.
    #[serde(default)]
    pub matching: Option<String>,
    /// How often; without it until the fault is cleared.
    #[serde(default)]
    pub times: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    #[error("act: refuse works at \"connect\" only, and without times or matching: what nobody hears nobody counts")]
    Refuse,
    #[error("act: greylist works at \"rcpt\" only")]
    Greylist,
    #[error("act.close.keep: works at \"dot\" only; before it there is no message to keep")]
    Keep,
    #[error("act.reply.code: {0} is not between 400 and 599")]
    Code(u16),
    #[error("act.reply.text: one line, please")]
    Text,
    #[error("matching: there is no address yet at \"connect\", \"ehlo\" and \"auth\"")]
    Matching,
    #[error("times: 0 never happens; leave it out for \"until cleared\"")]
    Times,
}

impl Fault {
    /// A fault for every message until it is cleared.
    #[must_use]
    pub fn always(at: Point, act: Act) -> Self {
        Self { at, act, matching: None, times: None }
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    #[must_use]
    pub fn matching(mut self, part: impl Into<String>) -> Self {
        self.matching = Some(part.into());
        self
    }

    pub(super) fn check(&self) -> Result<(), FaultError> {
        let early = matches!(self.at, Point::Connect | Point::Ehlo | Point::Auth);
        match &self.act {
            Act::Refuse if self.at != Point::Connect || self.times.is_some() || self.matching.is_some() => Err(FaultError::Refuse),
            Act::Greylist if self.at != Point::Rcpt => Err(FaultError::Greylist),
            Act::Close { keep: true } if self.at != Point::Dot => Err(FaultError::Keep),
            Act::Reply { code, .. } if !(400..600).contains(code) => Err(FaultError::Code(*code)),
            Act::Reply { text, .. } if text.chars().any(char::is_control) => Err(FaultError::Text),
            _ if early && self.matching.is_some() => Err(FaultError::Matching),
            _ if self.times == Some(0) => Err(FaultError::Times),
            _ => Ok(()),
        }
    }
}

/// The faults that are switched on, first match wins.
#[derive(Debug, Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
    greylisted: HashSet<(String, String)>,
}

/// What a session has to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Disturbance {
    Reply { code: u16, text: String },
    Close { keep: bool },
    Delay(Duration),
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.list.push(fault);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn list(&self) -> &[Fault] {
        &self.list
    }

    pub(super) fn refuses(&self) -> bool {
        self.list.iter().any(|fault| fault.act == Act::Refuse)
    }

    /// The next disturbance at this point for these addresses (sender first), counted off.
    pub(super) fn next(&mut self, at: Point, sender: &str, recipients: &[String]) -> Option<Disturbance> {
        let concerns = |fault: &Fault| {
            fault.at == at
                && fault.act != Act::Refuse
                && fault.matching.as_deref().is_none_or(|part| match at {
                    Point::Mail => sender.contains(part),
                    Point::Rcpt => recipients.iter().any(|recipient| recipient.contains(part)),
                    _ => sender.contains(part) || recipients.iter().any(|recipient| recipient.contains(part)),
                })
        };
        let index = self.list.iter().position(concerns)?;
        let disturbance = match &self.list[index].act {
            Act::Refuse => return None,
            Act::Greylist => {
                let pair = (sender.to_owned(), recipients.concat());
                if !self.greylisted.insert(pair) {
                    return None;
                }
                Disturbance::Reply { code: 450, text: "4.7.1 Greylisted, please try again later".to_owned() }
            }
            Act::Reply { code, text } => Disturbance::Reply { code: *code, text: text.clone() },
            Act::Close { keep } => Disturbance::Close { keep: *keep },
            Act::Delay { ms } => Disturbance::Delay(Duration::from_millis(*ms)),
        };
        if let Some(times) = &mut self.list[index].times {
            *times -= 1;
            if *times == 0 {
                self.list.remove(index);
            }
        }
        Some(disturbance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_count_down_match_and_end() {
        let mut faults = Faults::default();
        let reply = Act::Reply { code: 550, text: "no".to_owned() };
        faults.add(Fault::always(Point::Rcpt, reply).matching("@gone.example").times(2));
        let gone = ["x@gone.example".to_owned()];
        assert_eq!(faults.next(Point::Rcpt, "a@b", &["x@here.example".to_owned()]), None);
        assert_eq!(faults.next(Point::Mail, "a@gone.example", &[]), None);
        assert!(faults.next(Point::Rcpt, "a@b", &gone).is_some());
        assert!(faults.next(Point::Rcpt, "a@b", &gone).is_some());
        assert_eq!(faults.next(Point::Rcpt, "a@b", &gone), None);
        assert!(faults.list().is_empty());
    }

    #[test]
    fn greylisting_takes_the_second_attempt() {
        let mut faults = Faults::default();
        faults.add(Fault::always(Point::Rcpt, Act::Greylist));
        for recipient in ["x@y", "z@y"] {
            let recipient = [recipient.to_owned()];
            assert!(faults.next(Point::Rcpt, "a@b", &recipient).is_some());
            assert_eq!(faults.next(Point::Rcpt, "a@b", &recipient), None);
        }
    }

    #[test]
    fn impossible_faults_are_refused_with_the_reason() {
        let reply = |code| Act::Reply { code, text: "x".to_owned() };
        for (fault, error) in [
            (Fault::always(Point::Mail, Act::Refuse), FaultError::Refuse),
            (Fault::always(Point::Connect, Act::Refuse).times(1), FaultError::Refuse),
            (Fault::always(Point::Dot, Act::Greylist), FaultError::Greylist),
            (Fault::always(Point::Data, Act::Close { keep: true }), FaultError::Keep),
            (Fault::always(Point::Data, reply(250)), FaultError::Code(250)),
            (Fault::always(Point::Data, Act::Reply { code: 500, text: "a\r\nb".to_owned() }), FaultError::Text),
            (Fault::always(Point::Ehlo, reply(500)).matching("x"), FaultError::Matching),
            (Fault::always(Point::Data, reply(500)).times(0), FaultError::Times),
        ] {
            assert_eq!(fault.check(), Err(error));
        }
        assert_eq!(Fault::always(Point::Dot, Act::Close { keep: true }).check(), Ok(()));
    }
}
