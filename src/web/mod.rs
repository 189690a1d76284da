//! The pages and interfaces that people and programs see, over HTTP.
//!
//! This layer asks the others and shows what they say. It decides nothing, and it holds no transaction open. `site` has the pages behind
//! the sign-in, `api` what programs ask for, `board` the apalis board, `operations` what machines that watch ask for, `mailbox` the
//! sandbox's mails; `mails` is how mails and files of strangers are shown at all.

pub mod api;
pub mod board;
pub mod hooks;
pub mod language;
pub mod mailbox;
mod mails;
pub mod metrics;
pub mod operations;
mod same_origin;
pub mod site;
