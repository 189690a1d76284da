//! Everything that the sandbox holds, and how one request of the API goes through it.

use super::act::Act;
use super::answer::{Answer, Content, Refusal};
use super::api::{Call, Passed, gate, refuse_without_key};
use super::asked::Asked;
use super::bucket::{Bucket, Limit};
use super::fault::{Disguise, Faults, Trouble};
use super::journal::Journal;
use super::scenario::Built;
use super::webhook::Queue;
use super::world::World;
use std::collections::{HashMap, VecDeque};

#[derive(Debug)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) faults: Faults,
    pub(super) limit: Limit,
    pub(super) queue: Queue,
    pub(super) journal: Journal,
    /// What will happen by itself, the earliest first.
    pub(super) timed: VecDeque<(i64, Act)>,
    /// Timed acts that could not be done, and why.
    pub(super) mishaps: Vec<String>,
    buckets: HashMap<usize, Bucket>,
}

/// How a request ends.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) answer: Answer,
    pub(super) delay_ms: u64,
    /// Instead of the answer.
    pub(super) reset: bool,
    pub(super) malformed: bool,
    pub(super) disguise: Option<Disguise>,
}

impl State {
    pub(super) fn new(built: Built) -> Self {
        let mut timed: Vec<_> = built.timed;
        timed.sort_by_key(|(at, _)| *at);
        Self {
            world: built.world,
            faults: built.faults,
            limit: built.limit,
            queue: Queue::default(),
            journal: Journal::default(),
            timed: timed.into(),
            mishaps: Vec::new(),
            buckets: HashMap::new(),
        }
    }

    /// Lets happen what was to happen by `now`, each at its own time.
    pub(super) fn catch_up(&mut self, now: i64) {
        while self.timed.front().is_some_and(|(at, _)| *at <= now) {
            let Some((at, act)) = self.timed.pop_front() else { return };
            if let Err(reason) = act.perform(&mut self.world, at) {
                self.mishaps.push(reason);
            }
            self.tell();
        }
    }

    /// Hands what happened to the webhooks.
    pub(super) fn tell(&mut self) {
        let happenings = self.world.take_happenings();
        self.queue.spread(&happenings, &mut self.world, &mut self.faults);
    }

    pub(super) fn forget_buckets(&mut self) {
        self.buckets.clear();
    }

    /// One request to the API, at `now` of the sandbox's time and `real` of the real one.
    pub(super) fn serve(&mut self, asked: &Asked, now: i64, real: i64) -> Served {
        self.catch_up(now);
        let passed = match gate(asked, &self.world, &mut self.buckets, self.limit, real) {
            Ok(passed) => passed,
            Err(refusal) => {
                let trace = self.world.dice.roll();
                let mut answer = refusal.answer(asked, now, trace);
                if let (429, Some(seconds)) = (answer.status, self.limit.retry_after) {
                    answer.headers.push(("retry-after", seconds.to_string()));
                }
                return self.end(asked, Served::plain(answer), now);
            }
        };
        let troubles = self.faults.of_request(asked.method.as_str(), &asked.path, &mut self.world.dice);
        let served = self.serve_troubled(asked, &passed, now, &troubles);
        self.end(asked, served, now)
    }

    fn end(&mut self, asked: &Asked, served: Served, now: i64) -> Served {
        self.tell();
        self.journal.note(asked, (!served.reset).then_some(served.answer.status), now);
        served
    }

    fn serve_troubled(&mut self, asked: &Asked, passed: &Passed, now: i64, troubles: &[Trouble]) -> Served {
        let mut served = Served::plain(Answer::nothing());
        for trouble in troubles {
            match trouble {
                Trouble::Delay { ms } => served.delay_ms += ms,
                Trouble::Disguise(disguise) => served.disguise = Some(*disguise),
                Trouble::MalformedJson => served.malformed = true,
                Trouble::Reset { .. } => served.reset = true,
                _ => {}
            }
        }
        let instead = troubles.iter().find_map(|trouble| instead(trouble, asked));
        let not_executed = troubles.iter().any(|trouble| matches!(trouble, Trouble::Reset { written: false }))
            || (instead.is_some() && !troubles.contains(&Trouble::GatewayTimeout { written: true }));
        if not_executed {
            served.answer = instead.unwrap_or_else(Answer::nothing);
            return served;
        }
        let answer = self.execute(asked, passed, now, troubles);
        served.answer = instead.unwrap_or(answer);
        served
    }

    fn execute(&mut self, asked: &Asked, passed: &Passed, now: i64, troubles: &[Trouble]) -> Answer {
        let key = &self.world.keys[passed.key];
        let (place, connection) = (key.organization, key.connection);
        let trace = self.world.dice.roll();
        let mut call = Call {
            asked,
            organization: &mut self.world.organizations[place],
            dice: &mut self.world.dice,
            key: passed.key,
            connection,
            now,
            lag_ms: troubles
                .iter()
                .find_map(|trouble| if let Trouble::DunningLag { ms } = trouble { Some(*ms) } else { None })
                .unwrap_or(0),
            moved_rows: troubles
                .iter()
                .find_map(|trouble| if let Trouble::MovedRows { by } = trouble { Some(*by) } else { None })
                .unwrap_or(0),
            unknown_row: troubles.iter().any(|trouble| matches!(trouble, Trouble::Disguise(disguise) if disguise.unknown_words)),
        };
        (passed.handler)(&mut call).unwrap_or_else(|refusal: Refusal| refusal.answer(asked, now, trace))
    }
}

impl Served {
    pub(super) fn plain(answer: Answer) -> Self {
        Self { answer, delay_ms: 0, reset: false, malformed: false, disguise: None }
    }
}

/// The answer that a trouble gives in place of the service's.
fn instead(trouble: &Trouble, asked: &Asked) -> Option<Answer> {
    Some(match trouble {
        Trouble::TooManyRequests => Answer::gateway(429, r#"{"message":"Too Many Requests"}"#.to_owned()),
        Trouble::GatewayTimeout { .. } => Answer::gateway(504, r#"{"message":"Endpoint request timed out"}"#.to_owned()),
        Trouble::ServerError => Answer::gateway(500, r#"{"message":null}"#.to_owned()),
        Trouble::Unavailable => Answer::gateway(503, "null".to_owned()),
        Trouble::Unauthorized => Answer::gateway(401, format!("{}\n", refuse_without_key())),
        Trouble::Oversized { bytes } => Answer { status: 200, headers: Vec::new(), content: Content::Endless(*bytes) },
        Trouble::Redirect { to } => {
            let to = format!("{}{}", to.trim_end_matches('/'), asked.path);
            Answer { status: 302, headers: vec![("location", to)], content: Content::Nothing }
        }
        _ => return None,
    })
}
