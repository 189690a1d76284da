//! A tenant's texts: which stage has one in which language, each of them with a preview by the code that makes notices, and tests by mail.

mod acts;
mod example;
mod page;
mod preview;
mod table;
mod test_mail;
mod told;
mod versions;
mod words;

pub(super) use test_mail::Budget;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const READ: Need = Need::Tenant(Right::Read);
const ADMINISTER: Need = Need::Tenant(Right::Administer);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/t/{tenant}/texts", READ, table::show)
        .get("/t/{tenant}/texts/open", ADMINISTER, table::open)
        .get("/t/{tenant}/texts/{language}/{set}", READ, page::show)
        .get("/t/{tenant}/texts/{language}/{set}/mail", READ, preview::mail)
        .get("/t/{tenant}/texts/{language}/{set}/letter.pdf", READ, preview::letter)
        .get("/t/{tenant}/texts/{language}/{set}/compare", READ, versions::compare)
        .post("/t/{tenant}/texts/{language}/{set}/draft", ADMINISTER, acts::save)
        .post("/t/{tenant}/texts/{language}/{set}/discard", ADMINISTER, acts::discard)
        .post("/t/{tenant}/texts/{language}/{set}/publish", ADMINISTER, acts::publish)
        .post("/t/{tenant}/texts/{language}/{set}/take-back", ADMINISTER, acts::take_back)
        .post("/t/{tenant}/texts/{language}/{set}/take-over", ADMINISTER, versions::take_over)
        .post("/t/{tenant}/texts/{language}/{set}/test", ADMINISTER, test_mail::send)
}
