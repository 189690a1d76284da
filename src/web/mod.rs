//! The pages and interfaces that people and programs see, over HTTP.
//!
//! This layer asks the others and shows what they say. It decides nothing, and it holds no transaction open.

pub mod hooks;
pub mod mailbox;
pub mod metrics;
pub mod operations;
