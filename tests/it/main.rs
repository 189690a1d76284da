//! The integration tests, in one binary: a second one would link everything a second time.

mod architecture;
mod commands;
mod conformance;
mod holidays;
mod invoice_files;
mod killed;
mod letters;
mod mail;
mod modes;
mod oracle;
mod query_plans;
mod queues;
mod rehearsal;
mod support;
