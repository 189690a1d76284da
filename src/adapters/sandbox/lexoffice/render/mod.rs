//! What the service renders: the PDF of a voucher or dunning, and the XML of an e-invoice.
//!
//! Plain but real: every text, line and amount stands in it, so that a reader finds what was sent.

mod page;
mod pdf;
mod xml;

pub(super) use page::{dunning, voucher};
pub(super) use xml::xml;

#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}
