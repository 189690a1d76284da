//! it

mod holidays;
mod invoice_files;
mod oracle;
mod rehearsal;
