//! Performs chunks: look, prepare, start, act, settle. What the worker pools call.
//!
//! Never fails: what can't be written down is left to its lease, and the planner sees to it.

use super::Engine;
use super::clock::Stopwatch;
use super::commit::Writer;
use super::error::EngineError;
use super::ports::{Bell, Effects, Job, Material, Outcome, Performer};
use super::settle::Ended;
use super::snapshot::Snapshot;
use super::source::dunnings::obtain::Obtained;
use super::source::freshness::Look;
use super::spans::{span, spoken};
use super::start::{Begun, Task};
use super::width::{Turn, Width};
use crate::domain::ids::{StepId, TenantId};
use crate::domain::pool::{Chunk, Pool};
use crate::domain::time::Timestamp;
use crate::engine::issue::Ready;
use crate::store::flight::{Airborne, Answered, Flight};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// How often a step whose facts keep changing is made anew before it is left to the planner.
const ATTEMPTS: usize = 5;

/// The engine's side of a worker pool.
pub struct Work {
    engine: Arc<Engine>,
    effects: Arc<dyn Effects>,
    writer: Writer,
    width: Width,
    /// Where steps are entered that may be out. Without it none is started ahead of its connection.
    flight: Option<Flight>,
    bell: OnceLock<Arc<dyn Bell>>,
    draining: CancellationToken,
    /// What it is at: a step is in hand only once, so that a start whose answer was lost can be told from somebody else's.
    in_hand: Mutex<BTreeSet<(TenantId, StepId)>>,
}

/// What a step says is looked at again when it has waited longer for its connection.
const STALE: Duration = Duration::from_millis(250);

