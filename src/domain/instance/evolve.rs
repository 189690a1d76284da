//! Applies a change. Chooses nothing.

use super::{Change, Instance};

/// The instance after `change`.
#[must_use]
pub fn evolve(instance: Instance, change: Change) -> Instance {
    let Change { cause: _, to, passed, dispatched_on, placed, channel, workflow } = change;
    let workflow = workflow.unwrap_or(instance.workflow);
    Instance { workflow, seq: instance.seq + 1, passed, dispatched_on, placed, channel, state: to, ..instance }
}
