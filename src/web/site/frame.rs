//! What all pages share: head, navigation, the word about what was just done.

use super::assets;
use super::error::PageError;
use super::seat::{Hall, Seat};
use super::shown;
use crate::domain::account::Right;
use crate::web::language::words;
use askama::Template;
use axum::response::Html;

words! {
    /// The words around every page.
    pub(super) struct FrameWords {
        skip: "Zum Inhalt", "Skip to content";
        overview: "Übersicht", "Overview";
        invoices: "Rechnungen", "Invoices";
        customers: "Kunden", "Customers";
        runs: "Mahnläufe", "Runs";
        notices: "Schreiben", "Notices";
        texts: "Texte", "Texts";
        workflows: "Mahnverfahren", "Workflows";
        audit: "Verlauf", "History";
        settings: "Einstellungen", "Settings";
        people: "Benutzer", "Users";
        api: "API", "API";
        sign_out: "Abmelden", "Sign out";
        tenants: "Mandanten", "Tenants";
        other_language: "English", "Deutsch";
        main_navigation: "Hauptnavigation", "Main navigation";
    }
}

/// One entry of the navigation.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) href: String,
    pub(super) label: &'static str,
    pub(super) current: bool,
}

/// The tenant whose pages these are.
#[derive(Clone, Debug)]
pub(super) struct Here {
    /// The creditor's name, or the tenant's where that is missing.
    pub(super) label: String,
    pub(super) entries: Vec<Entry>,
    /// Whether there are others to go to.
    pub(super) has_others: bool,
}

/// What `look/frame.html` needs.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) tag: &'static str,
    pub(super) other_tag: &'static str,
    pub(super) words: &'static FrameWords,
    pub(super) theme: String,
    pub(super) title: String,
    pub(super) version: &'static str,
    /// Of whoever is signed in: name and the token that forms carry.
    pub(super) person: Option<String>,
    pub(super) csrf: String,
    pub(super) here: Option<Here>,
    pub(super) done: Option<&'static str>,
    pub(super) path: String,
}

impl Frame {
    pub(super) fn new(hall: &Hall, seat: Option<&Seat>, section: &'static str, title: &str) -> Self {
        let words = FrameWords::of(hall.language);
        Self {
            tag: hall.language.tag(),
            other_tag: hall.language.other().tag(),
            words,
            theme: hall.viewer.as_ref().map_or_else(|| "auto".to_owned(), |viewer| viewer.theme.clone()),
            title: title.to_owned(),
            version: assets::VERSION.as_str(),
            person: hall.viewer.as_ref().map(|viewer| viewer.name.clone()),
            csrf: hall.viewer.as_ref().map(|viewer| viewer.csrf.clone()).unwrap_or_default(),
            here: seat.map(|seat| here(seat, section, words)),
            done: hall.done.as_deref().and_then(|key| shown::done(key, hall.language)),
            path: hall.path.clone(),
        }
    }
}

fn here(seat: &Seat, section: &'static str, words: &'static FrameWords) -> Here {
    let settings = &seat.tenant.settings;
    let creditor = &settings.creditor.name;
    let sections = [
        ("overview", "", words.overview, Right::Read),
        ("invoices", "/invoices", words.invoices, Right::Read),
        ("customers", "/customers", words.customers, Right::Read),
        ("runs", "/runs", words.runs, Right::Read),
        ("notices", "/notices", words.notices, Right::Read),
        ("workflows", "/workflows", words.workflows, Right::Read),
        ("texts", "/texts", words.texts, Right::Read),
        ("history", "/history", words.audit, Right::Read),
        ("settings", "/settings", words.settings, Right::Administer),
        ("api", "/api", words.api, Right::Administer),
        ("people", "/people", words.people, Right::Own),
    ];
    let allowed = sections.into_iter().filter(|(_, _, _, right)| seat.may(*right));
    Here {
        label: if creditor.is_empty() { settings.name.clone() } else { creditor.clone() },
        entries: allowed.map(|(key, path, label, _)| Entry { href: seat.href(path), label, current: key == section }).collect(),
        has_others: seat.hall.tenants().len() > 1,
    }
}

/// A page as a response.
pub(super) fn render(page: &impl Template) -> Result<Html<String>, PageError> {
    Ok(Html(page.render()?))
}
