//! The rate limit: one token bucket for each key, over all endpoints together.

use serde::Deserialize;

/// How fast a key may ask. What production allows as a burst, and whether it sends `Retry-After`, is not known.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// Requests a second in the long run; 0 means no limit.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
    /// Seconds that a 429 asks to wait; without it there is no such header.
    pub retry_after: Option<u32>,
}

impl Default for Limit {
    fn default() -> Self {
        Self { per_second: 2, burst: 4, retry_after: None }
    }
}

/// Thousandths of a token, so that a refill of half a token is not lost.
#[derive(Debug)]
pub(super) struct Bucket {
    thousandths: i64,
    filled_at: i64,
}

const TOKEN: i64 = 1_000;

impl Bucket {
    pub(super) fn full(limit: Limit, now: i64) -> Self {
        Self { thousandths: i64::from(limit.burst.max(1)) * TOKEN, filled_at: now }
    }

    /// Takes a token if there is one; `now` in milliseconds.
    pub(super) fn take(&mut self, limit: Limit, now: i64) -> bool {
        if limit.per_second == 0 {
            return true;
        }
        // A token a second is a thousandth a millisecond.
        let fresh = now.saturating_sub(self.filled_at).max(0).saturating_mul(i64::from(limit.per_second));
        let most = i64::from(limit.burst.max(1)) * TOKEN;
        self.thousandths = self.thousandths.saturating_add(fresh).min(most);
        self.filled_at = now;
        let enough = self.thousandths >= TOKEN;
        if enough {
            self.thousandths -= TOKEN;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_two_a_second() {
        let limit = Limit { per_second: 2, burst: 3, retry_after: None };
        let mut bucket = Bucket::full(limit, 0);
        let mut take = |now| bucket.take(limit, now);
        assert_eq!([take(0), take(0), take(0), take(0)], [true, true, true, false]);
        assert_eq!([take(499), take(500), take(501), take(1_000)], [false, true, false, true]);
        assert!(!take(400), "a clock that was set back fills nothing");
    }
}
