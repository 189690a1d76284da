//! The invoices of a tenant with their instances: the list, one of them in full, and what a person may do about them.

mod acts;
mod bulk;
mod export;
mod list;
mod page;
mod words;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const READ: Need = Need::Tenant(Right::Read);
const OPERATE: Need = Need::Tenant(Right::Operate);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/t/{tenant}/invoices", READ, list::show)
        .get("/t/{tenant}/invoices.csv", READ, export::file)
        .post("/t/{tenant}/invoices/bulk", OPERATE, bulk::run)
        .get("/t/{tenant}/invoices/{id}", READ, page::show)
        .get("/t/{tenant}/invoices/{id}/document.pdf", READ, page::document)
        .post("/t/{tenant}/invoices/{id}/pause", OPERATE, acts::pause)
        .post("/t/{tenant}/invoices/{id}/resume", OPERATE, acts::resume)
        .post("/t/{tenant}/invoices/{id}/skip", OPERATE, acts::skip)
        .post("/t/{tenant}/invoices/{id}/jump", OPERATE, acts::jump)
        .post("/t/{tenant}/invoices/{id}/channel", OPERATE, acts::reroute)
        .post("/t/{tenant}/invoices/{id}/workflow", OPERATE, acts::migrate)
        .post("/t/{tenant}/invoices/{id}/retry", OPERATE, acts::retry)
        .post("/t/{tenant}/invoices/{id}/settle", OPERATE, acts::settle)
        .post("/t/{tenant}/invoices/{id}/withdraw", OPERATE, acts::withdraw)
        .post("/t/{tenant}/invoices/{id}/hand-over", OPERATE, acts::hand_over)
}
