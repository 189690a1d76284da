//! Whether the clock can be planned by. A clock that was set wrong would dun people before their time.
//!
//! Two witnesses: the machine's uptime, which setting the clock does not change and sleep does not stop, and the ledger,
//! which remembers when a planner last looked. A doubt ends by itself when the clock is right again, or when a person confirms it.
//! Planning stops meanwhile; steps that were issued before go on, and so do facts and a person's acts.

use super::Engine;
use super::clock::Clock;
use super::error::EngineError;
use super::operate::Cause;
use crate::domain::time::Timestamp;
use crate::store::clock::{Confirmation, SeenClock};
use std::time::Duration;

/// How far a clock may stand behind the ledger's: machines differ, and are set right by small steps.
const BEHIND_MS: i64 = 5 * 60 * 1000;
/// How far it may leap beyond what the machine was up. More than a machine that is put right at its start, or one that
/// was stopped from outside for a night, and less than the wrong day of somebody who sets it by hand.
const LEAP_MS: i64 = 24 * 3600 * 1000;
/// The longest time without a planner that passes for downtime. Sixty days must; after a quarter of a year a person should
/// look before everybody gets a letter.
const ABSENCE_MS: i64 = 92 * 24 * 3600 * 1000;
/// How near a confirmation must be to the clock that it was given for.
const CONFIRMED_MS: i64 = 3600 * 1000;
/// How often the ledger is told that a planner looked.
const SEEN_EVERY_MS: i64 = 60 * 1000;

/// Why a clock is not planned by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error(
        "the clock stands at {}, but this ledger was worked on at {}: nothing is planned until the clock is right. \
         If it is right now and was wrong then: mahnwerk clock confirm",
        shown(*.now), shown(*.seen)
    )]
    Behind { now: Timestamp, seen: Timestamp },
    #[error(
        "the clock leapt to {}, it should be about {}: nothing is planned until the clock is right. If it is right now: mahnwerk clock confirm",
        shown(*.now), shown(*.expected)
    )]
    Leapt { now: Timestamp, expected: Timestamp },
    #[error(
        "the clock stands at {}, and no planner has looked since {}: nothing is planned after so long before somebody looks. \
         If the clock is right: mahnwerk clock confirm",
        shown(*.now), shown(*.seen)
    )]
    Absent { now: Timestamp, seen: Timestamp },
}

fn shown(at: Timestamp) -> String {
    at.in_zone(chrono_tz::UTC).format("%Y-%m-%d %H:%M UTC").to_string()
}

/// What clock and uptime said at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    now: Timestamp,
    uptime: Option<Duration>,
}

impl Reading {
    fn take(clock: &dyn Clock) -> Self {
        Self { now: clock.now(), uptime: clock.uptime() }
    }

    /// What the clock should say by the uptime since `before`; `None` where nobody counts it, or the machine was started anew.
    fn expected_since(self, before: Self) -> Option<Timestamp> {
        let passed = self.uptime?.checked_sub(before.uptime?)?;
        Some(Timestamp(before.now.0.saturating_add(i64::try_from(passed.as_millis()).ok()?)))
    }
}

/// Whether a reading is to be doubted, after what was trusted by this process and what the ledger saw.
fn doubt(reading: Reading, trusted: Option<Reading>, seen: Option<Timestamp>) -> Option<Doubt> {
    let now = reading.now;
    let latest = seen.max(trusted.map(|trusted| trusted.now));
    if let Some(seen) = latest.filter(|seen| now.0 < seen.0 - BEHIND_MS) {
        return Some(Doubt::Behind { now, seen });
    }
    if let Some(expected) = trusted.and_then(|trusted| reading.expected_since(trusted)).filter(|expected| now.0 > expected.0 + LEAP_MS) {
        return Some(Doubt::Leapt { now, expected });
    }
    seen.filter(|seen| now.0 > seen.0 + ABSENCE_MS).map(|seen| Doubt::Absent { now, seen })
}

/// What `doctor` can say of this machine's clock, without having watched it.
#[must_use]
pub fn doubt_at(now: Timestamp, seen: &SeenClock) -> Option<Doubt> {
    doubt(Reading { now, uptime: None }, None, Some(seen.seen_at))
}

/// A planner's watch over its clock.
#[derive(Debug, Default)]
pub struct Trust {
    trusted: Option<Reading>,
    /// What the ledger was told last; `None`: it has to be asked first.
    told: Option<Timestamp>,
    confirmed: Option<Confirmation>,
}

