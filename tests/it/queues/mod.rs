//! The queues against real servers and files: what apalis must go on doing, and what we add because it does not.
//!
//! Run again on every new version of apalis; each test stands against a failure that was measured.

mod every_queue;
mod killed;
mod memory;
mod place;
mod rate;
mod redis_only;
mod sqlite_only;
