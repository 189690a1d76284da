//! When a worker looks into its queue: at every tick, and at once when somebody in this process rang.
//!
//! The strategies that apalis brings create a new timer without polling it; nothing then wakes the worker until its next
//! heartbeat, and idle pools sleep for half a minute. This one polls its timer until it is pending, so that a wake-up is
//! always arranged.

use apalis_core::backend::ext::poll_strategy::{PollSnapshot, PollStrategy};
use futures::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior};

/// One pool's bell within this process.
#[derive(Debug, Default)]
pub(super) struct Doorbell {
    rung: AtomicU64,
    worker: AtomicWaker,
}

impl Doorbell {
    pub(super) fn ring(&self) {
        self.rung.fetch_add(1, Ordering::AcqRel);
        self.worker.wake();
    }
}

/// The polling strategy of one worker.
#[derive(Debug)]
pub(super) struct Tick {
    interval: Interval,
    doorbell: Arc<Doorbell>,
    heard: u64,
    look_again: bool,
}

impl Tick {
    pub(super) fn new(poll: Duration, doorbell: Arc<Doorbell>) -> Self {
        let mut interval = tokio::time::interval(poll);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { interval, heard: doorbell.rung.load(Ordering::Acquire), doorbell, look_again: false }
    }
}

impl PollStrategy for Tick {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _snapshot: &PollSnapshot) -> Poll<Option<()>> {
        self.doorbell.worker.register(cx.waker());
        // A ring may fall between a fetch's look into the queue and its empty answer. The poll after the one that heard the
        // ring takes that answer, so one more must follow it, and that one looks afresh.
        if std::mem::take(&mut self.look_again) {
            cx.waker().wake_by_ref();
        }
        let rung = self.doorbell.rung.load(Ordering::Acquire);
        if rung != self.heard {
            self.heard = rung;
            self.look_again = true;
        }
        let mut fired = false;
        while self.interval.poll_tick(cx).is_ready() {
            fired = true;
        }
        if fired { Poll::Ready(Some(())) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::task::{ArcWake, waker};
    use std::time::Instant;

    #[derive(Default)]
    struct Wakes(AtomicU64);

    impl ArcWake for Wakes {
        fn wake_by_ref(wakes: &Arc<Self>) {
            wakes.0.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn poll(tick: &mut Tick, wakes: &Arc<Wakes>) -> Poll<Option<()>> {
        tick.poll_drive(&mut Context::from_waker(&waker(Arc::clone(wakes))), &PollSnapshot::new())
    }

    async fn woken(wakes: &Wakes, times: u64) {
        let began = Instant::now();
        while wakes.0.load(Ordering::Acquire) < times {
            assert!(began.elapsed() < Duration::from_secs(5), "wake-up {times} is lost");
            tokio::task::yield_now().await;
        }
    }

    /// Nothing else polls an idle worker, so the wake-up must be arranged by the poll in which the timer fired.
    #[tokio::test]
    async fn a_tick_that_fired_has_arranged_the_next_one() {
        let mut tick = Tick::new(Duration::from_millis(5), Arc::default());
        let wakes = Arc::new(Wakes::default());
        assert!(poll(&mut tick, &wakes).is_pending());
        for round in 1..=5 {
            woken(&wakes, round).await;
            assert!(poll(&mut tick, &wakes).is_ready(), "woken without a tick in round {round}");
        }
    }

    #[tokio::test]
    async fn a_ring_wakes_and_is_looked_after_twice() {
        let doorbell = Arc::new(Doorbell::default());
        let mut tick = Tick::new(Duration::from_secs(600), Arc::clone(&doorbell));
        let wakes = Arc::new(Wakes::default());
        let count = || wakes.0.load(Ordering::Acquire);
        assert!(poll(&mut tick, &wakes).is_pending());
        woken(&wakes, 1).await;
        assert!(poll(&mut tick, &wakes).is_ready(), "the first tick is at once");
        doorbell.ring();
        assert_eq!(count(), 2, "the ring wakes");
        assert!(poll(&mut tick, &wakes).is_pending());
        assert_eq!(count(), 2, "a fetch that was under way is answered in the next poll");
        assert!(poll(&mut tick, &wakes).is_pending());
        assert_eq!(count(), 3, "and another look must follow it");
        assert!(poll(&mut tick, &wakes).is_pending());
        assert_eq!(count(), 3, "but no third one");
    }
}
