//! The ledger's promises, on SQLite and PostgreSQL alike: every statement, and what the engine builds on them.
//!
//! Each story is told once, as an async function over a [`TestLedger`](crate::support::ledger::TestLedger), and run on
//! both. The stories go through the engine where it has a way, through the store's own methods where it has none.

mod addresses;
mod alike;
mod backlog;
mod blocks;
mod by_hand;
mod chain;
mod claims;
mod commits;
mod details;
mod facts;
mod flown;
mod late;
mod lists;
mod news;
mod operations;
mod order;
mod owner_notice;
mod places;
mod processes;
mod publications;
mod recalls;
mod runs;
mod sending;
mod statements;
mod throttle;
