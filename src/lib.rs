//! Mahnwerk: durable dunning. Every open invoice is one durable workflow instance.
//!
//! The layers, each naming only those above it in this list (`tests/it/architecture.rs` holds that):
//!
//! * [`domain`]: the language and the rules of dunning. Pure: no async, clock, I/O, randomness, floats.
//! * [`config`]: `worker.toml`, read once and typed; names `domain` only, and whoever needs a setting reads it.
//! * `store`: the ledger in SQL (SQLite or PostgreSQL), and nothing but SQL.
//! * [`engine`]: load, decide, save; the only caller of `domain`'s `decide`. Owns transactions.
//! * `workers`: the pools behind the apalis queues. `adapters`: mail, letters, print batch, texts, files.
//! * [`assembly`]: configuration becomes parts; the tenants of a process as they are configured now.
//! * `web`, `cli`: the rims.

pub mod adapters;
pub mod assembly;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod store;
pub mod web;
pub mod workers;
