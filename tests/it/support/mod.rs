//! What several integration tests stand on.

pub(crate) mod authority;
pub(crate) mod dice;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod world;
