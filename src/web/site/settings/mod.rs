//! A tenant's settings: a page for each part, drafts that keep themselves, and what is published.
//!
//! `fields` says what there is, `known` what else may be chosen, `form` makes a draft of what was entered, `standing` reads how file, publication and draft stand to each other,
//! `differences` tells what is other. Everything is tried in `assembly` before it is published. Secrets are written and never shown.

mod differences;
mod draft;
mod fields;
mod form;
mod known;
mod overview;
mod owner_notice;
mod picture;
mod publish;
mod row;
mod section;
mod sending;
mod source;
mod standing;
mod versions;
mod words;
mod wrong;

use super::routes::{Need, Routes};
use crate::domain::account::Right;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use fields::Section;

const HERE: Need = Need::Tenant(Right::Administer);
const OWNER: Need = Need::Tenant(Right::Own);

/// A picture of the largest size, and what its form adds. How large one may be is for the letters to say.
const LARGEST_UPLOAD: usize = 12 << 20;

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = routes
        .get("/t/{tenant}/settings", HERE, overview::show)
        .get("/t/{tenant}/settings/versions", HERE, versions::show)
        .get("/t/{tenant}/settings/picture/{hash}", HERE, picture::show)
        .post("/t/{tenant}/settings/picture", HERE, picture::upload.layer(DefaultBodyLimit::max(LARGEST_UPLOAD)))
        .post("/t/{tenant}/settings/picture/remove", HERE, picture::remove)
        .post("/t/{tenant}/settings/publish", HERE, publish::publish)
        .post("/t/{tenant}/settings/discard", HERE, publish::discard)
        .post("/t/{tenant}/settings/take-over", HERE, publish::take_over)
        .post("/t/{tenant}/settings/test", HERE, section::test_mail_server)
        .post("/t/{tenant}/settings/sending", OWNER, sending::switch);
    Section::ALL.into_iter().fold(routes, |routes, section| {
        routes.get(section.path(), HERE, move |site, seat, asked| section::show(site, seat, section, asked)).post(
            section.draft_path(),
            HERE,
            move |site, seat, body| draft::save(site, seat, section, body),
        )
    })
}
