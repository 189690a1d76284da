//! What goes wrong, for which requests, how often. Switched on and off while the server runs.

use super::super::dice::Dice;
use serde::{Deserialize, Serialize};

/// What happens instead of, or besides, the ordinary answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trouble {
    /// 429; not executed.
    TooManyRequests,
    /// 504. `written`: the request was executed all the same.
    GatewayTimeout { written: bool },
    /// 500 `{"message":null}`; not executed.
    ServerError,
    /// 503 with the body `null`; not executed.
    Unavailable,
    /// 401 with a newline at the end, though the key is good; not executed.
    Unauthorized,
    /// The connection breaks without an answer. `written`: after the request was executed.
    Reset { written: bool },
    /// The answer comes so much later, in real milliseconds.
    Delay { ms: u64 },
    /// Executed; the answer's JSON ends in the middle.
    MalformedJson,
    /// 200 with a body of so many bytes; not executed.
    Oversized {
        #[serde(default = "fifty_megabytes")]
        bytes: u64,
    },
    /// 302 to the same path at this origin, such as `http://127.0.0.1:9`; not executed.
    Redirect { to: String },
    /// A dunning that is made shows at its invoice only after so many milliseconds of the sandbox's time.
    DunningLag { ms: i64 },
    /// Pages of the voucherlist after the first begin so many rows later (or earlier, if negative), as if rows had come or gone.
    MovedRows { by: i64 },
    /// Answers that a strict reader stumbles over.
    Disguise(Disguise),
    /// A webhook is never sent.
    WebhookLost,
    /// A webhook is sent twice.
    WebhookDoubled,
    /// A webhook waits until another one to the same address has been sent.
    WebhookReordered,
}

/// How an answer is dressed up; all of it unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Disguise {
    /// Keys in any order.
    pub order: bool,
    /// Fields that nobody knows.
    pub extra: bool,
    /// Amounts as text, here and there.
    pub text_amounts: bool,
    /// Values that nobody knows in lists of words, and a row of an unknown kind where any kind was asked for.
    pub unknown_words: bool,
}

impl Default for Disguise {
    fn default() -> Self {
        Self { order: true, extra: true, text_amounts: true, unknown_words: true }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub act: Trouble,
    /// Only if the path (for webhooks the event type) contains this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only for this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How often; without it until the fault is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// In percent; without it always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<u8>,
    /// So many that it would concern pass before the first.
    #[serde(default)]
    pub after: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    #[error("chance: {0} is more than 100 percent")]
    Chance(u8),
    #[error("times: 0 never happens; leave it out for \"until cleared\"")]
    Times,
    #[error("act.redirect.to: `{0}` is no origin such as http://127.0.0.1:9")]
    Redirect(String),
}

fn fifty_megabytes() -> u64 {
    50 << 20
}

impl Fault {
    /// A fault for every request until it is cleared.
    #[must_use]
    pub fn always(act: Trouble) -> Self {
        Self { act, path: None, method: None, times: None, chance: None, after: 0 }
    }

    pub(super) fn check(&self) -> Result<(), FaultError> {
        match &self.act {
            Trouble::Redirect { to } if reqwest::Url::parse(to).is_err() => return Err(FaultError::Redirect(to.clone())),
            _ => {}
        }
        match (self.chance, self.times) {
            (Some(chance), _) if chance > 100 => Err(FaultError::Chance(chance)),
            (_, Some(0)) => Err(FaultError::Times),
            _ => Ok(()),
        }
    }

    fn concerns(&self, method: &str, path: &str) -> bool {
        self.path.as_ref().is_none_or(|part| path.contains(part.as_str()))
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
    }
}

impl Trouble {
    fn is_of_webhooks(&self) -> bool {
        matches!(self, Self::WebhookLost | Self::WebhookDoubled | Self::WebhookReordered)
    }

    /// Whether it decides the answer, so that only one can happen at a time.
    fn decides(&self) -> bool {
        !matches!(self, Self::Delay { .. } | Self::DunningLag { .. } | Self::MovedRows { .. } | Self::Disguise(_))
    }
}

/// The faults that are switched on; the first that decides an answer wins.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) -> Result<(), FaultError> {
        fault.check()?;
        self.0.push(fault);
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn list(&self) -> &[Fault] {
        &self.0
    }

    /// What happens to this request, counted off.
    pub(super) fn of_request(&mut self, method: &str, path: &str, dice: &mut Dice) -> Vec<Trouble> {
        self.take(method, path, false, dice)
    }

    /// What happens to a webhook of this event type.
    pub(super) fn of_webhook(&mut self, event_type: &str, dice: &mut Dice) -> Option<Trouble> {
        self.take("POST", event_type, true, dice).pop()
    }

    fn take(&mut self, method: &str, path: &str, webhook: bool, dice: &mut Dice) -> Vec<Trouble> {
        let mut taken = Vec::new();
        let mut decided = false;
        for fault in &mut self.0 {
            let free = fault.act.is_of_webhooks() == webhook && !(decided && fault.act.decides());
            if !free || !fault.concerns(method, path) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            if fault.chance.is_some_and(|chance| !dice.percent(u64::from(chance))) {
                continue;
            }
            fault.times = fault.times.map(|times| times.saturating_sub(1));
            decided |= fault.act.decides();
            taken.push(fault.act.clone());
        }
        self.0.retain(|fault| fault.times != Some(0));
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_counted_start_late_and_only_one_decides() {
        let mut dice = Dice::new(1);
        let mut faults = Faults::default();
        faults.add(Fault { after: 1, times: Some(1), method: Some("post".to_owned()), ..Fault::always(Trouble::ServerError) }).unwrap();
        faults.add(Fault { path: Some("/dunnings".to_owned()), ..Fault::always(Trouble::Unavailable) }).unwrap();
        faults.add(Fault::always(Trouble::Delay { ms: 5 })).unwrap();
        let mut of = |method: &str, path: &str| faults.of_request(method, path, &mut dice);
        assert_eq!(of("GET", "/v1/profile"), [Trouble::Delay { ms: 5 }]);
        assert_eq!(of("POST", "/v1/dunnings"), [Trouble::Unavailable, Trouble::Delay { ms: 5 }]);
        assert_eq!(of("POST", "/v1/dunnings"), [Trouble::ServerError, Trouble::Delay { ms: 5 }]);
        assert_eq!(of("POST", "/v1/dunnings"), [Trouble::Unavailable, Trouble::Delay { ms: 5 }]);
        assert_eq!(faults.list().len(), 2);
        assert_eq!(faults.of_webhook("invoice.changed", &mut dice), None);
    }

    #[test]
    fn a_chance_of_a_third_hits_about_a_third() {
        let mut dice = Dice::new(7);
        let mut faults = Faults::default();
        faults.add(Fault { chance: Some(33), ..Fault::always(Trouble::Unavailable) }).unwrap();
        let hits = (0..1_000).filter(|_| !faults.of_request("GET", "/", &mut dice).is_empty()).count();
        assert!((250..420).contains(&hits), "{hits}");
    }

    #[test]
    fn impossible_faults_are_refused_with_the_reason() {
        let base = Fault::always(Trouble::Unavailable);
        assert_eq!(Fault { chance: Some(101), ..base.clone() }.check(), Err(FaultError::Chance(101)));
        assert_eq!(Fault { times: Some(0), ..base }.check(), Err(FaultError::Times));
        let to = "elsewhere".to_owned();
        assert_eq!(Fault::always(Trouble::Redirect { to: to.clone() }).check(), Err(FaultError::Redirect(to)));
    }
}