/// Between attempts to write down what the ledger could not take; doubled from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Work {
    #[must_use]
    pub fn new(engine: Arc<Engine>, effects: Arc<dyn Effects>, width: Width) -> Arc<Self> {
        Self::with_flight(engine, effects, width, None)
    }

    /// As [`Self::new`], with a flight log to start steps ahead under.
    #[must_use]
    pub fn with_flight(engine: Arc<Engine>, effects: Arc<dyn Effects>, width: Width, flight: Option<Flight>) -> Arc<Self> {
        let writer = Writer::start(engine.clone());
        Arc::new(Self {
            engine,
            effects,
            writer,
            width,
            flight,
            bell: OnceLock::new(),
            draining: CancellationToken::new(),
            in_hand: Mutex::default(),
        })
    }

    /// Gives it the bell for steps whose turn comes. The bell is made from the queues that call this work: hence later.
    pub fn set_bell(&self, bell: Arc<dyn Bell>) {
        let _ = self.bell.set(bell);
    }

    async fn ring(&self, tenant: TenantId, ready: &[Ready]) {
        if ready.is_empty() {
            return;
        }
        let Some(bell) = self.bell.get() else { return };
        if let Err(error) = bell.ring(self.engine.chunks(tenant, ready)).await {
            tracing::warn!(%error, "the bell could not be rung; the planner will ring again");
        }
    }

    /// Begins nothing any more: what is under way ends, what has not begun stays queued.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    async fn chunk(&self, mut chunk: Chunk) -> Result<(), EngineError> {
        let in_hand = self.take_in_hand(&mut chunk);
        let Some(snapshots) = self.look(&chunk).await? else {
            drop(in_hand);
            // Another process may have it at once.
            if let Some(bell) = self.bell.get()
                && let Err(error) = bell.ring(vec![chunk]).await
            {
                tracing::debug!(%error, "a chunk could not be given back; the planner will ring again");
            }
            return Ok(());
        };
        let mut running: FuturesUnordered<_> = snapshots.into_iter().map(|snapshot| self.step(chunk.tenant, snapshot)).collect();
        let mut ready = Vec::new();
        while let Some(next) = running.next().await {
            ready.extend(next);
        }
        self.ring(chunk.tenant, &ready).await;
        Ok(())
    }

    /// Leaves out the steps that this process is at already: their message came twice.
    fn take_in_hand(&self, chunk: &mut Chunk) -> InHand<'_> {
        let mut held = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        chunk.steps.retain(|(step, _)| held.insert((chunk.tenant, *step)));
        InHand { work: self, steps: chunk.steps.iter().map(|(step, _)| (chunk.tenant, *step)).collect() }
    }

    /// Looks at a chunk's steps as soon as the ledger lets it; `None` when nothing may be begun any more.
    async fn look(&self, chunk: &Chunk) -> Result<Option<Vec<Snapshot>>, EngineError> {
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::select! {
                biased;
                () = self.draining.cancelled() => return Ok(None),
                _ = self.engine.owner.present() => {}
            }
            match self.engine.snapshots(chunk).await {
                Err(error) if error.is_passing() => tracing::debug!(%error, "a chunk could not be read; trying again"),
                snapshots => return snapshots.map(Some),
            }
            wait(&mut pause).await;
        }
    }

    /// One step from its snapshot to its outcome; the steps whose turn comes. What changes before it starts is made anew.
    async fn step(&self, tenant: TenantId, snapshot: Snapshot) -> Vec<Ready> {
        let again = Chunk { tenant, pool: snapshot.step.pool, steps: vec![(snapshot.step.id, snapshot.step.attempt)] };
        let (mut ready, mut next) = (Vec::new(), Some(snapshot));
        for _ in 0..ATTEMPTS {
            let Some(snapshot) = next else { break };
            let step = snapshot.step.id;
            match self.try_step(tenant, snapshot, &mut ready).await {
                Ok(Begun::Changed) => {}
                Ok(Begun::Go | Begun::Gone) => break,
                Err(error) => {
                    tracing::error!(%error, %step, "a step could not be begun; nothing was sent");
                    break;
                }
            }
            next = match self.look(&again).await {
                Ok(found) => found.and_then(|mut found| found.pop()),
                Err(error) => {
                    tracing::error!(%error, %step, "a step could not be read; the planner will ring again");
                    None
                }
            };
        }
        ready
    }

    async fn try_step(&self, tenant: TenantId, mut snapshot: Snapshot, ready: &mut Vec<Ready>) -> Result<Begun, EngineError> {
        let lacking = self.engine.fetch_documents(tenant, &mut snapshot).await?;
        let obtained = self.engine.obtain_dunnings(tenant, &snapshot, self.effects.as_ref()).await?;
        let mut job = self.engine.job(tenant, &snapshot, lacking, self.effects.as_ref()).await?;
        let made = match obtained {
            Obtained::Have(dunnings) => {
                job.enclose(dunnings);
                self.prepare(&job).await
            }
            Obtained::Refused(outcome) => Err(outcome),
            Obtained::Changed => return Ok(Begun::Changed),
            Obtained::Gone => return Ok(Begun::Gone),
            Obtained::Wait { until, why } => {
                tracing::info!(step = %job.step, why, "a notice waits for its dunning");
                self.engine.let_step_wait(tenant, &snapshot, until, &why).await?;
                return Ok(Begun::Gone);
            }
        };
        let task = Arc::new(Task::new(snapshot, job, made));
        if let Look::Wait { until, why } = self.engine.look_at_source(tenant, &task.snapshot).await? {
            tracing::info!(step = %task.job.step, why, "a notice waits for its source");
            self.engine.let_step_wait(tenant, &task.snapshot, until, &why).await?;
            return Ok(Begun::Gone);
        }
        let Some(turn) = self.turn(&task).await else { return Ok(Begun::Gone) };
        let (begun, until) = self.intend(&task, ready).await?;
        if begun != Begun::Go {
            return Ok(begun);
        }
        span!("start", notice = task.job.notice.id.0.as_str(), pool = task.job.pool.as_str(), attempt = task.job.attempt);
        if let Some(outcome) = &task.refusal {
            report(&task.job, outcome);
            return Ok(begun);
        }
        let Some((under_way, airborne)) = self.board(&task, turn).await else {
            self.persist(&task, "that it has not begun", || self.writer.put_back(task.clone())).await;
            return Ok(if self.draining.is_cancelled() { Begun::Gone } else { Begun::Changed });
        };
        let outcome = if self.engine.clock.now() < until {
            self.act(&task).await
        } else {
            // Its lease is over: whoever looked meanwhile took it for sent.
            Outcome::not_begun()
        };
        report(&task.job, &outcome);
        let airborne = airborne.and_then(|airborne| self.note(airborne, &outcome));
        // The connection is free for the next as soon as it has been answered.
        drop(under_way);
        let settling = {
            let (notice, pool) = (task.job.notice.id.0.as_str(), task.job.pool.as_str());
            span!("settle", notice, pool, attempt = task.job.attempt)
        };
        let at = self.engine.clock.now();
        let settled = self
            .persist(&task, "the outcome", || self.writer.ended(Ended { task: task.clone(), outcome: outcome.clone(), at }))
            .instrument(settling)
            .await;
        if let (Some(flight), Some(airborne), Some(_)) = (&self.flight, airborne, &settled) {
            flight.landed(airborne);
        }
        ready.extend(settled.unwrap_or_default());
        Ok(begun)
    }

    /// Enters in the flight log what is known now, should the ledger not learn it; the entry, if it is still needed.
    fn note(&self, airborne: Airborne, outcome: &Outcome) -> Option<Airborne> {
        let flight = self.flight.as_ref()?;
        match outcome {
            Outcome::Done { reply } => flight.answered(&airborne, &Answered { at: self.engine.clock.now(), reply: reply.clone() }),
            Outcome::Unknown { .. } => {}
            // It did not happen.
            Outcome::Retry { .. } | Outcome::Failed { .. } => {
                flight.landed(airborne);
                return None;
            }
        }
        Some(airborne)
    }

    async fn act(&self, task: &Task) -> Outcome {
        let job = &task.job;
        let (notice, pool, attempt) = (job.notice.id.0.as_str(), job.pool.as_str(), job.attempt);
        let span = span!("effect", notice, pool, attempt, outcome = Empty, reply = Empty);
        let watch = Stopwatch::start();
        let outcome = self.effects.act(job, &task.material).instrument(span.clone()).await;
        self.engine.metrics.effect(job.pool, &outcome, watch.elapsed());
        tell(&span, &outcome);
        outcome
    }

    /// A letter is set in its preparation, a mail's too: that is what the print pool's places are for.
    async fn prepare(&self, job: &Job) -> Result<Material, Outcome> {
        let _place = if job.sets_letter() { self.width.enter(Pool::Print).await } else { None };
        self.effects.prepare(job).await
    }

    /// What a step needs before it may start; `None` when nothing may be begun any more.
    async fn turn(&self, task: &Task) -> Option<Turn<'_>> {
        let turn = async {
            let turn = match task.job.pool {
                _ if task.refusal.is_some() => Turn::Free,
                Pool::Print => Turn::Free,
                Pool::Send if self.flight.is_some() => self.width.ahead.enter().await.map_or(Turn::Free, Turn::Ahead),
                pool => self.width.enter(pool).await.map_or(Turn::Free, Turn::Place),
            };
            self.engine.owner.present().await;
            turn
        };
        tokio::select! {
            biased;
            () = self.draining.cancelled() => None,
            turn = turn => Some(turn),
        }
    }

    /// What a started step goes out on, and its entry in the flight log; `None` when it must not begin any more, or not as it is.
    async fn board<'a>(&'a self, task: &Task, turn: Turn<'a>) -> Option<(Option<SemaphorePermit<'a>>, Option<Airborne>)> {
        let place = match turn {
            Turn::Free => None,
            Turn::Place(place) => Some(place),
            Turn::Ahead(ahead) => Some(self.connection(task, ahead).await?),
        };
        let Some(flight) = self.flight.as_ref().filter(|_| task.job.pool == Pool::Send) else { return Some((place, None)) };
        match flight.take_off(task.job.tenant, task.job.step, task.job.epoch) {
            Ok(airborne) => Some((place, Some(airborne))),
            Err(error) => {
                tracing::error!(%error, step = %task.job.step, "a step does not begin without its entry in the flight log");
                None
            }
        }
    }

    /// The connection of a step that was started ahead of it, if what it says is still so.
    async fn connection<'a>(&'a self, task: &Task, ahead: SemaphorePermit<'a>) -> Option<SemaphorePermit<'a>> {
        let watch = Stopwatch::start();
        let place = tokio::select! {
            biased;
            () = self.draining.cancelled() => None,
            place = self.width.enter(task.job.pool) => place,
        };
        let waited = watch.elapsed();
        self.width.ahead.leave(ahead, waited);
        if waited > STALE && self.engine.store.facts_seq(task.job.tenant).await.ok() != task.snapshot.facts_seq {
            return None;
        }
        place
    }

    /// Makes the intent durable, as soon as the ledger takes it. With the instant until which the effect may begin.
    async fn intend(&self, task: &Arc<Task>, ready: &mut Vec<Ready>) -> Result<(Begun, Timestamp), EngineError> {
        let patient_until = self.engine.clock.now().plus_seconds(self.engine.limits.lease_seconds);
        let mut pause = FIRST_PAUSE;
        loop {
            let at = self.engine.clock.now();
            match self.writer.starting(task.clone()).await {
                Ok((begun, composed)) => {
                    ready.extend(composed);
                    return Ok((begun, at.plus_seconds(self.engine.limits.effect_seconds)));
                }
                Err(error) if error.is_passing() && at < patient_until => {
                    tracing::debug!(%error, step = %task.job.step, "the intent could not be stored; trying again");
                }
                Err(error) => return Err(error),
            }
            wait(&mut pause).await;
        }
    }

    /// Makes what became of a step durable, as soon as the ledger takes it: what is known must not become unknown because a
    /// database was away for a while. `None` when it could not be stored.
    async fn persist<F>(&self, task: &Task, what: &str, store: impl Fn() -> F) -> Option<Vec<Ready>>
    where
        F: Future<Output = Result<Vec<Ready>, EngineError>>,
    {
        let step = task.job.step;
        let (mut pause, mut until) = (FIRST_PAUSE, None);
        loop {
            match store().await {
                Ok(ready) => return Some(ready),
                Err(error) => {
                    // Counted from the first failure, not from the effect: a process that stood still knows it all the same.
                    let now = self.engine.clock.now();
                    let until = *until.get_or_insert(now.plus_seconds(self.engine.limits.effect_seconds));
                    if !error.is_passing() || now >= until {
                        tracing::error!(%error, %step, "{what} could not be stored; its lease will end");
                        return None;
                    }
                    tracing::warn!(%error, %step, "{what} could not be stored; trying again");
                }
            }
            wait(&mut pause).await;
        }
    }
}

