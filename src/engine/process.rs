//! This process among those that share a ledger: it holds a lock for its life, finds out who died, and keeps time with
//! the database.
//!
//! The lock is a session's, so PostgreSQL gives it up when the process ends, however it ends. Whoever finds the lock of
//! another free writes that one down as dead; from then on its leases are void (`store/steps.rs`), and the planner's next
//! round takes up what it left. A process that lost its connection and lives begins nothing until it holds its lock
//! again: under its old name, if nobody wrote it down meanwhile, else under a new one.

use super::Engine;
use super::clock::{Entropy, LedgerClock};
use super::error::EngineError;
use super::ports::Bell;
use crate::domain::chain::hex;
use crate::domain::time::Timestamp;
use crate::store::process::{Line, Pulse};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often it asks for a sign of life and looks for the dead. Who is absent at two looks is dead: in between a process
/// whose connection was cut has taken its lock again.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A database that does not answer for so long is as good as gone.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// After the database's own start everybody is absent for a moment: nobody is buried then.
const SETTLES_WITHIN_MS: i64 = 5_000;
/// Between attempts to take the lock again.
const PAUSE: Duration = Duration::from_millis(200);
/// How often the old lock is asked for before a new name is taken: its dead session may still hold it.
const ATTEMPTS: u32 = 10;
/// No lease lasts as long; after that a dead process may be forgotten.
const REMEMBERED_DAYS: i64 = 30;
/// A measurement of the database's clock that took longer says little.
const MEASURED_WITHIN: Duration = Duration::from_millis(250);

/// A name for this process, unique among all that ever were, with the lock that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    /// 64 random bits, which the name ends with: keys of others, also of other programs in the same database, don't meet it.
    pub key: i64,
}

impl Identity {
    #[must_use]
    pub fn new(entropy: &dyn Entropy) -> Self {
        let bytes = *entropy.key().first_chunk::<8>().unwrap_or(&[0; 8]);
        Self { name: format!("{}-{}", std::process::id(), hex(&bytes)), key: i64::from_be_bytes(bytes) }
    }
}

/// This process's lock, held.
#[derive(Debug)]
pub struct Presence {
    engine: Arc<Engine>,
    clock: Arc<LedgerClock>,
    identity: Identity,
    line: Line,
    session: i64,
    /// Who was absent at the last look.
    suspected: BTreeSet<String>,
}

/// What a process does for the others besides living.
#[derive(Clone)]
pub enum Duty {
    /// Nothing: it only works.
    Live,
    /// It plans: finds the dead, and rings for what they left.
    Bury(Arc<dyn Bell>),
}

impl std::fmt::Debug for Duty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Live) { "Live" } else { "Bury" })
    }
}

