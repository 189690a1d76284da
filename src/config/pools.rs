//! `[pools]`: how much work is done at once, and how patiently.

use crate::domain::pool::Pool;
use crate::domain::toml_reader::{Table, value};
use serde::Serialize;

/// `[pools]`: concurrency, leases and retries of the steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pools {
    /// Chunks worked on at once in this process; 0 leaves the pool to others.
    pub send: u32,
    pub print: u32,
    pub post: u32,
    /// A step whose worker was not heard of for so long goes to another.
    pub lease_seconds: u32,
    /// What SIGTERM leaves running steps to finish.
    pub drain_seconds: u32,
    /// Then a step gives up and a person must look.
    pub max_attempts: u32,
    /// Before the second attempt; the wait doubles from attempt to attempt …
    pub first_retry_seconds: u32,
    /// … up to this.
    pub longest_retry_seconds: u32,
}

impl Default for Pools {
    fn default() -> Self {
        Self {
            send: 4,
            print: 2,
            post: 1,
            lease_seconds: 60,
            drain_seconds: 30,
            max_attempts: 8,
            first_retry_seconds: 30,
            longest_retry_seconds: 3600,
        }
    }
}

impl Pools {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        let pools = Self {
            send: table.value("send", value::whole(0..=256)).unwrap_or(default.send),
            print: table.value("print", value::whole(0..=256)).unwrap_or(default.print),
            post: table.value("post", value::whole(0..=256)).unwrap_or(default.post),
            lease_seconds: table.value("lease_seconds", value::whole(5..=86_400)).unwrap_or(default.lease_seconds),
            drain_seconds: table.value("drain_seconds", value::whole(0..=3600)).unwrap_or(default.drain_seconds),
            max_attempts: table.value("max_attempts", value::whole(1..=100)).unwrap_or(default.max_attempts),
            first_retry_seconds: table.value("first_retry_seconds", value::whole(1..=86_400)).unwrap_or(default.first_retry_seconds),
            longest_retry_seconds: table.value("longest_retry_seconds", value::whole(1..=604_800)).unwrap_or(default.longest_retry_seconds),
        };
        if pools.longest_retry_seconds < pools.first_retry_seconds {
            let first = pools.first_retry_seconds;
            table.error("longest_retry_seconds", format!("must not be less than first_retry_seconds: write {first} or more"));
        }
        table.finish();
        pools
    }

    /// The concurrency of one pool.
    #[must_use]
    pub fn of(&self, pool: Pool) -> u32 {
        match pool {
            Pool::Send => self.send,
            Pool::Print => self.print,
            Pool::Post => self.post,
        }
    }
}
