//! When a call is asked again, and after how long. Reads are; a write only if the answer says that it was not executed.

use super::error::Fault;
use super::request::Method;
use super::settings::Retries;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Waits that no two callers share, so that those who failed together don't come back together.
#[derive(Debug)]
pub(super) struct Backoff {
    retries: Retries,
    chance: [u8; 32],
    drawn: AtomicU64,
}

impl Backoff {
    pub(super) fn new(retries: Retries, chance: [u8; 32]) -> Self {
        Self { retries, chance, drawn: AtomicU64::new(0) }
    }

    /// How long to wait before the call is asked again after its `attempt`-th failure, counted from 1; `None` if it is not.
    pub(super) fn pause(&self, method: Method, fault: &Fault, attempt: u32) -> Option<Duration> {
        let may = match method {
            // Who gave no turn has waited for one long enough.
            Method::Get | Method::Delete => fault.is_passing() && !matches!(fault, Fault::Pace(_)),
            // Whatever else went wrong, it may have been executed.
            Method::Post => matches!(fault, Fault::RateLimited { .. }),
        };
        if !may || attempt >= self.retries.attempts {
            return None;
        }
        let doubled = self.retries.first.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(self.retries.longest);
        let pause = self.jittered(doubled).max(fault.retry_after().unwrap_or_default());
        (pause <= self.retries.patience).then_some(pause)
    }

    /// Between half and all of it.
    fn jittered(&self, pause: Duration) -> Duration {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let hash = Sha256::new().chain_update(self.chance).chain_update(drawn.to_be_bytes()).finalize();
        let die = u32::from(u16::from_be_bytes([hash[0], hash[1]]));
        pause / 2 + (pause / 2).saturating_mul(die) / 0xFFFF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn backoff(chance: u8) -> Backoff {
        Backoff::new(Retries { attempts: 8, first: SECOND, longest: SECOND * 10, patience: SECOND * 60 }, [chance; 32])
    }

    #[test]
    fn waits_double_up_to_the_longest_and_differ() {
        let (ours, theirs) = (backoff(1), backoff(2));
        let fault = Fault::Unavailable { status: 503, retry_after: None };
        for (attempt, longest) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 10)] {
            let pause = ours.pause(Method::Get, &fault, attempt).unwrap();
            assert!(pause >= SECOND * longest / 2 && pause <= SECOND * longest, "{attempt}: {pause:?}");
            assert_ne!(Some(pause), theirs.pause(Method::Get, &fault, attempt));
        }
        assert_eq!(ours.pause(Method::Get, &fault, 8), None);
    }

    #[test]
    fn a_write_is_repeated_only_if_it_was_not_executed() {
        let limited = |seconds| Fault::RateLimited { retry_after: Some(SECOND * seconds) };
        let reset = Fault::Transport { reason: "reset".to_owned(), arrived: true };
        assert_eq!(backoff(1).pause(Method::Post, &limited(7), 1), Some(SECOND * 7));
        assert_eq!(backoff(1).pause(Method::Get, &limited(61), 1), None, "longer than we are patient");
        for fault in [Fault::GatewayTimeout, Fault::Unavailable { status: 500, retry_after: None }, reset] {
            assert_eq!(backoff(1).pause(Method::Post, &fault, 1), None, "{fault}");
            assert!(backoff(1).pause(Method::Get, &fault, 1).is_some(), "{fault}");
        }
        assert_eq!(backoff(1).pause(Method::Get, &Fault::Unauthorized, 1), None);
    }
}
