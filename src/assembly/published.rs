//! What administrators write on the pages, from check to effect: a tenant's own texts and workflows.
//!
//! Nothing is published that could not be used. It holds in this process at once, in the others from their next look on.

use super::workflow::{in_files, parsed_workflow};
use super::{Tenancy, installations};
use crate::adapters::texts::{OwnText, TextProblem, TextSets};
use crate::config::Config;
use crate::domain::ids::TenantId;
use crate::domain::publication::Kind;
use crate::domain::workflow::{Problem, Workflow, to_toml};
use crate::engine::EngineError;
use crate::engine::operate::Cause;
use crate::store::{Store, StoreError};
use std::sync::Arc;

/// Why something was not published.
#[derive(Debug, thiserror::Error)]
pub enum Unpublished {
    #[error("the text has mistakes")]
    Text(Vec<TextProblem>),
    #[error("the workflow has mistakes")]
    Workflow(Vec<Problem>),
    /// The name can't be one, or is another's.
    #[error("{0}")]
    Name(String),
    /// This workflow's stages write with it.
    #[error("the workflow `{0}` writes with this text")]
    InUse(String),
    /// Without it the name would mean nothing.
    #[error("nothing else has this name")]
    NothingElse,
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoreError> for Unpublished {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

/// The texts that were published for a tenant. One that can't be read is logged and left out.
///
/// # Errors
/// When the ledger fails.
pub async fn own_texts(store: &Store, tenant: TenantId) -> Result<Vec<OwnText>, StoreError> {
    let readable = |row: crate::store::publications::Publication| match OwnText::parse(&row.name, &row.content) {
        Ok(own) => Some(own),
        Err(error) => {
            tracing::error!(%tenant, error, "a published text can't be read");
            None
        }
    };
    Ok(store.published(tenant, Kind::Text).await?.into_iter().filter_map(readable).collect())
}

/// What a tenant writes with: the texts that were published for it above those of the installation.
///
/// # Errors
/// Every problem of them, with file and line, or when the ledger fails.
pub async fn texts_of(store: &Store, tenant: TenantId, config: &Config) -> anyhow::Result<TextSets> {
    let own = own_texts(store, tenant).await?;
    installations(config, &own).map_err(|problems| super::unusable(&problems))
}

/// The published workflow of this name; it was checked when it was published. `None`: what the files say holds.
///
/// # Errors
/// When the ledger fails or holds what this program can't read.
pub async fn holding(store: &Store, tenant: TenantId, name: &str) -> anyhow::Result<Option<Workflow>> {
    let published = store.published(tenant, Kind::Workflow).await?;
    let Some(found) = published.into_iter().find(|publication| publication.name == name) else { return Ok(None) };
    let parsed = crate::domain::workflow::parse(&found.content);
    let why = || parsed.problems.first().map(ToString::to_string).unwrap_or_default();
    match parsed.workflow {
        Some(workflow) => Ok(Some(workflow)),
        None => anyhow::bail!("the workflow `{name}` was published and can't be read: {}", why()),
    }
}

impl Tenancy {
    /// What a tenant would write with if this text held; `None` of a text: without it.
    async fn texts_with(&self, id: TenantId, name: &str, text: Option<&OwnText>) -> Result<TextSets, Unpublished> {
        let mut own = own_texts(&self.engine.store, id).await?;
        own.retain(|held| held.name() != name);
        own.extend(text.cloned());
        installations(&self.config, &own).map_err(Unpublished::Text)
    }

    /// Publishes a text; its id.
    ///
    /// # Errors
    /// [`Unpublished`]: its mistakes, or when the ledger fails.
    pub async fn publish_text(&self, id: TenantId, own: &OwnText, cause: &Cause) -> Result<i64, Unpublished> {
        TextSets::alone(own).map_err(Unpublished::Text)?;
        let texts = self.texts_with(id, &own.name(), Some(own)).await?;
        let publication = self.engine.publish_content(id, Kind::Text, &own.name(), &own.to_toml(), cause).await?;
        self.go_by(id, texts);
        Ok(publication)
    }

    /// Takes a published text back, so that the installation's holds again.
    ///
    /// # Errors
    /// [`Unpublished`]: when something needs it, or the ledger fails.
    pub async fn take_text_back(&self, id: TenantId, name: &str, cause: &Cause) -> Result<(), Unpublished> {
        let texts = self.texts_with(id, name, None).await?;
        let held = self.engine.tenant_with_editions(id).await?;
        let editions = held.editions();
        let (_, template) = name.split_once('/').unwrap_or_default();
        let is_lost = !texts.has(template);
        let user = editions.iter().find(|edition| is_lost && edition.workflow.stages.iter().any(|stage| stage.template == template));
        if let Some(edition) = user {
            return Err(Unpublished::InUse(edition.workflow.name.clone()));
        }
        self.engine.publish_content(id, Kind::Text, name, "", cause).await?;
        self.go_by(id, texts);
        Ok(())
    }

    fn go_by(&self, id: TenantId, texts: TextSets) {
        self.outside.word(id, Some(Arc::new(texts)));
        self.changed.notify_one();
    }

    /// Publishes a workflow under its name: an edition that never changes, and from now on the one that the name means.
    ///
    /// # Errors
    /// [`Unpublished`]: its mistakes, another name than `name`, or when the ledger fails.
    pub async fn publish_workflow(&self, id: TenantId, name: &str, content: &str, cause: &Cause) -> Result<(), Unpublished> {
        let parsed = parsed_workflow(content, &self.texts(id));
        let Some(workflow) = parsed.workflow else { return Err(Unpublished::Workflow(parsed.problems)) };
        if workflow.name != name {
            return Err(Unpublished::Name(workflow.name));
        }
        self.engine.publish(id, &workflow).await?;
        self.engine.publish_content(id, Kind::Workflow, name, &to_toml(&workflow), cause).await?;
        self.changed.notify_one();
        Ok(())
    }

    /// Takes what was published under a workflow's name back, so that what the files say holds again. Editions stay.
    ///
    /// # Errors
    /// [`Unpublished`]: when no file has this name, or the ledger fails.
    pub async fn take_workflow_back(&self, id: TenantId, name: &str, cause: &Cause) -> Result<(), Unpublished> {
        if in_files(name, &self.config).is_none() {
            return Err(Unpublished::NothingElse);
        }
        self.engine.publish_content(id, Kind::Workflow, name, "", cause).await?;
        self.changed.notify_one();
        Ok(())
    }
}
