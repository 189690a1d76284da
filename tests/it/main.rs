//! it

mod holidays;
mod invoice_files;
mod mail;
mod oracle;
mod rehearsal;
