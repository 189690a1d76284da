//! Synchronised sources: accounting systems whose open claims are kept in the ledger, in step.
//!
//! * [`ports`]: what a source is asked. [`connection`]: a tenant's, with its settings. [`pace`]: the turns in which a key is used.
//! * [`run`], with [`cursor`]: the steps towards being in step, each a request and a transaction; [`keep`] takes them for ever.
//! * `rows` takes listings in, `ask` what is asked of one claim; `facts`, with `booking`, makes facts of it. `exclusion`: why a claim
//!   is not dunned.
//! * [`told`]: what a source tells by itself is kept; `take_up` asks about it; [`subscriptions`] makes the source tell.
//! * [`freshness`]: nothing is dunned on old data. [`condition`], [`status`]: how the source stands.
//!
//! It names no product and no HTTP; no transaction is open while a source is asked.

mod ask;
mod booking;
pub mod condition;
pub mod connection;
pub mod cursor;
pub mod documents;
mod email;
mod exclusion;
mod facts;
pub mod freshness;
pub mod keep;
pub mod pace;
pub mod ports;
mod rows;
pub mod run;
pub mod status;
pub mod subscriptions;
mod take_up;
pub mod told;
mod words;
