//! Who may do what: at one tenant, for its owners, and everywhere, for those who own everything.

mod page;
mod words;

pub(super) use words::role_word;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const HERE: Need = Need::Tenant(Right::Own);
const EVERYWHERE: Need = Need::Everywhere(Right::Own);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/t/{tenant}/people", HERE, page::here)
        .post("/t/{tenant}/people/invite", HERE, page::invite_here)
        .post("/t/{tenant}/people/grant", HERE, page::grant_here)
        .post("/t/{tenant}/people/revoke", HERE, page::revoke_here)
        .get("/people", EVERYWHERE, page::everywhere)
        .post("/people/invite", EVERYWHERE, page::invite_everywhere)
        .post("/people/grant", EVERYWHERE, page::grant_everywhere)
        .post("/people/revoke", EVERYWHERE, page::revoke_everywhere)
        .post("/people/link", EVERYWHERE, page::link)
        .post("/people/shut-out", EVERYWHERE, page::shut_out)
        .post("/people/let-in", EVERYWHERE, page::let_in)
}
