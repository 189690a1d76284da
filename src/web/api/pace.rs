//! How many requests a token may make: a bucket per token that fills evenly. In memory: a restart fills all of them.

use crate::domain::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub per_second: u32,
    pub burst: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { per_second: 20, burst: 100 }
    }
}

/// What is left in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// Whether this request is let through.
    pub(super) admitted: bool,
    /// Whole requests that are left.
    pub(super) requests: u64,
    /// Until there is another one, or until it is full.
    pub(super) seconds: u64,
}

/// A thousandth of a request is the unit, so that milliseconds fill it without a rest.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    thousandths: i64,
    at: Timestamp,
}

/// The buckets of all tokens.
#[derive(Debug)]
pub(super) struct Buckets {
    pace: Pace,
    by_token: Mutex<HashMap<String, Bucket>>,
}

const REQUEST: i64 = 1000;

impl Buckets {
    pub(super) fn new(pace: Pace) -> Self {
        let pace = Pace { per_second: pace.per_second.max(1), burst: pace.burst.max(1) };
        Self { pace, by_token: Mutex::default() }
    }

    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    /// Takes one request out.
    pub(super) fn take(&self, token: &str, now: Timestamp) -> Left {
        let (speed, full) = (i64::from(self.pace.per_second), i64::from(self.pace.burst) * REQUEST);
        let mut buckets = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(token.to_owned()).or_insert(Bucket { thousandths: full, at: now });
        let passed = (now.0 - bucket.at.0).clamp(0, 3_600_000);
        bucket.thousandths = full.min(bucket.thousandths + passed * speed);
        bucket.at = now;
        let admitted = bucket.thousandths >= REQUEST;
        if admitted {
            bucket.thousandths -= REQUEST;
        }
        let wanted = if admitted { full } else { REQUEST };
        let millis = (wanted - bucket.thousandths).max(0).unsigned_abs().div_ceil(speed.unsigned_abs());
        Left { admitted, requests: bucket.thousandths.unsigned_abs() / REQUEST.unsigned_abs(), seconds: millis.div_ceil(1000) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_by_requests_and_fills_by_time() {
        let buckets = Buckets::new(Pace { per_second: 2, burst: 3 });
        let take = |ms| buckets.take("a", Timestamp(ms));
        let admitted: Vec<_> = (0..4).map(|_| take(0).admitted).collect();
        assert_eq!(admitted, [true, true, true, false]);
        assert_eq!(take(0), Left { admitted: false, requests: 0, seconds: 1 });
        assert_eq!(buckets.take("b", Timestamp(0)), Left { admitted: true, requests: 2, seconds: 1 });
        assert!(!take(499).admitted && take(500).admitted && !take(500).admitted);
        // A clock that goes back takes nothing and gives nothing.
        assert!(!take(0).admitted);
        assert_eq!(take(60_000), Left { admitted: true, requests: 2, seconds: 1 });
    }
}
