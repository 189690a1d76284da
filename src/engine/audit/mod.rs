//! The history for auditors: an entry as it is exported, and the chain verified.

mod entry;
mod verify;

pub use entry::Entry;
pub use verify::{Broken, Verification, verify};
