//! it

mod holidays;
mod invoice_files;
mod killed;
mod letters;
mod mail;
mod oracle;
mod queues;
mod rehearsal;
mod support;
