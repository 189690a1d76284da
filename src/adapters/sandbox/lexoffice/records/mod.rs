//! Organisations, contacts and vouchers as a scenario or a control request describes them.

mod contact;
mod organization;
mod scan;
mod voucher;

pub(super) use contact::NewContact;
pub(super) use organization::NewOrganization;
pub(super) use voucher::{NewVoucher, one_line};
