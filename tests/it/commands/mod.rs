//! The commands, through the real binary: what they print, what they change, how they end.

mod audit;
mod clock;
mod doctor;
mod help;
mod import;
mod instance;
mod notice;
mod place;
mod sandbox;
mod source;
mod workflow;
