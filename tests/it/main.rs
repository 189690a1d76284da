//! it

mod holidays;
mod oracle;
mod rehearsal;
mod invoice_files;
