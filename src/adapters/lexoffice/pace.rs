//! How fast the vendor may be asked: two calls a second for each key, over all its calls and all processes; what comes faster is
//! refused, and who keeps on is shut out.

use crate::engine::source::ports::{Pace, SourceError};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Under the limit of two calls a second, with a margin for the way there.
pub const TURN: Duration = Duration::from_millis(550);

/// Keeps the pace of one process, for those that are alone with their key.
#[derive(Debug)]
pub struct ProcessPace {
    every: Duration,
    /// Held while waiting, so that turns are taken in the order in which they were asked for.
    queue: Mutex<()>,
    next: std::sync::Mutex<Option<Instant>>,
}

impl ProcessPace {
    /// One turn every so often.
    #[must_use]
    pub fn every(every: Duration) -> Self {
        Self { every, queue: Mutex::new(()), next: std::sync::Mutex::new(None) }
    }

    /// Takes the turn, or says when it comes; a hold may have put it off meanwhile.
    fn take(&self) -> Result<(), Instant> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match *next {
            Some(at) if at > now => Err(at),
            _ => {
                *next = Some(now + self.every);
                Ok(())
            }
        }
    }

    fn put_off(&self, pause: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + pause;
        *next = Some(next.map_or(until, |at| at.max(until)));
    }
}

impl Pace for ProcessPace {
    fn turn(&self) -> BoxFuture<'_, Result<(), SourceError>> {
        async {
            let _first = self.queue.lock().await;
            while let Err(at) = self.take() {
                tokio::time::sleep_until(at).await;
            }
            Ok(())
        }
        .boxed()
    }

    fn hold(&self, pause: Duration) -> BoxFuture<'_, Result<(), SourceError>> {
        self.put_off(pause);
        std::future::ready(Ok(())).boxed()
    }
}
