//! One text: what holds, what is being written, how it looks.

use super::preview::{Look, Preview};
use super::test_mail::Tested;
use super::told::placeholder;
use super::words::{TextWords, example, origin};
use crate::adapters::texts::{EXAMPLES, OwnText, offered};
use crate::assembly::catalogue::catalogue;
use crate::domain::account::Right;
use crate::domain::publication::Kind;
use crate::store::publications::{Draft, Publication};
use crate::web::site::Site;
use crate::web::site::acts::{ActForm, ActWords};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use std::sync::Arc;

/// Tenant, language, set.
pub(super) type Path3 = (String, String, String);

/// Which text it is.
pub(super) struct Named {
    pub(super) name: String,
    /// The address of its page.
    pub(super) base: String,
}

/// A text as its author finds it.
pub(super) struct Held {
    pub(super) draft: Option<Draft>,
    /// What the draft says, else what holds.
    pub(super) shown: OwnText,
    /// What holds and where it comes from; none: the German text stands in.
    pub(super) holding: Option<(OwnText, crate::adapters::texts::Origin)>,
}

struct Offer {
    written: String,
    meaning: &'static str,
    example: &'static str,
    of_an_invoice: bool,
}

struct Version {
    id: i64,
    when: String,
    by: String,
    reason: String,
    is_taken_back: bool,
}

