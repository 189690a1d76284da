//! How a tenant's settings stand: what the file says, what was published above it, and the draft.

use super::fields::{FIELDS, Field, Shape};
use crate::assembly::read_over;
use crate::config::{NamedTenant, Problem, SECRET_KEYS, value_at};
use crate::domain::publication::Kind;
use crate::store::publications::{Draft, Publication, SealedSecret};
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use toml::{Table, Value};

/// The settings of a tenant in all their stages.
pub(super) struct Standing {
    /// What the file says, as a table.
    pub(super) base: Table,
    /// All that was published, the newest first.
    pub(super) versions: Vec<Publication>,
    pub(super) draft: Option<Draft>,
    /// What holds, and what the draft would make of it, every value in its place.
    pub(super) holding: Table,
    pub(super) drafted: Table,
    /// What is wrong with the draft, or else with what holds.
    pub(super) problems: Vec<Problem>,
    pub(super) secrets: Vec<SealedSecret>,
    /// What mails would leave through; `None`: the draft can't be read.
    pub(super) tenant: Option<NamedTenant>,
}

/// A failure of an assembled part, as the pages tell it.
pub(super) fn broken(error: anyhow::Error) -> PageError {
    match error.downcast::<crate::store::StoreError>() {
        Ok(error) => error.into(),
        Err(error) => PageError::Invalid(format!("{error:#}")),
    }
}

impl Standing {
    pub(super) async fn read(site: &Site, seat: &Seat) -> Result<Self, PageError> {
        let (store, id, name) = (&site.engine.store, seat.id(), seat.tenant.settings.name.as_str());
        let file = site.tenancy.config.tenant_named(name);
        let base = table_of(&file);
        let versions = store.publications_of(id, Kind::Settings, "").await?;
        let draft = store.draft(id, Kind::Settings, "").await?;
        let published = versions.first().map(|newest| newest.content.clone()).unwrap_or_default();
        let text = draft.as_ref().map_or(published.as_str(), |draft| draft.content.as_str());
        let holding = whole(site, seat, &file, &base, &published).await?;
        let drafted = if draft.is_some() { whole(site, seat, &file, &base, text).await? } else { holding.clone() };
        let tried = site.tenancy.try_settings(id, name, text, false).await.map_err(broken)?;
        let secrets = store.secrets(id).await?;
        Ok(Self { base, holding, drafted, problems: tried.problems, tenant: tried.tenant, versions, draft, secrets })
    }

    /// The text that a change begins from.
    pub(super) fn text(&self) -> &str {
        match (&self.draft, self.versions.first()) {
            (Some(draft), _) => &draft.content,
            (None, Some(newest)) => &newest.content,
            (None, None) => "",
        }
    }

    /// The same as a table; what can't be read counts as nothing.
    pub(super) fn text_table(&self) -> Table {
        self.text().parse().unwrap_or_default()
    }

    pub(super) fn secret(&self, id: i64) -> Option<&SealedSecret> {
        self.secrets.iter().find(|secret| secret.id == id)
    }

    pub(super) fn problem(&self, path: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.field == path)
    }

    /// What is wrong with nothing that has a field.
    pub(super) fn other_problems(&self) -> Vec<&Problem> {
        self.problems.iter().filter(|problem| Field::of(&problem.field).is_none()).collect()
    }
}

/// What a text makes of the file's settings, as a table with every value. Where it can't be read, its values stand as they were written.
pub(super) async fn whole(site: &Site, seat: &Seat, file: &NamedTenant, base: &Table, text: &str) -> Result<Table, PageError> {
    let written: Table = text.parse().unwrap_or_default();
    let read = read_over(&site.engine, seat.id(), file, text).await.map_err(broken)?;
    let mut whole = match read {
        Ok(tenant) => table_of(&tenant),
        Err(_) => laid_over(base, &written),
    };
    for key in SECRET_KEYS {
        if let Some(id) = value_at(&written, key.path) {
            super::form::put(&mut whole, key.path, id.clone());
        }
    }
    Ok(whole)
}

/// Of tables that the text has, nothing is the file's but pictures.
fn laid_over(base: &Table, written: &Table) -> Table {
    let mut whole = base.clone();
    for (key, value) in written {
        whole.insert(key.clone(), value.clone());
    }
    for field in FIELDS.iter().filter(|field| field.shape == Shape::Picture && value_at(written, field.path).is_none()) {
        if let Some(value) = value_at(base, field.path) {
            super::form::put(&mut whole, field.path, value.clone());
        }
    }
    whole
}

/// Settings with every value; a source that is not there with its usual ones. Secrets of the file are told by a word.
pub(super) fn table_of(tenant: &NamedTenant) -> Table {
    let mut table = Table::try_from(tenant).unwrap_or_default();
    if !table.contains_key("lexoffice") {
        let usual = crate::config::parse("[tenants.x.lexoffice]\napi_key = \"-\"\n").ok();
        let mut usual = usual.and_then(|config| Table::try_from(config.tenants.get("x")?.lexoffice.as_ref()?).ok()).unwrap_or_default();
        usual.remove("api_key");
        table.insert("lexoffice".to_owned(), Value::Table(usual));
    }
    table
}
