//! A clock that is moved until it has caught up with the real one, and is the real one from then on.

use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

/// Whoever sleeps by a clock that is moved looks again so soon.
const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(in crate::cli) struct PacedClock {
    at: AtomicI64,
    /// Caught up.
    live: AtomicBool,
}

impl PacedClock {
    pub(super) fn at(start: Timestamp) -> Self {
        Self { at: AtomicI64::new(start.0), live: AtomicBool::new(false) }
    }

    /// Time goes on to `at`; never backwards, and never beyond the real one.
    pub(super) fn advance_to(&self, at: Timestamp) {
        self.at.fetch_max(at.0.min(SystemClock.now().0), Ordering::SeqCst);
    }

    /// It is the real clock from now on.
    pub(super) fn go_live(&self) {
        self.live.store(true, Ordering::SeqCst);
    }
}

impl Clock for PacedClock {
    fn now(&self) -> Timestamp {
        if self.live.load(Ordering::SeqCst) { SystemClock.now() } else { Timestamp(self.at.load(Ordering::SeqCst)) }
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        if self.live.load(Ordering::SeqCst) { SystemClock.sleep_until(at) } else { Box::pin(tokio::time::sleep(LOOK)) }
    }
}
