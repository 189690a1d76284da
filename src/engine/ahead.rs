//! How many steps may be started ahead of the connections that they go out on.
//!
//! A start is a commit, and a connection that waits for a disk sends nothing: so steps are started some time before their
//! turn, many per commit. What is started ahead was compared with the facts that much earlier, and would be unknown if the
//! machine failed: so it is never more than what the connections take in a moment. The number follows what is seen: it grows while
//! steps hardly wait for their connection, and shrinks when they do. To a server that takes a second for a mail it is nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// With one the next step starts while the connections are busy.
const LEAST: usize = 1;
/// More than this has never made anything faster.
const MOST: usize = 512;
/// A step that waited less for its connection could have been followed by another one.
const SHORT: Duration = Duration::from_millis(25);
/// A step that waited longer was started too early.
const LONG: Duration = Duration::from_millis(60);

#[derive(Debug)]
pub(super) struct Ahead {
    places: Semaphore,
    /// Places that there are, free or taken.
    count: AtomicUsize,
}

impl Ahead {
    /// One at first.
    pub(super) fn new() -> Self {
        Self { places: Semaphore::new(LEAST), count: AtomicUsize::new(LEAST) }
    }

    pub(super) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    /// Gives the place of a step back that got its connection after so long.
    pub(super) fn leave(&self, place: SemaphorePermit<'_>, waited: Duration) {
        let count = self.count.load(Ordering::Relaxed);
        if waited > LONG && count > LEAST {
            place.forget();
            self.count.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        if waited < SHORT && count < MOST && self.places.available_permits() == 0 {
            self.places.add_permits(1);
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        drop(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pass(ahead: &Ahead, steps: usize, waited: Duration) -> usize {
        for _ in 0..steps {
            let mut held = Vec::new();
            while let Ok(place) = ahead.places.try_acquire() {
                held.push(place);
            }
            ahead.leave(held.pop().expect("a place"), waited);
        }
        ahead.count.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn it_grows_before_fast_servers_and_shrinks_before_slow_ones() {
        let ahead = Ahead::new();
        assert_eq!(pass(&ahead, 20, Duration::from_millis(1)).await, 21);
        assert_eq!(pass(&ahead, 5, Duration::from_millis(40)).await, 21, "it is right as it is");
        assert_eq!(pass(&ahead, 100, Duration::from_secs(1)).await, LEAST);
        assert_eq!(pass(&ahead, 10_000, Duration::ZERO).await, MOST);
    }

    #[tokio::test]
    async fn what_nobody_asks_for_does_not_grow() {
        let ahead = Ahead::new();
        assert_eq!(pass(&ahead, 1, Duration::ZERO).await, 2);
        let place = ahead.enter().await.expect("a place");
        ahead.leave(place, Duration::ZERO);
        assert_eq!(ahead.count.load(Ordering::Relaxed), 2);
    }
}
