//! The page of a tenant's programs: tokens of the HTTP API, made and taken back, and how its webhooks fare.

mod page;
mod words;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const HERE: Need = Need::Tenant(Right::Administer);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/t/{tenant}/api", HERE, page::show)
        .post("/t/{tenant}/api/make", HERE, page::make)
        .post("/t/{tenant}/api/revoke", HERE, page::revoke)
        .post("/t/{tenant}/api/webhooks/restart", HERE, page::restart)
        .post("/t/{tenant}/api/webhooks/remove", HERE, page::remove)
}
