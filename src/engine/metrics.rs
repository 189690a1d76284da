//! What this process has done, counted in memory: atomics with fixed labels, so that counting costs nothing and their
//! number is bounded. What the ledger knows is not counted here but read from it (`web::metrics`).

use super::ports::Outcome;
use crate::domain::pool::Pool;
use crate::domain::time::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const MS: u64 = 1000;
const S: u64 = 1_000_000;

/// From a millisecond to a minute, in microseconds: work inside the process and at servers.
const SHORT: &[u64] =
    &[MS, 2 * MS, 5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, S, 2 * S + S / 2, 5 * S, 10 * S, 30 * S, 60 * S];
/// From ten milliseconds to a month: lateness, whose causes are as different.
const LONG: &[u64] = &[
    10 * MS,
    100 * MS,
    S,
    5 * S,
    15 * S,
    60 * S,
    300 * S,
    900 * S,
    3600 * S,
    4 * 3600 * S,
    12 * 3600 * S,
    86_400 * S,
    3 * 86_400 * S,
    7 * 86_400 * S,
    30 * 86_400 * S,
];
const SIZES: &[u64] = &[1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

/// Something that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How values were distributed. Values and bounds are whole: microseconds, or pieces.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound and one for what is beyond the last.
    buckets: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Histogram {
    fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    /// Takes a value down.
    pub fn observe(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.buckets.get(place) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Takes a duration down.
    pub fn took(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Takes down how much later `at` is than `planned`; what is early counts as on time.
    pub fn late(&self, planned: Timestamp, at: Timestamp) {
        self.observe(u64::try_from(at.0.saturating_sub(planned.0)).unwrap_or(0).saturating_mul(MS));
    }

    /// Each bound with how many values were at most that, and at last all.
    #[must_use]
    pub fn cumulative(&self) -> (Vec<(u64, u64)>, u64, u64) {
        let mut total = 0;
        let mut counts = Vec::with_capacity(self.bounds.len());
        for (place, bucket) in self.buckets.iter().enumerate() {
            total += bucket.load(Ordering::Relaxed);
            counts.extend(self.bounds.get(place).map(|bound| (*bound, total)));
        }
        (counts, total, self.sum.load(Ordering::Relaxed))
    }
}

/// How an effect may end, as a label.
pub const OUTCOMES: [&str; 4] = ["done", "retry", "failed", "unknown"];
/// How a notice may end, as a label.
pub const ENDS: [&str; 4] = ["sent", "paper", "failed", "unknown"];
/// How a source's call may be answered, as a label.
pub const CALLS: [&str; 13] = [
    "stored",
    "known",
    "late",
    "early",
    "off",
    "unsigned",
    "forged",
    "unreadable",
    "wrong_organisation",
    "too_large",
    "too_slow",
    "crowded",
    "no_ledger",
];

/// The process's figures.
#[derive(Debug)]
pub struct Metrics {
    /// One round of the planner, in microseconds.
    pub round: Histogram,
    pub round_failures: Counter,
    /// How much later than its timer a round began.
    pub wake_up: Histogram,
    /// Writes of one group commit, and how long it took.
    pub commit_writes: Histogram,
    pub commit: Histogram,
    pub commit_failures: Counter,
    /// How much later than planned a notice left: throttle, downtime, retries and all.
    pub dispatch_lateness: Histogram,
    /// From the slot that a notice took to its dispatch: what this program took.
    pub dispatch: Histogram,
    effects: Vec<Histogram>,
    ended: [Counter; ENDS.len()],
    calls: [Counter; CALLS.len()],
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            round: Histogram::new(SHORT),
            round_failures: Counter::default(),
            wake_up: Histogram::new(LONG),
            commit_writes: Histogram::new(SIZES),
            commit: Histogram::new(SHORT),
            commit_failures: Counter::default(),
            dispatch_lateness: Histogram::new(LONG),
            dispatch: Histogram::new(LONG),
            effects: (0..Pool::ALL.len() * OUTCOMES.len()).map(|_| Histogram::new(SHORT)).collect(),
            ended: Default::default(),
            calls: Default::default(),
        }
    }
}

impl Metrics {
    /// An effect ended.
    pub fn effect(&self, pool: Pool, outcome: &Outcome, took: Duration) {
        let word = match outcome {
            Outcome::Done { .. } => 0,
            Outcome::Retry { .. } => 1,
            Outcome::Failed { .. } => 2,
            Outcome::Unknown { .. } => 3,
        };
        if let Some(histogram) = self.effects.get(place(pool) * OUTCOMES.len() + word) {
            histogram.took(took);
        }
    }

    /// Every kind of effect: pool, outcome, durations.
    pub fn effects(&self) -> impl Iterator<Item = (&'static str, &'static str, &Histogram)> {
        let labels = Pool::ALL.into_iter().flat_map(|pool| OUTCOMES.map(|outcome| (pool.as_str(), outcome)));
        labels.zip(&self.effects).map(|((pool, outcome), histogram)| (pool, outcome, histogram))
    }

    /// A notice ended in this state; others than [`ENDS`] are no ends.
    pub fn notice_ended(&self, state: &str) {
        if let Some(counter) = ENDS.iter().position(|word| *word == state).and_then(|place| self.ended.get(place)) {
            counter.add(1);
        }
    }

    /// A source's call was answered so.
    pub fn call_ended(&self, word: &str) {
        if let Some(counter) = CALLS.iter().position(|known| *known == word).and_then(|place| self.calls.get(place)) {
            counter.add(1);
        }
    }

    /// How many of a source's calls were answered in each way.
    pub fn calls(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CALLS.into_iter().zip(&self.calls).map(|(word, counter)| (word, counter.get()))
    }

    /// A notice left.
    pub fn dispatched(&self, (due_at, slot_at): (Timestamp, Timestamp), at: Timestamp) {
        self.dispatch_lateness.late(due_at, at);
        self.dispatch.late(slot_at, at);
    }

    /// How many notices ended in each state.
    pub fn ended(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ENDS.into_iter().zip(&self.ended).map(|(state, counter)| (state, counter.get()))
    }
}

fn place(pool: Pool) -> usize {
    Pool::ALL.iter().position(|other| *other == pool).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_the_first_bucket_that_holds_it() {
        let histogram = Histogram::new(&[10, 20]);
        for value in [0, 10, 11, 20, 21, 500] {
            histogram.observe(value);
        }
        assert_eq!(histogram.cumulative(), (vec![(10, 2), (20, 4)], 6, 562));
    }

    #[test]
    fn what_is_early_is_on_time() {
        let metrics = Metrics::default();
        metrics.dispatched((Timestamp(5_000), Timestamp(4_000)), Timestamp(4_500));
        assert_eq!(metrics.dispatch_lateness.cumulative().2, 0);
        assert_eq!(metrics.dispatch.cumulative().2, 500 * MS);
    }

    #[test]
    fn every_outcome_of_every_pool_has_its_own_place() {
        let metrics = Metrics::default();
        metrics.effect(Pool::Post, &Outcome::Unknown { reason: String::new() }, Duration::from_millis(3));
        let counted: Vec<_> =
            metrics.effects().filter(|(_, _, histogram)| histogram.cumulative().1 > 0).map(|(pool, word, _)| (pool, word)).collect();
        assert_eq!(counted, [("post", "unknown")]);
        assert_eq!(metrics.effects().count(), 12);
    }
}
