//! What administrators write and publish: drafts that hold nowhere, publications that are never changed, secrets that are only written.
//!
//! Each publication needs a reason and stands on the tenant's chain. What a content means is for others to say; who publishes has
//! checked it.

use super::Engine;
use super::error::EngineError;
use super::operate::{Cause, because};
use super::vault::Unreadable;
use crate::domain::chain::Hash;
use crate::domain::ids::TenantId;
use crate::domain::publication::Kind;
use crate::domain::time::Timestamp;
use crate::store::documents::Document;
use crate::store::publications::{Draft, Publication, SealedSecret};

/// What is written into a draft.
#[derive(Clone, Debug)]
pub struct Written {
    pub kind: Kind,
    pub name: String,
    /// TOML.
    pub content: String,
    /// When the draft was changed last, as the writer saw it; `None`: he saw none.
    pub seen: Option<Timestamp>,
}

/// What is bound to a sealed secret, so that none can take another's place.
fn purpose_of(tenant: TenantId, id: i64, purpose: &str) -> String {
    format!("secret:{tenant}:{id}:{purpose}")
}

impl Engine {
    /// Keeps a draft; when it was changed, for the next time.
    ///
    /// # Errors
    /// [`EngineError::DraftChanged`] when somebody else has changed it since the writer looked.
    pub async fn write_draft(&self, tenant: TenantId, actor: &str, written: Written) -> Result<Timestamp, EngineError> {
        let mut tx = self.store.begin_tenant(tenant).await?;
        let standing = tx.draft(written.kind, &written.name).await?;
        if let Some(other) = standing.as_ref().filter(|draft| draft.is_anothers_since(actor, written.seen)) {
            return Err(EngineError::DraftChanged { by: other.changed_by.clone() });
        }
        let standing_at = standing.as_ref().map(|draft| draft.changed_at);
        let based_on = match standing {
            Some(draft) => draft.based_on,
            None => self.store.publications_of(tenant, written.kind, &written.name).await?.first().map(|newest| newest.id),
        };
        // Later than what stood there, so that whoever saw that notices.
        let changed_at = self.clock.now().max(standing_at.map_or(Timestamp(0), |at| Timestamp(at.0 + 1)));
        let Written { kind, name, content, .. } = written;
        tx.save_draft(&Draft { kind, name, content, based_on, changed_at, changed_by: actor.to_owned() }).await?;
        tx.commit_keeping_facts().await?;
        Ok(changed_at)
    }

    /// Throws a draft away; whether there was one.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn discard_draft(&self, tenant: TenantId, kind: Kind, name: &str) -> Result<bool, EngineError> {
        let mut tx = self.store.begin_tenant(tenant).await?;
        let was_there = tx.discard_draft(kind, name).await?;
        tx.commit_keeping_facts().await?;
        Ok(was_there)
    }

    /// Publishes a checked content in place of what held under this name, and ends its draft; its id. Empty: what the files say holds again.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn publish_content(
        &self,
        tenant: TenantId,
        kind: Kind,
        name: &str,
        content: &str,
        cause: &Cause,
    ) -> Result<i64, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let new = Publication {
            id: 0,
            kind,
            name: name.to_owned(),
            content: content.to_owned(),
            published_at: unit.now,
            published_by: cause.actor.clone(),
            reason: cause.reason.clone(),
        };
        let id = unit.tx.insert_publication(&new).await?;
        unit.tx.discard_draft(kind, name).await?;
        let mut detail = because(cause);
        detail.insert("publication".to_owned(), id.into());
        detail.insert("name".to_owned(), name.into());
        unit.note(if content.is_empty() { "taken_back" } else { "published" }, "", kind.as_str(), detail);
        unit.commit().await?;
        Ok(id)
    }

    /// Keeps a secret that settings can name by its id; nobody can read it on a page again.
    ///
    /// # Errors
    /// When this process has no key, or the ledger fails.
    pub async fn keep_secret(&self, tenant: TenantId, purpose: &str, secret: &str, actor: &str) -> Result<i64, EngineError> {
        let mut tx = self.store.begin_tenant(tenant).await?;
        let id = tx.take_ids(1);
        let vault = self.vault().map_err(unreadable)?;
        let sealed = vault.seal(self.entropy.as_ref(), &purpose_of(tenant, id, purpose), secret.as_bytes());
        let sealed = sealed.map_err(unreadable)?;
        let (purpose, set_at, set_by) = (purpose.to_owned(), self.clock.now(), actor.to_owned());
        tx.insert_secret(&SealedSecret { id, purpose, sealed, set_at, set_by }).await?;
        tx.commit_keeping_facts().await?;
        Ok(id)
    }

    /// Keeps a document that settings can name, such as a picture; its hash.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn keep_file(&self, tenant: TenantId, document: Document) -> Result<Hash, EngineError> {
        let mut tx = self.store.begin_tenant(tenant).await?;
        let hash = tx.put_document(&document, self.clock.now()).await?;
        tx.commit_keeping_facts().await?;
        Ok(hash)
    }

    /// A secret that settings name, for whoever logs in with it.
    ///
    /// # Errors
    /// When there is none of this purpose, or it can't be opened with this installation's key.
    pub fn open_secret(&self, tenant: TenantId, secret: &SealedSecret, purpose: &str) -> Result<String, EngineError> {
        if secret.purpose != purpose {
            return Err(EngineError::NotFound(format!("secret {} is not for {purpose}", secret.id)));
        }
        let vault = self.vault().map_err(unreadable)?;
        let opened = vault.open(&purpose_of(tenant, secret.id, purpose), &secret.sealed);
        let bytes = opened.map_err(unreadable)?;
        String::from_utf8(bytes).map_err(|_| EngineError::Invalid(format!("secret {} is no text", secret.id)))
    }
}

fn unreadable(error: Unreadable) -> EngineError {
    EngineError::Invalid(error.to_string())
}
