//! The language of dunning and its rules.
//!
//! Pure: no async, no clock, no I/O, no randomness, no floats; time and ids are arguments. Everything
//! that chooses what happens to an invoice is here; everything that makes it happen is elsewhere.

pub mod account;
pub mod address;
pub mod backlog;
pub mod calendar;
pub mod chain;
pub mod compose;
pub mod difference;
pub mod document;
pub mod format;
pub mod ids;
pub mod instance;
pub mod mark;
pub mod money;
pub mod notice;
pub mod percent;
pub mod pool;
pub mod publication;
pub mod scope;
pub mod step;
pub mod tenant;
pub mod time;
pub mod toml_reader;
pub mod totp;
pub mod workflow;
