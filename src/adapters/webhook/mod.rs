//! Webhooks over HTTP: to public addresses by TLS only, and to this machine where that is configured. No redirect is followed.

mod client;
mod public;

pub use client::HttpTeller;
