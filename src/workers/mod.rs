//! The worker pools and their queues. The only layer that names apalis.
//!
//! A queue message is a pointer; the ledger decides whether it still means anything.
