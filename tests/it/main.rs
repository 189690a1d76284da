//! it

mod holidays;
mod invoice_files;
