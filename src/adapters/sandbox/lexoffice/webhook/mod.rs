//! Telling subscribers: what is sent, when again, and how it is signed.
//!
//! `queue` decides, on the sandbox's clock; `deliver` talks HTTP, to loopback only; `signature` holds the test key.

mod deliver;
mod queue;
mod retry;
mod signature;

pub(super) use deliver::{is_loopback, run};
pub(super) use queue::{Delivery, Queue};
pub(super) use signature::PUBLIC_KEY;
