//! The ledger in SQL, and nothing but SQL: no rule of dunning, no clock (`now` is a parameter of every statement).
//!
//! One SQL text serves SQLite and PostgreSQL; what must differ stands as a token in it (see [`statement`]).
//! Batches travel as one JSON text or, where every stage of every instance writes them, as typed cells (`batch`); a statement per
//! table and batch. Everything that writes a tenant's rows
//! holds that tenant's head ([`tenant::TenantTx`]), so that its chain and its decisions are serial.

pub mod account_log;
pub mod accounts;
pub mod addresses;
pub mod api_lists;
pub mod api_requests;
pub mod api_tokens;
pub mod backup;
mod batch;
pub mod begun;
mod bind;
pub mod blocks;
pub mod board;
pub mod by_hand;
pub mod cases;
mod changes;
mod checkpoint;
pub mod clock;
pub mod db;
pub mod detail;
pub mod documents;
pub mod durable;
pub mod editions;
pub mod error;
pub mod fence;
pub mod flight;
pub mod gate;
pub mod gauges;
pub mod health;
pub mod history;
pub mod intake;
pub mod lists;
pub mod mark;
pub mod news;
pub mod notices;
mod open;
pub mod overview;
pub mod owner_notices;
pub mod probe;
pub mod process;
pub mod publications;
pub mod retime;
mod row;
pub mod runs;
pub mod sessions;
pub mod size;
pub mod slots;
pub mod source;
pub mod source_claims;
pub mod source_dunnings;
pub mod source_events;
pub mod statement;
mod statistics;
pub mod steps;
pub mod strays;
pub mod tenant;
pub mod timers;
pub mod versions;
pub mod views;
pub mod webhooks;

pub use db::{Row, Store, Tx, Value};
pub use error::StoreError;
pub use tenant::TenantTx;

/// Every statement, for the test that prepares each on both databases.
#[must_use]
pub fn statements() -> Vec<&'static statement::Statement> {
    let fixed = [
        tenant::STATEMENTS,
        intake::STATEMENTS,
        addresses::STATEMENTS,
        cases::STATEMENTS,
        begun::STATEMENTS,
        blocks::STATEMENTS,
        slots::STATEMENTS,
        timers::STATEMENTS,
        clock::STATEMENTS,
        retime::STATEMENTS,
        notices::STATEMENTS,
        steps::STATEMENTS,
        documents::STATEMENTS,
        process::STATEMENTS,
        history::STATEMENTS,
        views::STATEMENTS,
        detail::STATEMENTS,
        versions::STATEMENTS,
        by_hand::STATEMENTS,
        fence::STATEMENTS,
        backup::STATEMENTS,
        gauges::STATEMENTS,
        strays::STATEMENTS,
        gate::STATEMENTS,
        source::STATEMENTS,
        source_claims::STATEMENTS,
        accounts::STATEMENTS,
        sessions::STATEMENTS,
        account_log::STATEMENTS,
        overview::STATEMENTS,
        runs::STATEMENTS,
        board::STATEMENTS,
        source_events::STATEMENTS,
        source_dunnings::STATEMENTS,
        api_tokens::STATEMENTS,
        api_requests::STATEMENTS,
        api_lists::STATEMENTS,
        webhooks::STATEMENTS,
        owner_notices::STATEMENTS,
        publications::STATEMENTS,
        editions::STATEMENTS,
    ];
    [fixed.concat(), lists::statements()].concat()
}
