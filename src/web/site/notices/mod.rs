//! The notices of a tenant: the list, one of them with the mail and the letter as they were sent, and what a person decides about them.

mod acts;
mod brief;
mod bulk;
mod files;
mod list;
mod page;
mod words;

pub(super) use acts::Decision;
pub(super) use brief::{Brief, brief, brief_line};
pub(super) use bulk::carry_out;
pub(super) use list::STATES;
pub(super) use words::{NoticeWords, rule};

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const READ: Need = Need::Tenant(Right::Read);
const OPERATE: Need = Need::Tenant(Right::Operate);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/t/{tenant}/notices", READ, list::show)
        .get("/t/{tenant}/notices.csv", READ, list::file)
        .post("/t/{tenant}/notices/bulk", OPERATE, bulk::run)
        .get("/t/{tenant}/notices/{id}", READ, page::show)
        .get("/t/{tenant}/notices/{id}/mail", READ, files::mail)
        .get("/t/{tenant}/notices/{id}/mail.eml", READ, files::source)
        .get("/t/{tenant}/notices/{id}/attachments/{index}", READ, files::attachment)
        .get("/t/{tenant}/notices/{id}/letter.pdf", READ, files::letter)
        .post("/t/{tenant}/notices/{id}/release", OPERATE, acts::release)
        .post("/t/{tenant}/notices/{id}/recall", OPERATE, acts::recall)
        .post("/t/{tenant}/notices/{id}/retry", OPERATE, acts::retry_failed)
        .post("/t/{tenant}/notices/{id}/as-sent", OPERATE, acts::as_sent)
        .post("/t/{tenant}/notices/{id}/send-again", OPERATE, acts::send_again)
}
