//! How many effects of each pool may be under way at once, and how a step gets its turn.

use super::ahead::Ahead;
use crate::domain::pool::Pool;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many effects of each pool may be under way at once. What is under way when the process dies is unknown
/// afterwards: so no step begins before it has a connection to go out on.
#[derive(Debug)]
pub struct Width {
    print: Semaphore,
    send: Semaphore,
    post: Semaphore,
    pub(super) ahead: Ahead,
}

impl Width {
    #[must_use]
    pub fn new(print: usize, send: usize, post: usize) -> Self {
        let permits = |count: usize| Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS));
        Self { print: permits(print), send: permits(send), post: permits(post), ahead: Ahead::new() }
    }

    /// No bound: for effects that are not real.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::new(usize::MAX, usize::MAX, usize::MAX)
    }

    pub(super) async fn enter(&self, pool: Pool) -> Option<SemaphorePermit<'_>> {
        let semaphore = match pool {
            Pool::Print => &self.print,
            Pool::Send => &self.send,
            Pool::Post => &self.post,
        };
        semaphore.acquire().await.ok()
    }
}

/// What a step holds while it starts.
#[derive(Debug)]
pub(super) enum Turn<'a> {
    /// Nothing: it acts on nothing outside.
    Free,
    /// The connection, or whatever else it goes out on.
    Place(SemaphorePermit<'a>),
    /// A place among those that are started ahead of their connection.
    Ahead(SemaphorePermit<'a>),
}
