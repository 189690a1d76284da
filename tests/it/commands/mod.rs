//! The commands, through the real binary: what they print, what they change, how they end.

mod audit;
mod backlog;
mod clock;
mod customer;
mod doctor;
mod help;
mod import;
mod instance;
mod notice;
mod place;
mod sandbox;
mod sending;
mod source;
mod token;
mod workflow;
