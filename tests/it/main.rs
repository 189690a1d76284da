//! The integration tests, in one binary: a second one would link everything a second time.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that can't go on fails, and one that measures says so")]

#[macro_use]
mod support;

mod api;
mod architecture;
mod commands;
mod conformance;
mod crash;
mod downtime;
mod fire;
mod holidays;
mod invoice_files;
pub(crate) mod letters;
mod lexoffice;
mod mail;
mod modes;
mod oracle;
mod pages;
mod pages_lists;
mod query_plans;
mod query_plans_postgres;
mod queues;
mod rehearsal;
mod restore;
mod sandbox_lexoffice;
mod source;
mod watching;
