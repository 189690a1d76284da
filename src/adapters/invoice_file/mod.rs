//! Reading invoice files: CSV and the habits of OPOS lists, described by a map file.
//!
//! `Map` says how a row becomes an invoice, `InvoiceFile` streams the rows, `Report` counts and words what came of them.
//! A row is either whole or refused with the line, the field and what to write instead; nothing is guessed.
//! This module only reads: what a repeated number means, and everything else about the ledger, is the importer's business.
//!
//! Where to look next: `fields` (what there is to fill), `map` and `format` (the map file), `template` (its values),
//! `decode` and `records` (bytes to records), `binding` (map meets header), `reading`, `customer` and `values` (record to invoice).

mod amounts;
mod binding;
mod customer;
mod dates;
mod decode;
mod fields;
mod file;
mod format;
mod map;
mod reading;
mod records;
mod report;
mod row;
mod standard;
mod template;
mod values;

pub use fields::Field;
pub use file::{FileError, FileProblem, InvoiceFile};
pub use map::{Map, MapProblem};
pub use report::Report;
pub use row::{CustomerKind, CustomerRow, InvoiceKind, InvoiceRow, RowProblem, RowWarning};
