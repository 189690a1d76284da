//! The oracle: an independent calculation of everything that `mahnwerk rehearse` must print.
//!
//! It is written from DESIGN section 5 alone and may not name anything of the `mahnwerk` library: an error that both sides
//! share would stay unseen. It is meant to be read beside that section, so it is plain rather than fast: one pass over the
//! days, and on each day over the instants at which something can happen.
//!
//! Where to look next: [`simulation`] is the calculation, [`calendar`] the civil time under it, [`holidays`] the holiday
//! dates; `tests/it/rehearsal.rs` runs the real binary and compares.

pub(crate) mod calendar;
pub(crate) mod comparison;
mod examples;
mod examples_of_time;
pub(crate) mod holidays;
pub(crate) mod invented;
pub(crate) mod invoice_file;
pub(crate) mod ladder;
pub(crate) mod model;
pub(crate) mod promises;
pub(crate) mod simulation;
pub(crate) mod variants;
pub(crate) mod workflow_file;
