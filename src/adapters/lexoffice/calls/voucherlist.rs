//! The voucherlist: all vouchers in rows, filtered and sorted. The one place that knows `overdue`, and the one that can be asked what changed.

use super::super::client::LexofficeClient;
use super::super::error::ApiError;
use super::super::request::Request;
use super::super::values::{Amount, Day, Moment, ResourceId, or_default};
use super::super::words::{VoucherStatus, VoucherType};
use super::page::{Page, searched};
use chrono::NaiveDate;
use serde::Deserialize;

/// The largest page that the vendor serves here.
pub(in crate::adapters::lexoffice) const PAGE_SIZE: u32 = 250;

/// Which vouchers. Everything that is empty or `None` is no filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoucherListQuery {
    pub types: Vec<VoucherType>,
    /// `overdue` can't stand beside another; rows that are overdue also come with `open` and `sepadebit`.
    pub statuses: Vec<VoucherStatus>,
    pub archived: Option<bool>,
    pub contact: Option<ResourceId>,
    pub voucher_date: Days,
    pub created: Days,
    /// Moves with changes and with changes of status.
    pub updated: Days,
    pub number: Option<String>,
    /// From 0.
    pub page: u32,
    /// The vendor's limit, 250, if `None`.
    pub size: Option<u32>,
    pub sort: Option<(SortBy, Direction)>,
}

/// Whole days in Germany, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    VoucherDate,
    VoucherNumber,
    CreatedDate,
    UpdatedDate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// A voucher as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoucherRow {
    pub id: ResourceId,
    pub voucher_type: VoucherType,
    pub voucher_status: VoucherStatus,
    pub voucher_number: Option<String>,
    pub voucher_date: Option<Day>,
    pub created_date: Option<Moment>,
    pub updated_date: Option<Moment>,
    pub due_date: Option<Day>,
    /// `None` for a collective contact.
    pub contact_id: Option<ResourceId>,
    /// Persons are "Last, First".
    pub contact_name: Option<String>,
    pub total_amount: Option<Amount>,
    pub open_amount: Option<Amount>,
    pub currency: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
}

impl VoucherListQuery {
    fn request(&self) -> Request {
        Request::get(&["voucherlist"])
            .with("voucherType", words(self.types.iter().map(VoucherType::as_str)))
            .with("voucherStatus", words(self.statuses.iter().map(VoucherStatus::as_str)))
            .with_some("archived", self.archived)
            .with_some("contactId", self.contact.as_ref())
            .with_some("voucherDateFrom", self.voucher_date.from)
            .with_some("voucherDateTo", self.voucher_date.to)
            .with_some("createdDateFrom", self.created.from)
            .with_some("createdDateTo", self.created.to)
            .with_some("updatedDateFrom", self.updated.from)
            .with_some("updatedDateTo", self.updated.to)
            .with_some("voucherNumber", self.number.as_deref().map(searched))
            .with("page", self.page)
            .with("size", self.size.unwrap_or(PAGE_SIZE))
            .with_some("sort", self.sort.map(|(by, direction)| format!("{},{}", by.word(), direction.word())))
    }
}

impl SortBy {
    fn word(self) -> &'static str {
        match self {
            Self::VoucherDate => "voucherDate",
            Self::VoucherNumber => "voucherNumber",
            Self::CreatedDate => "createdDate",
            Self::UpdatedDate => "updatedDate",
        }
    }
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let joined = words.collect::<Vec<_>>().join(",");
    if joined.is_empty() { "any".to_owned() } else { joined }
}

impl LexofficeClient {
    /// One page of the voucherlist. Paging is no snapshot: rows may move between pages while they are read.
    ///
    /// # Errors
    /// An [`ApiError`]; more than 10,000 rows are a search window that must be made narrower by days.
    pub async fn voucherlist(&self, query: &VoucherListQuery) -> Result<Page<VoucherRow>, ApiError> {
        self.page(&query.request()).await
    }
}
