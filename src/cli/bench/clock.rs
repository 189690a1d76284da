//! A clock that runs like the machine's and can be moved ahead over the weeks between two stages.

use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicI64, Ordering};

/// The machine's clock, a settable distance ahead.
#[derive(Debug, Default)]
pub(super) struct LeapingClock {
    ahead_ms: AtomicI64,
}

impl LeapingClock {
    /// From now on it is `at`, if that is later than it was.
    pub(super) fn leap_to(&self, at: Timestamp) {
        self.ahead_ms.fetch_max(at.0.saturating_sub(SystemClock.now().0), Ordering::SeqCst);
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0.saturating_add(self.ahead_ms.load(Ordering::SeqCst)))
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        SystemClock.sleep_until(Timestamp(at.0.saturating_sub(self.ahead_ms.load(Ordering::SeqCst))))
    }
}
