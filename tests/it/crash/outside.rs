//! The outside world and its memory: a mail server and a print batch that remember all that ever reached them, over all
//! processes. What it remembers is what the checks believe.

use super::fault::{Passage, Pulse};
use super::op::{Op, Place, Weather};
use super::scene::Scene;
use futures::future::BoxFuture;
use mahnwerk::domain::ids::TenantId;
use mahnwerk::domain::pool::Pool;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::clock::Clock;
use mahnwerk::engine::ports::{Effects, Envelope, Job, Material, Outcome};
use mahnwerk::store::documents::Document;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, Weak};

/// How long a slow effect takes: longer than a claim holds, and than an effect may take at the very most.
const SLOW_SECONDS: i64 = 45 * 60;

/// Customers whose invoices' first mail the server refuses have numbers that begin so.
const REFUSED: char = 'F';

/// Something that was asked of the outside.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) at: Timestamp,
    pub(crate) pool: Pool,
    pub(crate) notice: String,
    pub(crate) customer: String,
    /// Invoice and stage.
    pub(crate) lines: Vec<(String, String)>,
    pub(crate) paper: bool,
    /// A letter beside a mail leaves in the mail's slot.
    pub(crate) beside: bool,
    /// Whether it reached anybody.
    pub(crate) happened: bool,
    /// Whether it had been there before: the print batch knows what it has.
    pub(crate) again: bool,
}

#[derive(Debug, Default)]
struct Memory {
    sightings: Vec<Sighting>,
    weather: VecDeque<Weather>,
    meanwhile: VecDeque<(Place, Op)>,
    /// What the print batch has of each notice.
    batch: BTreeMap<String, Vec<u8>>,
    /// Claims that acted: none may act twice.
    acted: BTreeSet<(i64, i64)>,
    /// Notices of which the outside itself said that nobody knows.
    lost_answers: BTreeSet<String>,
    /// Invoices of which a mail was refused.
    refused: BTreeSet<String>,
    faults: Vec<String>,
}

/// The world beyond the process; outlives every process.
#[derive(Debug, Default)]
pub(crate) struct Outside(Mutex<Memory>);

impl Outside {
    pub(crate) fn sightings(&self) -> Vec<Sighting> {
        self.0.lock().unwrap().sightings.clone()
    }

    /// Whether anything of this notice reached the customer: what a person finds in the server's log.
    pub(crate) fn has(&self, notice: &str) -> bool {
        let reached = |sighting: &Sighting| sighting.happened && sighting.pool != Pool::Print && sighting.notice == notice;
        self.0.lock().unwrap().sightings.iter().any(reached)
    }

    pub(crate) fn lost_the_answer_of(&self, notice: &str) -> bool {
        self.0.lock().unwrap().lost_answers.contains(notice)
    }

    /// What was wrong with what it was asked.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.0.lock().unwrap().faults.clone()
    }

    pub(crate) fn complain(&self, fault: String) {
        self.0.lock().unwrap().faults.push(fault);
    }

    pub(crate) fn will(&self, weather: Weather) {
        self.0.lock().unwrap().weather.push_back(weather);
    }

    pub(crate) fn meanwhile(&self, place: Place, op: Op) {
        self.0.lock().unwrap().meanwhile.push_back((place, op));
    }

    /// Fine weather from now on, and nothing in between.
    pub(crate) fn clear_up(&self) {
        let mut memory = self.0.lock().unwrap();
        memory.weather.clear();
        memory.meanwhile.clear();
    }

    fn next_meanwhile(&self, place: Place) -> Option<Op> {
        let mut memory = self.0.lock().unwrap();
        let at = memory.meanwhile.iter().position(|(where_to, _)| *where_to == place)?;
        memory.meanwhile.remove(at).map(|(_, op)| op)
    }

    fn next_weather(&self, job: &Job) -> Weather {
        let mut memory = self.0.lock().unwrap();
        match job.pool {
            // Printing happens inside; nothing can be lost on its way.
            Pool::Print => Weather::Fine,
            // The print batch knows what it has, and says so.
            Pool::Post if memory.batch.contains_key(&job.notice.id.0) => Weather::Fine,
            Pool::Send
                if job.notice.recipient.number.starts_with(REFUSED) && memory.refused.insert(job.notice.lines[0].invoice.clone()) =>
            {
                Weather::Refused
            }
            Pool::Post | Pool::Send => memory.weather.pop_front().unwrap_or(Weather::Fine),
        }
    }

    /// Takes it in, if it happens, and remembers it either way.
    fn take(&self, job: &Job, at: Timestamp, happens: bool) {
        let mut memory = self.0.lock().unwrap();
        if !memory.acted.insert((job.step.0, job.epoch)) {
            memory.faults.push(format!("the same claim of step {} acted twice", job.step));
        }
        let mut again = false;
        if happens && job.pool == Pool::Post {
            let bytes = job.documents.iter().find(|(hash, _)| Some(*hash) == job.letter).map(|(_, letter)| letter.bytes.clone());
            match (memory.batch.get(&job.notice.id.0), bytes) {
                (_, None) => memory.faults.push(format!("notice {} was posted without its letter", job.notice.id)),
                (Some(there), Some(bytes)) if *there != bytes => {
                    memory.faults.push(format!("notice {} was posted again with another letter", job.notice.id));
                }
                (Some(_), Some(_)) => again = true,
                (None, Some(bytes)) => drop(memory.batch.insert(job.notice.id.0.clone(), bytes)),
            }
        }
        memory.sightings.push(Sighting {
            at,
            pool: job.pool,
            notice: job.notice.id.0.clone(),
            customer: job.notice.recipient.number.clone(),
            lines: job.notice.lines.iter().map(|line| (line.invoice.clone(), line.stage.clone())).collect(),
            paper: job.paper_reason.is_some(),
            beside: job.pool == Pool::Post && !job.last,
            happened: happens,
            again,
        });
    }
}

