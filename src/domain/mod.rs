//! The language of dunning and its rules.
//!
//! Pure: no async, no clock, no I/O, no randomness, no floats; time and ids are arguments. Everything
//! that chooses what happens to an invoice is here; everything that makes it happen is elsewhere.

pub mod calendar;
pub mod document;
pub mod ids;
pub mod money;
pub mod notice;
pub mod pool;
pub mod time;
pub mod workflow;
