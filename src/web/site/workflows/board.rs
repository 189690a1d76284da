//! A workflow as its page has it: what holds, what is being written, its versions.

use super::words::WorkflowWords;
use crate::assembly::catalogue::{Listed, Place, listed};
use crate::domain::account::Right;
use crate::domain::publication::Kind;
use crate::domain::workflow::{Workflow, parse};
use crate::store::publications::{Draft, Publication};
use crate::store::tenant::WorkflowRow;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use crate::web::site::shown;

/// Everything under a name.
pub(super) struct Board {
    /// What new invoices get; none: only a draft has this name.
    pub(super) listed: Option<Listed>,
    pub(super) draft: Option<Draft>,
    /// The draft's text, else what holds.
    pub(super) text: String,
    /// The newest first.
    pub(super) editions: Vec<WorkflowRow>,
    /// The newest first.
    pub(super) publications: Vec<Publication>,
}

impl Board {
    /// `None` if nothing has this name.
    pub(super) async fn find(site: &Site, seat: &Seat, name: &str) -> Result<Option<Self>, PageError> {
        let (store, tenant) = (&site.engine.store, seat.id());
        let listed = listed(store, tenant, name, &site.tenancy.config, &site.tenancy.texts(tenant)).await?;
        let draft = if seat.may(Right::Administer) { store.draft(tenant, Kind::Workflow, name).await? } else { None };
        let text = draft.as_ref().map(|draft| draft.content.clone()).or_else(|| Some(listed.as_ref()?.text.clone()));
        let Some(text) = text else { return Ok(None) };
        let mut editions = store.workflows(tenant).await?;
        editions.retain(|edition| edition.name == name);
        editions.reverse();
        let publications = store.publications_of(tenant, Kind::Workflow, name).await?;
        Ok(Some(Self { listed, draft, text, editions, publications }))
    }

    pub(super) async fn of(site: &Site, seat: &Seat, name: &str) -> Result<Self, PageError> {
        Self::find(site, seat, name).await?.ok_or(PageError::NotFound)
    }

    /// The text of a version: an edition by its id, `draft`, or what holds.
    pub(super) fn version(&self, which: &str) -> Option<String> {
        match which {
            "draft" => self.draft.as_ref().map(|draft| draft.content.clone()),
            "held" => self.listed.as_ref().map(|listed| listed.text.clone()),
            id => self.editions.iter().find(|edition| edition.id.0.to_string() == id).map(|edition| edition.source.clone()),
        }
    }

    /// The publication that made an edition hold, the newest of them; none where a file did.
    pub(super) fn publication_of(&self, edition: &WorkflowRow) -> Option<&Publication> {
        self.publications.iter().find(|publication| publication.content == edition.source)
    }

    pub(super) fn is_published(&self) -> bool {
        matches!(&self.listed, Some(Listed { place: Place::Published(_), .. }))
    }

    /// What holds, if it is sound.
    pub(super) fn holding(&self) -> Option<&Workflow> {
        self.listed.as_ref()?.parsed.workflow.as_ref()
    }

    /// Whether the draft says what holds already.
    pub(super) fn is_same(&self) -> bool {
        self.draft.as_ref().and_then(|draft| parse(&draft.content).workflow).as_ref().is_some_and(|draft| Some(draft) == self.holding())
    }
}

/// Where a workflow comes from, in words.
pub(super) fn place(seat: &Seat, place: &Place) -> String {
    let (language, words) = (seat.language(), WorkflowWords::of(seat.language()));
    match place {
        Place::Published(publication) => {
            let by = shown::actor(language, &publication.published_by);
            format!("{} {by}, {}", words.published_by, shown::moment(language, publication.published_at, seat.tenant.settings.zone))
        }
        Place::File(path) => format!("{} {path}", words.file),
        Place::Shipped => words.shipped.to_owned(),
        Place::Ledger => words.ledger.to_owned(),
    }
}
