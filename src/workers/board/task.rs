//! A step as the board knows it.

use crate::domain::ids::{StepId, TenantId};
use crate::domain::pool::Pool;
use apalis_core::backend::queue::Queue;
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::status::Status;
use apalis_core::task::task_id::TaskId;
use serde_json::Value;
use std::str::FromStr;
use ulid::Ulid;

/// Where a step stands, in the board's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It waits for its next attempt.
    Pending,
    Queued,
    Running,
    Done,
    /// It gave up, or nobody knows how it ended: a person must look.
    Failed,
    /// It was taken back before it left.
    Killed,
}

impl Standing {
    pub const ALL: [Self; 6] = [Self::Pending, Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Killed];

    pub(super) fn status(self) -> Status {
        match self {
            Self::Pending => Status::Pending,
            Self::Queued => Status::Queued,
            Self::Running => Status::Running,
            Self::Done => Status::Done,
            Self::Failed => Status::Failed,
            Self::Killed => Status::Killed,
        }
    }

    pub(super) fn of(status: &Status) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.status() == *status)
    }
}

/// Which step of which tenant; the board writes it as a ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskKey {
    pub tenant: TenantId,
    pub step: StepId,
}

impl TaskKey {
    /// # Errors
    /// When it is no ULID of ours.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = Ulid::from_string(text).map_err(|error| error.to_string())?.0;
        let part = |bits: u128| i64::try_from(bits & u128::from(u64::MAX)).map_err(|error| error.to_string());
        Ok(Self { tenant: TenantId(part(number >> 64)?), step: StepId(part(number)?) })
    }
}

impl std::fmt::Display for TaskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |number: i64| u128::from(u64::try_from(number).unwrap_or(0));
        Ulid((part(self.tenant.0) << 64) | part(self.step.0)).fmt(f)
    }
}

/// A step as the board shows it. Instants are whole seconds.
#[derive(Clone, Debug)]
pub struct BoardTask {
    pub key: TaskKey,
    pub pool: Pool,
    pub standing: Standing,
    pub attempt: usize,
    pub max_attempts: usize,
    pub due_at: u64,
    pub done_at: Option<u64>,
    pub worker: Option<String>,
    /// Everything that an operator must see.
    pub arguments: Value,
}

impl BoardTask {
    /// # Errors
    /// Never for keys of the ledger.
    pub(super) fn task(self) -> Result<Task<Value>, String> {
        let id = TaskId::from_str(&self.key.to_string()).map_err(|error| error.to_string())?;
        Ok(TaskBuilder::new(self.arguments)
            .task_id(id)
            .status(self.standing.status())
            .attempt(self.attempt)
            .max_attempts(self.max_attempts)
            .run_at_timestamp(self.due_at)
            .done_at(self.done_at)
            .lock_by(self.worker)
            .queue(Queue::from(self.pool.as_str()))
            .build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_it_went() {
        let key = TaskKey { tenant: TenantId(3), step: StepId(1_234_567) };
        assert_eq!(TaskKey::parse(&key.to_string()), Ok(key));
        assert_eq!(key.to_string().len(), 26);
        assert!(TaskKey::parse("no ulid").is_err() && TaskKey::parse("7ZZZZZZZZZZZZZZZZZZZZZZZZZ").is_err());
    }
}
