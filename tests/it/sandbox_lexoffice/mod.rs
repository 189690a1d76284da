//! The sandbox's lexoffice over real HTTP: item by item what the reference says a faithful one must do.

mod control;
mod documents;
mod dunnings;
mod faults;
mod gate;
mod lists;
pub(crate) mod office;
mod payments;
mod receiver;
mod webhooks;
