//! The customers of a tenant: the list, and one of them with its invoices, notices, addresses and pauses.

mod acts;
mod list;
mod page;
mod words;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const READ: Need = Need::Tenant(Right::Read);
const OPERATE: Need = Need::Tenant(Right::Operate);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/t/{tenant}/customers", READ, list::show)
        .get("/t/{tenant}/customers.csv", READ, list::file)
        .get("/t/{tenant}/customers/{id}", READ, page::show)
        .post("/t/{tenant}/customers/{id}/pause", OPERATE, acts::pause)
        .post("/t/{tenant}/customers/{id}/resume", OPERATE, acts::resume)
        .post("/t/{tenant}/customers/{id}/address", OPERATE, acts::give)
        .post("/t/{tenant}/customers/{id}/block", OPERATE, acts::block)
        .post("/t/{tenant}/customers/{id}/unblock", OPERATE, acts::unblock)
        .post("/t/{tenant}/customers/{id}/language", OPERATE, acts::language)
        .post("/t/{tenant}/customers/{id}/channel", OPERATE, acts::channel)
        .post("/t/{tenant}/customers/{id}/workflow", OPERATE, acts::workflow)
        .post("/t/{tenant}/customers/{id}/migrate", OPERATE, acts::migrate)
}
