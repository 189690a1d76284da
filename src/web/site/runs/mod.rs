//! Runs: what the planner made on one day of the tenant's, reviewed and released by a person (decision 36). A run is no row of its own:
//! it is the notices that were issued on its day.

mod acts;
mod list;
mod page;
mod sums;
mod words;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const READ: Need = Need::Tenant(Right::Read);
const OPERATE: Need = Need::Tenant(Right::Operate);

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/t/{tenant}/runs", READ, list::show).get("/t/{tenant}/runs/{date}", READ, page::show).post(
        "/t/{tenant}/runs/{date}/release",
        OPERATE,
        acts::release_all,
    )
}
