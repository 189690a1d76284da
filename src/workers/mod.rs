//! The worker pools and their queues. The only layer that names apalis.
//!
//! A queue message is a pointer; the ledger decides whether it still means anything. So a message may come twice, late or
//! never, and the whole queue may vanish: the ledger's sweep rings again. Nothing here reads or writes the ledger, retries
//! work or knows an outcome.
//!
//! [`Queues`] is the way in: [`Queues::bell`] for those who ring, [`Queues::start`] for those who work. Rules that hold in
//! here, each against a failure that was measured: handlers cannot fail (`desk`), the queue is polled by our own strategy
//! (`tick`), one message is fetched at a time (`redis`, `sqlite`), a worker that ends is started again under a new name
//! (`supervise`), pushes are sliced and bounded (`bell`).

mod bell;
pub mod board;
mod desk;
mod marks;
mod memory;
mod message;
mod pools;
mod queues;
mod redis;
mod settings;
mod sqlite;
mod store;
mod supervise;
mod tick;

pub use marks::MarkShelf;
pub use pools::{Drained, Pools};
pub use queues::Queues;
pub use settings::{PoolSizes, QueueError, QueueSettings};
