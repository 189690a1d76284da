//! The tenants that somebody may see.

use super::words::OverviewWords;
use crate::domain::account::Right;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, FrameWords, render};
use crate::web::site::people::role_word;
use crate::web::site::seat::{Hall, SignedInViewer};
use askama::Template;
use axum::response::Html;

struct Line {
    name: String,
    label: String,
    role: &'static str,
}

#[derive(Template)]
#[template(path = "overview/tenants.html")]
struct TenantsPage {
    frame: Frame,
    words: &'static OverviewWords,
    tenants: Vec<Line>,
    to_people: bool,
}

pub(super) async fn list(hall: Hall, SignedInViewer(viewer): SignedInViewer) -> Result<Html<String>, PageError> {
    let lines = hall.tenants().into_iter().filter_map(|tenant| {
        let role = viewer.role(tenant.settings.id)?;
        let settings = &tenant.settings;
        Some(Line { name: settings.name.clone(), label: settings.creditor.name.clone(), role: role_word(hall.language, role) })
    });
    let tenants = lines.collect();
    let title = FrameWords::of(hall.language).tenants;
    let to_people = viewer.may_everywhere(Right::Own);
    render(&TenantsPage { frame: hall.frame(title), words: OverviewWords::of(hall.language), tenants, to_people })
}
