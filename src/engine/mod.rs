//! The imperative shell: load, decide, save, in one transaction.

pub mod ports;
