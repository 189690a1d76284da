//! Where one begins: the tenants, and what is due, what needs a person and what is open at one of them.

mod chart;
mod figures;
mod page;
mod tenants;
mod words;

pub(super) use figures::Figures;
pub(super) use words::OverviewWords;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/tenants", Need::SignedIn, tenants::list).get("/t/{tenant}", Need::Tenant(Right::Read), page::show)
}