/// One process's hands: the outside as long as the process lives.
pub(crate) struct Hands {
    pub(crate) outside: Arc<Outside>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) scene: Weak<Scene>,
}

impl Hands {
    async fn meanwhile(&self, place: Place) {
        let (Some(scene), Some(op)) = (self.scene.upgrade(), self.outside.next_meanwhile(place)) else { return };
        scene.in_between(&op).await;
    }

    fn now(&self) -> Timestamp {
        self.scene.upgrade().map_or(Timestamp(0), |scene| scene.clock.now())
    }

    async fn happen(&self, job: &Job, struck: bool) -> Outcome {
        let weather = self.outside.next_weather(job);
        let happens = matches!(weather, Weather::Fine | Weather::AnswerLost | Weather::Slow | Weather::Dies);
        self.outside.take(job, self.now(), happens);
        if weather == Weather::Dies {
            self.pulse.die();
        }
        // One that takes longer than it may is given up before it says how it ended.
        if weather == Weather::Slow {
            self.outside.0.lock().unwrap().lost_answers.insert(job.notice.id.0.clone());
        }
        if weather == Weather::Slow
            && let Some(scene) = self.scene.upgrade()
        {
            scene.clock.set(self.now().plus_seconds(SLOW_SECONDS));
            scene.in_between(&Op::Round).await;
        }
        if job.pool != Pool::Print {
            self.meanwhile(Place::Act).await;
        }
        let outcome = match weather {
            _ if struck => Outcome::Unknown { reason: "the answer was struck".to_owned() },
            Weather::Fine | Weather::Slow | Weather::Dies => Outcome::Done { reply: "250 ok".to_owned() },
            Weather::Later => Outcome::Retry { reason: "451 later".to_owned(), after: None },
            Weather::Refused => Outcome::Failed { reason: "550 never".to_owned() },
            Weather::AnswerLost | Weather::Vanished => Outcome::Unknown { reason: "the answer was lost".to_owned() },
        };
        if matches!(outcome, Outcome::Unknown { .. }) {
            self.outside.0.lock().unwrap().lost_answers.insert(job.notice.id.0.clone());
        }
        outcome
    }
}

impl Effects for Hands {
    fn prepare<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>> {
        Box::pin(async move {
            if self.pulse.pass(&format!("prepare {}", job.pool.as_str())) != Passage::Free {
                return Err(Outcome::Retry { reason: "it could not be made".to_owned(), after: None });
            }
            self.meanwhile(Place::Prepare).await;
            let bytes = format!("{} {:?} {} {}", job.notice.id, job.pool, job.notice.total_minor(), job.notice.date).into_bytes();
            let document = |media_type: &str| Document { media_type: media_type.to_owned(), bytes: bytes.clone() };
            let envelope = || Envelope { from: job.identity.from.clone(), recipients: vec![job.notice.recipient.email.clone()] };
            Ok(Material {
                mail: (job.pool == Pool::Send).then(|| (envelope(), document("message/rfc822"))),
                dictionary: None,
                letter: (job.pool == Pool::Print).then(|| document("application/pdf")),
                recipient: Some(job.notice.recipient.email.clone()),
                recipient_rule: Some("customer".to_owned()),
            })
        })
    }

    fn act<'a>(&'a self, job: &'a Job, _: &'a Material) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            // Whatever was learned before the step was started, also while it was made, counts.
            if let Some(scene) = self.scene.upgrade() {
                scene.judge_start(job);
            }
            match self.pulse.pass(&format!("act {}", job.pool.as_str())) {
                Passage::Free => self.happen(job, false).await,
                Passage::Struck => self.happen(job, true).await,
                Passage::Barred => {
                    self.outside.0.lock().unwrap().lost_answers.insert(job.notice.id.0.clone());
                    Outcome::Unknown { reason: "the connection was struck".to_owned() }
                }
            }
        })
    }

    fn language(&self, _: TenantId, _: &str, wanted: &str) -> String {
        wanted.to_owned()
    }
}
