//! The ledger in SQL, and nothing but SQL: no rule of dunning, no clock (`now` is a parameter of every statement).
//!
//! One SQL text serves SQLite and PostgreSQL; what must differ stands as a token in it (see [`statement`]).
//! Batches travel as one JSON text, a statement per table and batch. Everything that writes a tenant's rows
//! holds that tenant's head ([`tenant::TenantTx`]), so that its chain and its decisions are serial.

pub mod backup;
pub mod blocks;
pub mod cases;
pub mod db;
pub mod detail;
pub mod documents;
pub mod error;
pub mod fence;
pub mod gauges;
pub mod health;
pub mod history;
pub mod intake;
pub mod mark;
pub mod notices;
pub mod slots;
pub mod statement;
pub mod steps;
pub mod tenant;
pub mod timers;
pub mod views;

pub use db::{Row, Store, Tx, Value};
pub use error::StoreError;
pub use tenant::TenantTx;

/// Every statement, for the test that prepares each on both databases.
#[must_use]
pub fn statements() -> Vec<&'static statement::Statement> {
    [
        tenant::STATEMENTS,
        intake::STATEMENTS,
        cases::STATEMENTS,
        blocks::STATEMENTS,
        slots::STATEMENTS,
        timers::STATEMENTS,
        notices::STATEMENTS,
        steps::STATEMENTS,
        documents::STATEMENTS,
        history::STATEMENTS,
        views::STATEMENTS,
        detail::STATEMENTS,
        fence::STATEMENTS,
        backup::STATEMENTS,
        gauges::STATEMENTS,
    ]
    .concat()
}
