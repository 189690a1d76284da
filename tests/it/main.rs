//! it

mod holidays;

mod mail;
