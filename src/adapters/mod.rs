//! The outside world: mail, letters, the print batch, texts, files, the source of invoices. Each implements a port of `engine::ports`.
//!
//! No SQL here, no HTTP pages, no decisions: an adapter does what it is told and says how it ended.

pub mod invoice_file;
pub mod letters;
pub mod lexoffice;
pub mod mail;
pub mod outside;
pub mod sandbox;
#[cfg(feature = "otlp")]
pub mod telemetry;
pub mod texts;
pub mod tls;
pub mod webhook;
