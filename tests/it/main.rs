//! it

mod holidays;
mod invoice_files;
mod oracle;
mod queues;
mod rehearsal;
mod support;
