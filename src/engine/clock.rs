//! The only reads of the real time and of entropy. Everything else takes them as arguments.

use crate::domain::time::Timestamp;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Knows what time it currently is.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// How long the machine has been up, its sleep included; setting the clock does not change it. `None` where nobody counts.
    fn uptime(&self) -> Option<Duration> {
        None
    }

    /// Returns when it is `at`, or earlier: whoever waits looks at the clock again.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The longest that a sleeper trusts the machine's clock not to have been set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = SystemTime::now();
        let elapsed = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }

    fn uptime(&self) -> Option<Duration> {
        // The kernel's CLOCK_BOOTTIME: seconds with two decimals, then what the processors idled.
        let text = std::fs::read_to_string("/proc/uptime").ok()?;
        let seconds = text.split_whitespace().next()?.parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let millis = u64::try_from(at.0.saturating_sub(self.now().0)).unwrap_or(0);
        Box::pin(tokio::time::sleep(Duration::from_millis(millis).min(LONGEST_SLEEP)))
    }
}

/// A clock that keeps time with another one: on a shared ledger all processes keep the database's time, so that leases,
/// slots and due instants mean the same to all of them, however far their machines' clocks are apart.
pub struct LedgerClock {
    base: Arc<dyn Clock>,
    /// What is added to the base, in milliseconds; [`UNSET`] until it was measured.
    ahead_ms: AtomicI64,
}

const UNSET: i64 = i64::MIN;
/// Worth a warning at the first measurement.
const FAR_APART_MS: i64 = 2_000;

impl std::fmt::Debug for LedgerClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerClock").field("ahead_ms", &self.ahead_ms).finish_non_exhaustive()
    }
}

impl LedgerClock {
    /// It is the base's time until [`Self::set`].
    #[must_use]
    pub fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, ahead_ms: AtomicI64::new(UNSET) }
    }

    /// A clock that is so many milliseconds ahead of another for good.
    #[must_use]
    pub fn ahead(base: Arc<dyn Clock>, ms: i64) -> Self {
        Self { base, ahead_ms: AtomicI64::new(ms) }
    }

    /// The machine's own time.
    #[must_use]
    pub fn base_now(&self) -> Timestamp {
        self.base.now()
    }

    #[must_use]
    pub fn is_set(&self) -> bool {
        self.ahead_ms.load(Ordering::Relaxed) != UNSET
    }

    /// When the base said `base`, the other clock said `other`.
    pub fn set(&self, base: Timestamp, other: Timestamp) {
        let ahead = other.0.saturating_sub(base.0).max(UNSET + 1);
        let before = self.ahead_ms.swap(ahead, Ordering::Relaxed);
        let known = if before == UNSET { 0 } else { before };
        if ahead.saturating_sub(known).abs() >= FAR_APART_MS {
            tracing::warn!(behind_ms = ahead, "this machine's clock is not the database's, which counts; let NTP keep both");
        }
    }
}

impl Clock for LedgerClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead_ms.load(Ordering::Relaxed);
        let base = self.base.now();
        if ahead == UNSET { base } else { Timestamp(base.0.saturating_add(ahead)) }
    }

    fn uptime(&self) -> Option<Duration> {
        self.base.uptime()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let ahead = self.ahead_ms.load(Ordering::Relaxed);
        self.base.sleep_until(if ahead == UNSET { at } else { Timestamp(at.0.saturating_sub(ahead)) })
    }
}

/// Measures how long something took on this machine. For figures only: nothing is decided by it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct VirtualClock(AtomicI64);

impl VirtualClock {
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Time goes on to `at`; never backwards.
    pub fn advance_to(&self, at: Timestamp) {
        self.0.fetch_max(at.0, Ordering::SeqCst);
    }

    /// Somebody sets the clock, backwards too.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

/// Makes keys that nobody can guess.
pub trait Entropy: Send + Sync {
    fn key(&self) -> [u8; 32];
}

/// The operating system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        #[expect(clippy::disallowed_methods, clippy::expect_used, reason = "this is the entropy; without it no key may be made")]
        getrandom::fill(&mut key).expect("the operating system gives no random bytes");
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledgers_clock_is_its_base_until_it_was_measured_and_follows_the_database_then() {
        let base = Arc::new(VirtualClock::at(Timestamp(10_000)));
        let clock = LedgerClock::new(base.clone());
        assert_eq!((clock.now(), clock.is_set()), (Timestamp(10_000), false));
        clock.set(Timestamp(10_000), Timestamp(6_500));
        assert_eq!((clock.now(), clock.is_set()), (Timestamp(6_500), true));
        base.advance_to(Timestamp(11_000));
        assert_eq!((clock.now(), clock.base_now()), (Timestamp(7_500), Timestamp(11_000)));
    }
}
