//! A lexoffice (Lexware Office public API) that behaves like the real one, and misbehaves as it is told.
//!
//! Words in here are the vendor's. A request goes through `server` (HTTP), `state` (faults), `api` (gate and endpoints) and `world`
//! (what there is); `control` changes the world from outside, `webhook` tells subscribers, `scenario` says what is there at the start.
//! It never calls another machine. What production does where nobody knows it is said beside the code.

mod act;
mod amount;
mod answer;
mod api;
mod asked;
mod bucket;
mod clock;
mod connection;
mod control;
mod disguise;
mod fault;
mod ids;
mod index;
mod journal;
mod records;
mod render;
mod scenario;
mod server;
mod state;
mod time;
mod webhook;
mod world;

pub use bucket::Limit;
pub use clock::RealTime;
pub use fault::{Disguise, Fault, FaultError, Trouble};
pub use scenario::{GENERATED_KEY, Scenario};
pub use server::{LexofficeSandbox, LexofficeSettings, StartError};
