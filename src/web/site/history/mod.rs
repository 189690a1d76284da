//! The transition history for auditors: sought, exported with its hashes, verified; and what was done with accounts.

mod accounts;
mod across;
mod export;
mod line;
mod page;
mod verified;
mod words;

use super::routes::{Need, Routes};
use crate::domain::account::Right;

const READ: Need = Need::Tenant(Right::Read);

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/t/{tenant}/history", READ, page::show)
        .get("/t/{tenant}/history/verified", READ, verified::show)
        .get("/t/{tenant}/history.csv", READ, export::csv)
        .get("/t/{tenant}/history.jsonl", READ, export::lines)
        .get("/history", Need::SignedIn, across::show)
        .get("/people/log", Need::Everywhere(Right::Own), accounts::show)
}
