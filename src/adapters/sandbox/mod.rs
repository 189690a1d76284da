//! Stand-ins for the outside world: real servers on loopback that behave, and misbehave on demand.
//!
//! They serve rehearsals, demonstrations and our own tests, which need the real protocol and real failures. Nothing in
//! here reaches beyond the addresses it was told to listen on.

mod dice;
pub mod lexoffice;
pub mod sample;
pub mod smtp;

pub use dice::Dice;
