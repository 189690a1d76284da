//! lexoffice as a source of claims: the engine's port over the client. Here the vendor's words become the engine's; what they come to is
//! not decided here.

mod account;
mod claims;
mod contacts;
mod documents;
mod errors;
mod hooks;
mod payments;
mod terms;
mod words;

pub use account::LexofficeSource;
