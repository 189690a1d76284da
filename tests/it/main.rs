//! it

mod holidays;
mod oracle;
mod rehearsal;
