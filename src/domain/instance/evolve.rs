//! Applies a change. Chooses nothing.

use super::{Change, Instance};

/// The instance after `change`.
#[must_use]
pub fn evolve(instance: Instance, change: Change) -> Instance {
    Instance { seq: instance.seq + 1, passed: change.passed, dispatched_on: change.dispatched_on, state: change.to, ..instance }
}
