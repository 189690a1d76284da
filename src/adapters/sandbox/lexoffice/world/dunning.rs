//! A dunning: always a draft, always of one invoice, found only by its id or through that invoice.

use super::super::ids::Id;
use super::document::Document;

#[derive(Clone, Debug)]
pub(in super::super) struct Dunning {
    pub(in super::super) id: Id,
    pub(in super::super) invoice: Id,
    pub(in super::super) created: i64,
    pub(in super::super) updated: i64,
    pub(in super::super) version: u32,
    pub(in super::super) document: Document,
}