#[derive(Template)]
#[template(path = "texts/text.html")]
struct TextPage {
    frame: Frame,
    words: &'static TextWords,
    act_words: &'static ActWords,
    acts: Vec<ActForm>,
    base: String,
    all_href: String,
    name: String,
    holding: Option<&'static str>,
    users: Vec<String>,
    draft: Option<String>,
    seen: String,
    is_same: bool,
    subject: String,
    body: String,
    may_edit: bool,
    offers: Vec<Offer>,
    examples: Vec<(&'static str, &'static str, bool)>,
    preview: Preview,
    oob: bool,
    versions: Vec<Version>,
    email: String,
    every_seconds: u32,
    /// The ways of a test, each with its words.
    ways: [(&'static str, &'static str, &'static str); 2],
    look: Look,
    tested: Option<Tested>,
}

impl Named {
    pub(super) fn of(seat: &Seat, (_, language, set): &Path3) -> Result<Self, PageError> {
        let name = format!("{language}/{set}");
        OwnText::new(&name, "", "").map_err(|_| PageError::NotFound)?;
        Ok(Self { base: seat.href(&format!("/texts/{name}")), name })
    }
}

impl Held {
    pub(super) async fn of(site: &Site, seat: &Seat, named: &Named) -> Result<Self, PageError> {
        let blank = OwnText::new(&named.name, "", "").map_err(PageError::Invalid)?;
        let texts = site.tenancy.texts(seat.id());
        let holding = texts.written(&blank.template, &blank.language);
        let holding = holding.and_then(|written| Some((OwnText::new(&named.name, written.subject, written.body).ok()?, written.origin)));
        let draft = if seat.may(Right::Administer) { site.engine.store.draft(seat.id(), Kind::Text, &named.name).await? } else { None };
        let drafted = draft.as_ref().and_then(|draft| OwnText::parse(&named.name, &draft.content).ok());
        let shown = drafted.or_else(|| holding.as_ref().map(|(own, _)| own.clone())).unwrap_or(blank);
        Ok(Self { draft, shown, holding })
    }

    /// Whether a text says what holds already.
    pub(super) fn holds(&self, own: &OwnText) -> bool {
        self.holding.as_ref().is_some_and(|(holding, _)| holding.subject == own.subject && holding.body.trim_end() == own.body.trim_end())
    }
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    Query(look): Query<Look>,
) -> Result<Html<String>, PageError> {
    page(&site, &seat, &path, look, None).await
}

pub(super) async fn page(site: &Site, seat: &Seat, path: &Path3, look: Look, tested: Option<Tested>) -> Result<Html<String>, PageError> {
    let (language, words, zone) = (seat.language(), TextWords::of(seat.language()), seat.tenant.settings.zone);
    let named = Named::of(seat, path)?;
    let held = Held::of(site, seat, &named).await?;
    let versions = site.engine.store.publications_of(seat.id(), Kind::Text, &named.name).await?;
    let version = |row: &Publication| Version {
        id: row.id,
        when: shown::moment(language, row.published_at, zone),
        by: shown::actor(language, &row.published_by),
        reason: row.reason.clone(),
        is_taken_back: row.content.is_empty(),
    };
    let may_edit = seat.may(Right::Administer);
    let preview = Preview::of(site, seat, &named, &held, &look).await?;
    let acts = if may_edit { acts(&named, &held, &preview, versions.first()) } else { Vec::new() };
    let offer = |offer: crate::adapters::texts::Offered| {
        let (meaning, example) = placeholder(language, offer.name);
        Offer { written: offer.written, meaning, example, of_an_invoice: offer.of_an_invoice }
    };
    let asked = super::example::known(&look.example);
    let told = |draft: &Draft| {
        format!("{} {}, {}", words.draft_since, shown::actor(language, &draft.changed_by), shown::moment(language, draft.changed_at, zone))
    };
    render(&TextPage {
        frame: seat.frame("texts", &format!("{} {}", words.edit, named.name)),
        words,
        act_words: ActWords::of(language),
        acts,
        all_href: seat.href("/texts"),
        holding: held.holding.as_ref().map(|(_, from)| origin(language, *from)),
        users: users(site, seat, &held.shown.template).await?,
        draft: held.draft.as_ref().map(told),
        seen: seen(held.draft.as_ref()),
        is_same: held.draft.is_some() && held.holds(&held.shown),
        subject: held.shown.subject.clone(),
        body: held.shown.body.clone(),
        may_edit,
        offers: offered().into_iter().map(offer).collect(),
        examples: EXAMPLES.map(|key| (key, example(language, key), key == asked)).to_vec(),
        preview,
        oob: false,
        versions: versions.iter().map(version).collect(),
        email: seat.viewer.email.clone(),
        every_seconds: seat.tenant.settings.mail_every_seconds,
        ways: [("plain", words.test_plain, words.test_plain_hint), ("real", words.test_real, words.test_real_hint)],
        look,
        tested,
        name: named.name,
        base: named.base,
    })
}

/// When a draft was changed last, as its form tells it again.
pub(super) fn seen(draft: Option<&Draft>) -> String {
    draft.map_or_else(String::new, |draft| draft.changed_at.0.to_string())
}

/// The stages that write with a text set: `standard: reminder-1`.
async fn users(site: &Site, seat: &Seat, template: &str) -> Result<Vec<String>, PageError> {
    let texts = site.tenancy.texts(seat.id());
    let listed = catalogue(&site.engine.store, seat.id(), &site.tenancy.config, &texts).await?;
    let of_workflow = |listed: &crate::assembly::catalogue::Listed| {
        let stages = listed.parsed.workflow.iter().flat_map(|workflow| &workflow.stages);
        let used = stages.filter(|stage| stage.template == template).map(|stage| format!("{}: {}", listed.name, stage.key));
        used.collect::<Vec<_>>()
    };
    Ok(listed.iter().flat_map(of_workflow).collect())
}

/// What an administrator may do with it beside writing.
pub(super) fn acts(named: &Named, held: &Held, preview: &Preview, newest: Option<&Publication>) -> Vec<ActForm> {
    let words = preview.words;
    let form = |act: &str, label, hint| ActForm { action: format!("{}/{act}", named.base), label, hint, ..ActForm::default() };
    let is_new = held.draft.is_some() && !held.holds(&held.shown) && preview.subject.is_some();
    let hidden = Some(("seen", seen(held.draft.as_ref())));
    let publish = is_new.then(|| ActForm { hidden, ..form("publish", words.publish, words.publish_hint) });
    let is_published = newest.is_some_and(|newest| !newest.content.is_empty());
    let take_back = is_published.then(|| form("take-back", words.take_back, words.take_back_hint));
    [publish, take_back].into_iter().flatten().collect()
}
