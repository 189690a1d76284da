//! One request that was let in, and what it may see and change.

use super::super::super::dice::Dice;
use super::super::answer::Refusal;
use super::super::asked::Asked;
use super::super::ids::Id;
use super::super::world::{Organization, Voucher};

#[derive(Debug)]
pub(in super::super) struct Call<'w> {
    pub(in super::super) asked: &'w Asked,
    pub(in super::super) organization: &'w mut Organization,
    pub(in super::super) dice: &'w mut Dice,
    /// The place of the key it came with.
    pub(in super::super) key: usize,
    /// The connection of that key.
    pub(in super::super) connection: Id,
    pub(in super::super) now: i64,
    /// How long a new dunning stays out of sight.
    pub(in super::super) lag_ms: i64,
    /// By how many rows later pages are moved.
    pub(in super::super) moved_rows: i64,
    /// Whether a list may hold a row of a kind that nobody knows.
    pub(in super::super) unknown_row: bool,
}

impl Call<'_> {
    /// The id in the path, if it is one.
    pub(super) fn id(&self) -> Option<Id> {
        self.asked.segments.get(1).and_then(|text| Id::parse(text))
    }

    /// The voucher that the path names, if it is of a kind that this endpoint serves.
    pub(super) fn voucher(&self, serves: impl Fn(&Voucher) -> bool) -> Option<&Voucher> {
        self.id().and_then(|id| self.organization.voucher(id)).filter(|voucher| serves(voucher))
    }

    /// The sales voucher that the path names; the endpoint's name is its kind.
    pub(super) fn sales_voucher(&self) -> Result<&Voucher, Refusal> {
        let endpoint = self.asked.segments.first().map(String::as_str).unwrap_or_default();
        let kind = endpoint.trim_end_matches('s').replace('-', "");
        self.voucher(|voucher| voucher.kind.word() == kind).ok_or_else(Refusal::not_found)
    }
}
