//! The endpoints under `/v1`: a gate that lets requests in, and one file for each resource.

mod bookkeeping;
mod call;
mod contacts;
mod document;
mod dunnings;
mod files;
mod gate;
mod master_data;
mod paging;
mod payments;
mod received;
mod routes;
mod sales;
mod subscriptions;
mod voucherlist;

pub(super) use call::Call;
pub(super) use gate::{Passed, gate, refuse_without_key};
