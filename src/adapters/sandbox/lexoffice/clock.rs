//! The sandbox's time: a real clock, moved.
//!
//! The real one is given by whoever starts the sandbox; tests give one that stands still.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What time it really is, in milliseconds since the epoch.
pub type RealTime = Arc<dyn Fn() -> i64 + Send + Sync>;

pub(super) struct SandboxClock {
    real: RealTime,
    ahead_ms: AtomicI64,
}

impl fmt::Debug for SandboxClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxClock").field("ahead_ms", &self.ahead_ms).finish_non_exhaustive()
    }
}

impl SandboxClock {
    pub(super) fn new(real: RealTime) -> Self {
        Self { real, ahead_ms: AtomicI64::new(0) }
    }

    /// The sandbox's time in milliseconds since the epoch.
    pub(super) fn now(&self) -> i64 {
        self.real().saturating_add(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// The real time: rate limits are about how fast a client really asks.
    pub(super) fn real(&self) -> i64 {
        (self.real)()
    }

    /// It is `at` now, forwards or backwards, and goes on from there.
    pub(super) fn set(&self, at: i64) {
        self.ahead_ms.store(at.saturating_sub(self.real()), Ordering::Relaxed);
    }

    pub(super) fn advance(&self, ms: i64) {
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }
}
