//! A step: one piece of outside work of a notice, its states and when it is tried again.

use super::time::Timestamp;

/// Where a step stands. Retries, leases and attempts live in the ledger, never in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// Not yet its turn: a step of the same notice comes first.
    Ready,
    /// A worker may start it; the queue was rung.
    Queued,
    /// The effect is about to happen or has happened.
    Started,
    Done,
    /// Tried again at `due_at`.
    Retry,
    /// Out of attempts, or refused for good.
    GaveUp,
    /// Nobody can know whether it happened; never repeated by itself.
    Unknown,
    Cancelled,
}

impl StepState {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Queued => "queued",
            Self::Started => "started",
            Self::Done => "done",
            Self::Retry => "retry",
            Self::GaveUp => "gave_up",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How often and how soon a step is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    pub first_seconds: u32,
    pub max_seconds: u32,
    /// Attempts in all, the first included.
    pub max_attempts: u32,
}

impl Backoff {
    /// When the attempt after number `attempt` (from 1) may start: doubling, capped; `None` when there is none left.
    #[must_use]
    pub fn next(self, attempt: u32, now: Timestamp) -> Option<Timestamp> {
        if attempt >= self.max_attempts {
            return None;
        }
        let doubled = u64::from(self.first_seconds) << (attempt.saturating_sub(1)).min(20);
        let seconds = doubled.min(u64::from(self.max_seconds));
        Some(now.plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_to_its_cap_and_ends() {
        let backoff = Backoff { first_seconds: 60, max_seconds: 200, max_attempts: 4 };
        let waits: Vec<_> = (1..=4).map(|attempt| backoff.next(attempt, Timestamp(0)).map(|at| at.0 / 1000)).collect();
        assert_eq!(waits, [Some(60), Some(120), Some(200), None]);
    }
}