/// Steps that this process is at, until it is done with them.
struct InHand<'a> {
    work: &'a Work,
    steps: Vec<(TenantId, StepId)>,
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        let mut held = self.work.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        self.steps.iter().for_each(|step| {
            held.remove(step);
        });
    }
}

async fn wait(pause: &mut Duration) {
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}

/// Writes into a span how its effect ended.
fn tell(span: &Span, outcome: &Outcome) {
    if !span.is_disabled() {
        let (word, reply) = spoken(outcome);
        span.record("outcome", word);
        span.record("reply", reply.as_str());
    }
}

fn report(job: &Job, outcome: &Outcome) {
    let (step, notice, pool) = (job.step.0, job.notice.id.0.as_str(), job.pool.as_str());
    match outcome {
        Outcome::Done { reply } => tracing::debug!(step, notice, pool, reply, "done"),
        Outcome::Retry { reason, .. } => tracing::warn!(step, notice, pool, reason, "will be tried again"),
        Outcome::Failed { reason } => tracing::warn!(step, notice, pool, reason, "failed; a person must look"),
        Outcome::Unknown { reason } => tracing::error!(step, notice, pool, reason, "unknown; a person must look"),
    }
}

impl Performer for Work {
    fn perform(&self, chunk: Chunk) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let pool = chunk.pool.as_str();
            if let Err(error) = self.chunk(chunk).await {
                tracing::error!(%error, pool, "a chunk could not be read; the planner will ring again");
            }
        })
    }
}
