//! The HTTP API over real HTTP, on both databases.

mod acts;
mod document;
mod every_call;
mod hooks;
mod intake;
mod interface;
mod once;