impl Presence {
    /// Makes this process known to the others, and takes on the database's clock. `None` on an embedded ledger, which
    /// has no others.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn register(engine: Arc<Engine>, clock: Arc<LedgerClock>, identity: Identity) -> Result<Option<Self>, EngineError> {
        let Some(line) = engine.store.line().await? else { return Ok(None) };
        let mut presence = Self { engine, clock, identity, line, session: 0, suspected: BTreeSet::new() };
        let pulse = presence.pulse().await?;
        presence.session = pulse.session;
        if !presence.line.take(presence.identity.key).await? {
            return Err(EngineError::Invalid("another process has this one's lock; start it again".to_owned()));
        }
        let now = presence.engine.clock.now();
        presence.line.register(&presence.identity.name, presence.identity.key, now).await?;
        presence.engine.store.forget_processes(now.plus_seconds(-REMEMBERED_DAYS * 86_400)).await?;
        Ok(Some(presence))
    }

    /// Finds out, at its start, who left without a word: one look is enough, unless the database has only just come up.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn bury_at_start(&mut self) -> Result<(), EngineError> {
        let pulse = self.pulse().await?;
        if pulse.up_ms < SETTLES_WITHIN_MS {
            return Ok(());
        }
        self.look().await?;
        self.look().await.map(drop)
    }

    /// Keeps the lock until told to stop, and signs off then.
    pub async fn keep(mut self, duty: Duty, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => return self.sign_off().await,
            }
            match self.turn(&duty).await {
                Ok(()) => {}
                Err(error) => {
                    self.engine.owner.lose();
                    tracing::warn!(%error, owner = self.identity.name, "lost the lock that says that this process lives; nothing new is begun");
                    tokio::select! {
                        () = self.regain() => {}
                        () = stop.cancelled() => return,
                    }
                }
            }
        }
    }

    async fn turn(&mut self, duty: &Duty) -> Result<(), EngineError> {
        let pulse = self.pulse().await?;
        if pulse.session != self.session {
            return Err(EngineError::Invalid(
                "the database's session was exchanged: a pooler in transaction mode can't be used".to_owned(),
            ));
        }
        if !self.line.stands(&self.identity.name).await? {
            return Err(EngineError::Invalid("this process is written down as dead".to_owned()));
        }
        let Duty::Bury(bell) = duty else { return Ok(()) };
        if pulse.up_ms < SETTLES_WITHIN_MS {
            self.suspected.clear();
            return Ok(());
        }
        // A failure here is the ledger's, not the lock's: the next turn looks again.
        match self.look().await {
            Ok(0) => {}
            Ok(_) => {
                if let Err(error) = self.engine.take_up(bell.as_ref()).await {
                    tracing::warn!(%error, "what a dead process left could not be taken up; the planner will");
                }
            }
            Err(error) => tracing::warn!(%error, "could not look for processes that died"),
        }
        Ok(())
    }

    /// A look at the others; how many were found dead.
    async fn look(&mut self) -> Result<usize, EngineError> {
        // Who is absent may be one of this machine, whose log tells more than that it is dead.
        let fallen = if self.suspected.is_empty() { 0 } else { self.engine.look_for_fallen().await? };
        let now = self.engine.clock.now();
        let found = self.engine.store.bury(&self.identity.name, &self.suspected, now).await?;
        for name in &found.buried {
            tracing::warn!(owner = name, "a process ended without a word; its leases are void");
        }
        self.suspected = found.absent;
        Ok(found.buried.len() + fallen)
    }

    /// A sign of life from the database, which also says what time it is.
    async fn pulse(&mut self) -> Result<Pulse, EngineError> {
        let (sent, before) = (Instant::now(), self.clock.base_now());
        let answer = tokio::time::timeout(ANSWERS_WITHIN, self.line.pulse()).await;
        let pulse =
            answer.map_err(|_| EngineError::Invalid(format!("the ledger did not answer within {} s", ANSWERS_WITHIN.as_secs())))??;
        let took = sent.elapsed();
        if took < MEASURED_WITHIN || !self.clock.is_set() {
            let half = i64::try_from(took.as_millis() / 2).unwrap_or(0);
            self.clock.set(Timestamp(before.0 + half), pulse.time);
        }
        Ok(pulse)
    }

    /// Takes the lock again: the old one, if this process still stands in the ledger, else a new one under a new name.
    async fn regain(&mut self) {
        let mut attempt = 0;
        loop {
            match self.try_regain(attempt).await {
                Ok(true) => break,
                Ok(false) => attempt += 1,
                Err(error) => tracing::debug!(%error, "the lock could not be taken again yet"),
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.suspected.clear();
        self.engine.owner.hold(&self.identity.name);
        tracing::info!(owner = self.identity.name, "holds a lock again");
    }

    async fn try_regain(&mut self, attempt: u32) -> Result<bool, EngineError> {
        let Some(line) = self.engine.store.line().await? else { return Ok(true) };
        self.line = line;
        self.session = self.pulse().await?.session;
        let given_up = attempt >= ATTEMPTS;
        if !given_up && !self.line.take(self.identity.key).await? {
            return Ok(false);
        }
        if !given_up && self.line.stands(&self.identity.name).await? {
            return Ok(true);
        }
        let identity = Identity::new(self.engine.entropy.as_ref());
        if !self.line.take(identity.key).await? {
            return Ok(false);
        }
        self.line.register(&identity.name, identity.key, self.engine.clock.now()).await?;
        tracing::warn!(old = self.identity.name, new = identity.name, "this process was taken for dead; it goes on under a new name");
        self.identity = identity;
        Ok(true)
    }

    /// Says that whatever this process holds is free, and gives the lock up. Without that the others find out.
    async fn sign_off(self) {
        self.engine.owner.lose();
        let now = self.engine.clock.now();
        let signing = self.engine.store.sign_off(&self.identity.name, now);
        if !matches!(tokio::time::timeout(ANSWERS_WITHIN, signing).await, Ok(Ok(()))) {
            tracing::warn!("could not sign off; the others will find out");
        }
        self.line.close().await;
    }
}
