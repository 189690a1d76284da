//! it

mod holidays;
