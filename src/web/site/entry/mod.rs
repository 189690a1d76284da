//! The way in: signing in, the second factor, links that make accounts, and out again.

mod code;
mod cookie;
mod door;
mod welcome;
mod words;

pub(super) use cookie::{cookie_token, own_path, query_value};

use super::routes::{Need, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/", Need::SignedIn, door::home)
        .get("/sign-in", Need::Nobody, door::form)
        .post("/sign-in", Need::Nobody, door::enter)
        .get("/sign-in/code", Need::Nobody, code::form)
        .post("/sign-in/code", Need::Nobody, code::enter)
        .post("/sign-out", Need::SignedIn, door::leave)
        .post("/language", Need::Nobody, door::language)
        .get("/welcome/{token}", Need::Nobody, welcome::form)
        .post("/welcome/{token}", Need::Nobody, welcome::accept)
}
