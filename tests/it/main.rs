//! it

mod oracle;
mod rehearsal;
