//! The connection to the configured queue: the way in for the engine and the command line.

use super::bell::QueueBell;
use super::desk::Desk;
use super::memory::MemoryQueue;
use super::pools::Pools;
use super::redis::RedisQueue;
use super::settings::{Place, PoolSizes, QueueError, QueueSettings};
use super::sqlite::SqliteQueue;
use super::store::{Durable, Store};
use super::supervise::Line;
use super::tick::Doorbell;
use crate::domain::pool::Pool;
use crate::engine::ports::{Bell, Performer};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often [`Queues::drained`] asks a queue that has no way to tell.
const DRAINED_POLL: Duration = Duration::from_millis(10);
/// Records of dead workers are kept for so many times the span after which a worker counts as dead.
const KEEP_RECORDS: u32 = 3;

/// A connection to the configured queue. One per process is enough; pools are started once on each.
#[derive(Debug)]
pub struct Queues {
    settings: QueueSettings,
    store: Store,
    queues: BTreeMap<Pool, String>,
    doorbells: BTreeMap<Pool, Arc<Doorbell>>,
}

impl Queues {
    /// Connects, and creates what is missing.
    ///
    /// # Errors
    /// A setting that can't work, by its name; or the server or file that can't be reached, within about ten seconds.
    pub async fn open(settings: &QueueSettings) -> Result<Self, QueueError> {
        let store = match settings.place()? {
            Place::Redis(url) => Store::Durable(Durable::Redis(RedisQueue::open(&url).await?)),
            Place::Sqlite(path) => Store::Durable(Durable::Sqlite(SqliteQueue::open(&path).await?)),
            Place::Memory => Store::Memory(Arc::new(MemoryQueue::default())),
        };
        let queues = Pool::ALL.into_iter().map(|pool| (pool, settings.queue(pool))).collect();
        let doorbells = Pool::ALL.into_iter().map(|pool| (pool, Arc::default())).collect();
        Ok(Self { settings: settings.clone(), store, queues, doorbells })
    }

    /// What the engine rings. Pushes in slices, bounded; wakes the workers that were started on this connection at once.
    /// An error says what was not pushed: ring again later.
    #[must_use]
    pub fn bell(&self) -> Arc<dyn Bell> {
        Arc::new(QueueBell { store: self.store.clone(), queues: self.queues.clone(), doorbells: self.doorbells.clone() })
    }

    /// Starts the pools that have a size. Must be called within a Tokio runtime.
    #[must_use]
    pub fn start(&self, sizes: &PoolSizes, performer: Arc<dyn Performer>) -> Pools {
        let desks: BTreeMap<Pool, Desk> = Pool::ALL
            .into_iter()
            .filter(|pool| sizes.of(*pool) > 0)
            .map(|pool| (pool, Desk::new(Arc::clone(&performer), sizes.of(pool))))
            .collect();
        match &self.store {
            Store::Memory(memory) => {
                memory.open_desks(desks.clone());
                Pools::memory(Arc::clone(memory), desks.into_values().collect())
            }
            Store::Durable(durable) => {
                let lines = desks.into_iter().map(|(pool, desk)| self.line(durable, pool, sizes.of(pool), desk)).collect();
                let dead_after = self.settings.heartbeat.saturating_mul(self.settings.missed_heartbeats);
                Pools::durable(lines, self.settings.heartbeat, dead_after.saturating_mul(KEEP_RECORDS))
            }
        }
    }

    fn line(&self, durable: &Durable, pool: Pool, size: usize, desk: Desk) -> Line {
        Line {
            pool,
            durable: durable.clone(),
            queue: self.settings.queue(pool),
            tag: self.settings.tag.clone(),
            size,
            poll: self.settings.poll,
            heartbeat: self.settings.heartbeat,
            missed_heartbeats: self.settings.missed_heartbeats as usize,
            doorbell: self.doorbells.get(&pool).cloned().unwrap_or_default(),
            desk,
            name: Arc::new(Mutex::new(String::new())),
        }
    }

    /// Messages of one pool that wait or are in work, in all processes.
    ///
    /// # Errors
    /// The queue's own words.
    pub async fn unfinished(&self, pool: Pool) -> Result<usize, String> {
        match &self.store {
            Store::Memory(memory) => Ok(memory.waiting(pool)),
            Store::Durable(durable) => durable.unfinished(&self.settings.queue(pool)).await,
        }
    }

    /// Resolves when nothing is left to do. On `memory` that means for the pools that run here, and it is exact: a rehearsal
    /// awaits it between two instants. On the others all pools are meant, and the queue is asked again and again.
    ///
    /// # Errors
    /// The queue's own words.
    pub async fn drained(&self) -> Result<(), String> {
        if let Store::Memory(memory) = &self.store {
            memory.drained().await;
            return Ok(());
        }
        for pool in Pool::ALL {
            while self.unfinished(pool).await? > 0 {
                tokio::time::sleep(DRAINED_POLL).await;
            }
        }
        Ok(())
    }

    /// For `doctor`: what answers, and how much waits there.
    ///
    /// # Errors
    /// Who does not answer, and its own words.
    pub async fn check(&self) -> Result<String, String> {
        let what = match &self.store {
            Store::Memory(_) => "in this process's memory".to_owned(),
            Store::Durable(durable) => durable.describe().await?,
        };
        let mut waiting = Vec::new();
        for pool in Pool::ALL {
            waiting.push(format!("{} {}", pool.as_str(), self.unfinished(pool).await?));
        }
        Ok(format!("{what}; unfinished: {}", waiting.join(", ")))
    }
}
