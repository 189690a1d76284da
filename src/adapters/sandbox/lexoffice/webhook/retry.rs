//! What an answer to a webhook means, and when it is tried again.

use super::super::time::SECOND;

/// After a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Delivered,
    /// So many milliseconds later.
    Again(i64),
    /// Not tried again.
    GivenUp,
    /// Not tried again, and nothing more goes to this subscription.
    Unsubscribed,
}

/// `None` is no answer in time, or no connection.
pub(super) fn next(status: Option<u16>, attempts: u32) -> Next {
    match status {
        Some(200 | 201 | 202 | 204) => Next::Delivered,
        Some(410) => Next::Unsubscribed,
        Some(401 | 403 | 429 | 500..=599) | None => wait(attempts).map_or(Next::GivenUp, Next::Again),
        Some(404) => wait(attempts).map_or(Next::Unsubscribed, Next::Again),
        Some(_) => Next::GivenUp,
    }
}

/// Five tries after 10 to 160 seconds, a pause of half an hour, then twenty, two hours apart.
fn wait(attempts: u32) -> Option<i64> {
    const MINUTE: i64 = 60 * SECOND;
    match attempts {
        1..=5 => Some((10 * SECOND) << (attempts - 1)),
        6 => Some(30 * MINUTE),
        7..=25 => Some(120 * MINUTE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_wait_longer_and_longer_and_end() {
        let waits: Vec<i64> = (1..).map_while(wait).map(|ms| ms / SECOND).collect();
        assert_eq!(waits[..7], [10, 20, 40, 80, 160, 1_800, 7_200]);
        assert_eq!(waits.len(), 5 + 20);
        assert_eq!(next(Some(503), 26), Next::GivenUp);
        assert_eq!(next(Some(404), 26), Next::Unsubscribed);
        assert_eq!((next(Some(410), 1), next(Some(400), 1), next(Some(202), 9)), (Next::Unsubscribed, Next::GivenUp, Next::Delivered));
        assert_eq!(next(Some(302), 1), Next::GivenUp, "redirects are followed or given up");
    }
}
