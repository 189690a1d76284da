//! What can be called, one file for each subject: the values as they come, and the calls that bring them.

pub(super) mod contacts;
pub(super) mod documents;
pub(super) mod dunnings;
pub(super) mod organisation;
pub(super) mod page;
pub(super) mod payments;
pub(super) mod sales;
pub(super) mod subscriptions;
pub(super) mod voucherlist;
pub(super) mod vouchers;
