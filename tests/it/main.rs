//! it

mod holidays;
mod queues;
mod support;
