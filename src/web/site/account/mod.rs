//! One's own account: how the pages look, the password, the second factor.

mod factor;
mod page;
mod words;

use super::routes::{Need, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/account", Need::SignedIn, page::show)
        .post("/account/look", Need::SignedIn, page::look)
        .post("/account/password", Need::SignedIn, page::password)
        .get("/account/factor", Need::SignedIn, factor::offer)
        .post("/account/factor", Need::SignedIn, factor::take)
        .post("/account/factor/remove", Need::SignedIn, factor::remove)
}
