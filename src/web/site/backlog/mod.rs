//! What becomes of the backlog: what each choice would do, and the choice itself. Until it is made nothing leaves (decision 25).

mod acts;
mod page;
mod words;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

pub(super) fn routes(routes: Routes) -> Routes {
    const ADMINISTER: Need = Need::Tenant(Right::Administer);
    routes
        .get("/t/{tenant}/backlog", Need::Tenant(Right::Read), page::show)
        .post("/t/{tenant}/backlog/preview", ADMINISTER, acts::preview)
        .post("/t/{tenant}/backlog/confirm", ADMINISTER, acts::confirm)
}