impl Trust {
    /// Looks at the clock; what it says, to plan by. Cheap while nothing is wrong: the ledger is asked once a minute.
    ///
    /// # Errors
    /// [`EngineError::Clock`] when the clock is doubted; when the ledger fails.
    pub async fn check(&mut self, engine: &Engine) -> Result<Timestamp, EngineError> {
        let reading = Reading::take(engine.clock.as_ref());
        let fresh = self.told.is_some_and(|told| (0..SEEN_EVERY_MS).contains(&(reading.now.0 - told.0)));
        if !fresh || doubt(reading, self.trusted, None).is_some() {
            self.told = None;
            self.ask(engine, reading).await?;
            engine.store.see_clock(reading.now).await?;
            self.told = Some(reading.now);
        }
        self.trusted = Some(reading);
        Ok(reading.now)
    }

    async fn ask(&mut self, engine: &Engine, reading: Reading) -> Result<(), EngineError> {
        let Some(seen) = engine.store.seen_clock().await? else { return Ok(()) };
        let first = self.trusted.is_none();
        if self.confirmed != seen.confirmed {
            self.confirmed = seen.confirmed;
            // Somebody's word holds for the clock that it was given for, not for another machine's.
            let near = |confirmed: &Confirmation| (reading.now.0 - confirmed.at.0).abs() < CONFIRMED_MS;
            if !first && self.confirmed.as_ref().is_some_and(near) {
                self.trusted = None;
            }
        }
        doubt(reading, self.trusted, Some(seen.seen_at)).map_or(Ok(()), |doubt| Err(doubt.into()))
    }
}

impl Engine {
    /// A person takes this machine's clock for right. What a clock that ran ahead has put off is brought back: senders' slots,
    /// bells, retries, leases, and sleeping timers. What was sent stays sent, and keeps its gap from the day that it was sent on.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn confirm_clock(&self, cause: &Cause) -> Result<Option<SeenClock>, EngineError> {
        let (now, before) = (self.clock.now(), self.store.seen_clock().await?);
        let lease_until = now.plus_seconds(self.limits.effect_seconds.max(self.limits.lease_seconds));
        if before.as_ref().is_some_and(|before| before.seen_at > now) {
            for (tenant, _) in self.store.tenants().await? {
                let mut tx = self.store.begin_tenant(tenant).await?;
                tx.pull_back(now, lease_until).await?;
                tx.commit().await?;
            }
        }
        self.store.confirm_clock(now, &cause.actor, &cause.reason).await?;
        Ok(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600 * 1000;
    const START: i64 = 1_000 * DAY;

    fn at(now_days: i64, up_days: u64) -> Reading {
        Reading { now: Timestamp(START + now_days * DAY), uptime: Some(Duration::from_secs(up_days * 86_400)) }
    }

    fn is_trusted(reading: Reading, trusted: Option<Reading>, seen_days: Option<i64>) -> bool {
        doubt(reading, trusted, seen_days.map(|days| Timestamp(START + days * DAY))).is_none()
    }

    #[test]
    fn sleep_and_downtime_of_sixty_days_are_ordinary() {
        assert!(is_trusted(at(60, 61), Some(at(0, 1)), Some(0)), "the machine slept: its uptime went on");
        assert!(is_trusted(at(60, 0), None, Some(0)), "the process was down");
        assert!(is_trusted(at(1, 1), Some(at(0, 1)), Some(0)), "a day is not yet a leap");
        assert!(is_trusted(at(0, 0), None, None), "a new ledger has seen nothing");
    }

    #[test]
    fn a_leap_and_a_long_absence_are_doubted() {
        assert!(matches!(doubt(at(2, 1), Some(at(0, 1)), None), Some(Doubt::Leapt { .. })));
        assert!(matches!(doubt(at(3650, 1), Some(at(0, 1)), None), Some(Doubt::Leapt { .. })));
        assert!(!is_trusted(at(93, 0), None, Some(0)));
        assert!(!is_trusted(at(93, 94), Some(at(0, 1)), Some(0)), "asleep for as long");
    }

    #[test]
    fn a_clock_behind_is_doubted_by_process_and_ledger() {
        let back = |minutes: i64| Reading { now: Timestamp(START - minutes * 60_000), uptime: None };
        assert!(is_trusted(back(4), Some(at(0, 1)), Some(0)));
        assert!(!is_trusted(back(6), Some(at(0, 1)), None));
        assert!(!is_trusted(back(6), None, Some(0)));
    }

    #[test]
    fn where_nobody_counts_uptime_a_leap_passes_for_sleep() {
        let uncounted = |days| Reading { uptime: None, ..at(days, 0) };
        assert!(is_trusted(uncounted(30), Some(uncounted(0)), Some(0)));
        assert!(is_trusted(at(30, 0), Some(at(0, 5)), Some(0)), "started anew: its uptime began again");
    }
}
