//! A tenant's workflows: what each name means now, an editor with a field for everything, versions and what changed between them.

mod acts;
mod board;
mod check;
mod compare;
mod fields;
mod list;
mod migrate;
mod page;
mod sheet;
mod told;
mod words;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const READ: Need = Need::Tenant(Right::Read);
const ADMINISTER: Need = Need::Tenant(Right::Administer);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/t/{tenant}/workflows", READ, list::show)
        .post("/t/{tenant}/workflows", ADMINISTER, list::copy)
        .get("/t/{tenant}/workflows/{name}", READ, page::show)
        .get("/t/{tenant}/workflows/{name}/compare", READ, compare::show)
        .get("/t/{tenant}/workflows/{name}/migrate", ADMINISTER, migrate::show)
        .post("/t/{tenant}/workflows/{name}/migrate", ADMINISTER, migrate::migrate)
        .post("/t/{tenant}/workflows/{name}/draft", ADMINISTER, acts::save)
        .post("/t/{tenant}/workflows/{name}/source", ADMINISTER, acts::save_source)
        .post("/t/{tenant}/workflows/{name}/discard", ADMINISTER, acts::discard)
        .post("/t/{tenant}/workflows/{name}/publish", ADMINISTER, acts::publish)
        .post("/t/{tenant}/workflows/{name}/take-back", ADMINISTER, acts::take_back)
        .post("/t/{tenant}/workflows/{name}/take-over", ADMINISTER, acts::take_over)
}
