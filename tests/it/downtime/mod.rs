//! Time that fails: a process that is down for hours or months, clocks that are set, other rules of a time zone.
//!
//! [`gaps`]: downtime, against the oracle. [`clocks`]: clocks set back and forward, and what the planner makes of them.
//! [`zones`]: another time-zone database. [`life`] drives the real engine through all of it.

mod clocks;
mod gaps;
mod life;
mod zones;
