//! The scene of a story: the ledger, the clock, the outside and the queue outlive the processes; the process comes and goes.

use super::bell::{Queue, Rope};
use super::fault::{Faults, Mode, Pulse};
use super::known::Known;
use super::op::Op;
use super::outside::{Hands, Outside};
use super::place::Place;
use super::story::Story;
use crate::support::ledger::berlin;
use crate::support::world::{limits, tenant_settings};
use futures::future::BoxFuture;
use mahnwerk::domain::ids::{TenantId, WorkflowId};
use mahnwerk::domain::pool::Pool;
use mahnwerk::domain::tenant::TenantSettings;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::clock::{Clock, Entropy};
use mahnwerk::engine::perform::Work;
use mahnwerk::engine::ports::{Bell, Job, Performer};
use mahnwerk::engine::width::Width;
use mahnwerk::engine::{Engine, EngineError};
use mahnwerk::store::Store;
use mahnwerk::store::statement::Dialect;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// When every story begins: a Monday.
pub(crate) const BEGINS: &str = "2026-01-05 00:00";
/// How often a planner may look at one instant before it is clear that it will never be quiet.
const PATIENCE: usize = 500;

/// A clock that goes where the story sets it.
#[derive(Debug)]
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    pub(crate) fn advance_to(&self, at: Timestamp) {
        self.0.fetch_max(at.0, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

/// Keys without chance.
#[derive(Debug)]
struct FixedKeys;

impl Entropy for FixedKeys {
    fn key(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// A process: an engine with its hands, from its start to its end.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) engine: Arc<Engine>,
    pub(crate) work: Arc<Work>,
    pub(crate) bell: Arc<Rope>,
    pub(crate) pulse: Arc<Pulse>,
}

pub(crate) struct Scene {
    pub(crate) place: Place,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) outside: Arc<Outside>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) tenant: TenantId,
    pub(crate) every_seconds: u32,
    pub(crate) places: u32,
    pub(crate) prompt: bool,
    pub(crate) known: Mutex<Known>,
    /// Under which version new invoices come in, and its words.
    pub(crate) current: Mutex<(Option<WorkflowId>, String)>,
    /// Notices that were in the air when a process died: nobody can know of them.
    pub(crate) in_the_air: Mutex<BTreeSet<String>>,
    /// What people could not get done because the process died, to be done again.
    pub(crate) undone: Mutex<VecDeque<Op>>,
    /// What happens in between happens one after the other.
    between: tokio::sync::Mutex<()>,
    process: Mutex<Option<Process>>,
    processes: AtomicUsize,
}

impl Scene {
    /// Opens the scene and starts the first process; a strike counts from that start on.
    pub(crate) async fn open(story: &Story, place: Place, strike: Option<(usize, Mode)>) -> Arc<Self> {
        let clock = Arc::new(SetClock(AtomicI64::new(berlin(BEGINS).0)));
        let tenant = place.observer.tenant_named("muster", clock.now()).await.expect("a tenant");
        let scene = Arc::new(Self {
            place,
            clock,
            outside: Arc::default(),
            queue: Arc::default(),
            faults: Arc::default(),
            tenant,
            every_seconds: story.every_seconds,
            places: story.places,
            prompt: story.prompt,
            known: Mutex::default(),
            current: Mutex::default(),
            in_the_air: Mutex::default(),
            undone: Mutex::default(),
            between: tokio::sync::Mutex::default(),
            process: Mutex::default(),
            processes: AtomicUsize::new(0),
        });
        if let Some((at, mode)) = strike {
            scene.faults.arm(at, mode);
        }
        scene.start().await;
        scene
    }

    /// The process that lives now.
    pub(crate) fn process(&self) -> Process {
        self.process.lock().unwrap().clone().expect("a process lives")
    }

    /// Starts a process; on an embedded ledger it takes up what the one before left.
    async fn start(self: &Arc<Self>) {
        for _ in 0..PATIENCE {
            let number = self.processes.fetch_add(1, Ordering::SeqCst);
            let pulse = Arc::new(Pulse::new(self.faults.clone()));
            let store = self.place.open().await.watched(pulse.clone());
            let process = self.assemble(store, pulse, number);
            let embedded = self.place.observer.dialect() == Dialect::Sqlite;
            let bell = process.bell.as_ref();
            let recovered = if embedded { process.engine.recover(bell).await } else { process.engine.take_up(bell).await };
            let alive = recovered.is_ok() && !process.pulse.is_dead();
            *self.process.lock().unwrap() = Some(process);
            if alive {
                return;
            }
            self.bury().await;
        }
        panic!("no process could start");
    }

    fn assemble(self: &Arc<Self>, store: Store, pulse: Arc<Pulse>, number: usize) -> Process {
        let max_active = Some(self.places).filter(|places| *places > 0);
        let settings = TenantSettings { max_active, ..tenant_settings(self.tenant, "muster", self.every_seconds) };
        let owner = format!("process-{number}");
        let engine = Arc::new(Engine::new(store, self.clock.clone(), Arc::new(FixedKeys), owner, limits(), vec![settings]));
        let hands = Hands { outside: self.outside.clone(), pulse: pulse.clone(), scene: Arc::downgrade(self) };
        let work = Work::new(engine.clone(), Arc::new(hands), Width::unbounded());
        let bell = Arc::new(Rope { queue: self.queue.clone(), pulse: pulse.clone() });
        work.set_bell(bell.clone());
        Process { engine, work, bell, pulse }
    }

    /// What is left of a process is taken away; what it had in the air is noted, as the ledger tells it.
    async fn bury(&self) {
        let Some(process) = self.process.lock().unwrap().take() else { return };
        process.pulse.die();
        let store = process.engine.store.clone();
        drop(process);
        store.close().await;
        let started = self.place.started().await;
        self.in_the_air.lock().unwrap().extend(started);
    }

    /// The process dies now and another one starts.
    pub(crate) async fn crash(self: &Arc<Self>) {
        self.bury().await;
        self.start().await;
    }

    /// After a call failed: a dead process is followed by another; one that lives waits a second, as its planner does.
    pub(crate) async fn get_over(self: &Arc<Self>) {
        if self.process().pulse.is_dead() {
            self.crash().await;
        } else {
            self.clock.set(self.clock.now().plus_seconds(1));
        }
    }

    /// Lives until this instant, itself included: everything happens when it is due.
    pub(crate) async fn live_until(self: &Arc<Self>, until: Timestamp) {
        let mut looks = (Timestamp(0), 0);
        loop {
            self.redo().await;
            self.carry_out().await;
            let process = self.process();
            let at = match process.engine.next_round(self.tenant).await {
                Ok(Some(at)) if at <= until.max(self.clock.now()) => at,
                Ok(_) => break,
                Err(_) => {
                    self.get_over().await;
                    continue;
                }
            };
            self.clock.advance_to(at);
            looks = if looks.0 == self.clock.now() { (looks.0, looks.1 + 1) } else { (self.clock.now(), 1) };
            if looks.1 > PATIENCE {
                self.outside.complain(format!("the planner is never quiet at {}", self.clock.now().0));
                break;
            }
            if self.round(&process).await.is_err() {
                self.get_over().await;
            }
            self.carry_out().await;
            if self.prompt {
                self.look_after_unknown().await;
            }
        }
        self.clock.advance_to(until);
    }

    /// One look of the planner.
    pub(crate) async fn round(&self, process: &Process) -> Result<(), EngineError> {
        let ready = process.engine.round(self.tenant).await?.ready;
        if !ready.is_empty() {
            // A ring that fails is no failure of the planner: it rings again.
            let _ = process.bell.ring(process.engine.chunks(self.tenant, &ready)).await;
        }
        Ok(())
    }

    /// The workers take what is on the queue.
    pub(crate) async fn carry_out(self: &Arc<Self>) {
        while let Some(chunk) = self.queue.next() {
            let process = self.process();
            tokio::select! {
                () = process.work.perform(chunk.clone()) => {}
                () = process.pulse.end() => {}
            }
            if process.pulse.is_dead() {
                self.queue.again(chunk);
                drop(process);
                self.crash().await;
                self.redo().await;
            }
        }
    }

    async fn redo(self: &Arc<Self>) {
        loop {
            let Some(op) = self.undone.lock().unwrap().pop_front() else { return };
            self.insist(&op).await;
        }
    }

    /// Something happens while a worker has a step in hand; what can't be done then is done later.
    pub(crate) async fn in_between(self: &Arc<Self>, op: &Op) {
        let _one_by_one = self.between.lock().await;
        let process = self.process();
        if process.pulse.is_dead() || self.attempt(&process, op).await.is_err() {
            self.undone.lock().unwrap().push_back(op.clone());
        }
    }

    /// A step was claimed: what it says must be what people knew at that moment.
    pub(crate) fn judge_start(&self, job: &Job) {
        let known = self.known.lock().unwrap();
        if job.pool != Pool::Print && known.off.as_ref().is_some_and(|begun| !begun.contains(&job.notice.id.0)) {
            self.outside.complain(format!("notice {} was taken up while sending was off", job.notice.id));
        }
        for line in &job.notice.lines {
            if let Some(why) = known.forbids(&line.invoice, line.open_minor, self.clock.now()) {
                let fault = format!("notice {} was taken up with {} over {}, but {why}", job.notice.id, line.invoice, line.open_minor);
                self.outside.complain(fault);
            }
        }
    }
}

impl Scene {
    /// The last process ends, and nobody looks any more.
    pub(crate) async fn close(&self) {
        self.bury().await;
        if self.place.observer.dialect() == Dialect::Sqlite {
            self.place.observer.close().await;
        }
    }
}
