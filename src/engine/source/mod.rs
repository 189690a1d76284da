//! Synchronised sources: accounting systems whose open claims are kept in the ledger, in step.

pub mod ports;
