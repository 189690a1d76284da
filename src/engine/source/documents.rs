//! The documents of claims, fetched when a mail is about to take them along: not before, for most never travel.

use super::connection::Connection;
use super::ports::SourceError;
use super::words::claim_key;
use crate::domain::ids::TenantId;
use crate::domain::pool::Pool;
use crate::engine::edition::{Edition, Tenant};
use crate::engine::snapshot::{Lacking, Snapshot};
use crate::engine::unit::Unit;
use crate::engine::{Engine, EngineError};
use crate::store::documents::Document;
use crate::store::source_claims::ClaimRecord;
use std::sync::Arc;
use std::time::Duration;

/// A mail does not wait longer for an attachment.
const PATIENCE: Duration = Duration::from_secs(45);

impl Engine {
    /// Fetches the documents that the snapshot's mail is to take along and the ledger does not have. A mail leaves without one that
    /// can't be had: those, by their invoices' numbers, with the reason for its history.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn fetch_documents(&self, tenant: TenantId, snapshot: &mut Snapshot) -> Result<Lacking, EngineError> {
        let held = self.tenant(tenant)?;
        let Some(connection) = held.source().filter(|connection| connection.settings.sync) else { return Ok(Lacking::new()) };
        // Apart, so that the steps of those who have no source need not have room for it.
        Box::pin(self.fetch_missing(held, connection, snapshot)).await
    }

    async fn fetch_missing(&self, held: Arc<Tenant>, connection: Arc<Connection>, snapshot: &mut Snapshot) -> Result<Lacking, EngineError> {
        let (tenant, mut lacking) = (held.settings.id, Lacking::new());
        let notice = &mut snapshot.notice;
        let attaches = |edition: &Edition| edition.workflow.stages.get(notice.stage).is_some_and(|stage| stage.attach_invoice);
        if snapshot.step.pool != Pool::Send || !held.known(notice.workflow).is_some_and(|edition| attaches(&edition)) {
            return Ok(lacking);
        }
        let missing: Vec<_> = notice.lines.iter().filter(|line| line.document_hash.is_none()).map(|line| line.instance).collect();
        for record in self.store.claims_of(tenant, &missing).await? {
            let Some(line) = notice.lines.iter_mut().find(|line| Some(line.instance) == record.invoice) else { continue };
            match self.fetch(&connection, &record).await {
                Ok(document) => line.document_hash = Some(self.keep_document(&held, &connection, &record, &document).await?),
                Err(error) => {
                    tracing::debug!(%error, claim = record.external_id, "its document can't be had; the mail leaves without it");
                    lacking.push((line.number.clone(), because(&record.source, &error)));
                }
            }
        }
        Ok(lacking)
    }

    /// Asks for one document, in turn.
    async fn fetch(&self, connection: &Connection, record: &ClaimRecord) -> Result<Document, SourceError> {
        let _turn = connection.asking.lock().await;
        if let Some(error) = connection.down(self.clock.now()) {
            return Err(error);
        }
        let key = claim_key(record);
        let answer = tokio::time::timeout(PATIENCE, connection.source.document(&key)).await;
        let answer = answer.unwrap_or(Err(SourceError::RateLimited { after: None }));
        connection.heard(answer.as_ref().map(drop), self.clock.now());
        answer
    }

    async fn keep_document(
        &self,
        held: &Arc<Tenant>,
        connection: &Connection,
        record: &ClaimRecord,
        document: &Document,
    ) -> Result<crate::domain::chain::Hash, EngineError> {
        let mut unit = Unit::begin(&self.store, held.clone(), self.clock.now(), &connection.actor()).await?;
        let now = unit.now;
        let hash = unit.tx.put_document(document, now).await?;
        if let Some(invoice) = record.invoice {
            unit.tx.set_invoice_document(invoice, &hash).await?;
        }
        // What a notice says is the same; only this snapshot knew of no document.
        unit.commit_keeping_facts().await?;
        Ok(hash)
    }
}

/// Why a mail leaves without a document, in words for people.
fn because(source: &str, error: &SourceError) -> String {
    match error {
        SourceError::NotFound { .. } => format!("{source} has none"),
        SourceError::TooLarge { limit_bytes, .. } => format!("it is larger than {} MB", limit_bytes >> 20),
        SourceError::Malformed { .. } => format!("what {source} has is no file that can be passed on"),
        SourceError::RateLimited { .. } => format!("{source} did not give it in time"),
        other => format!("{source} did not give it: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_one_that_people_understand() {
        let what = String::new;
        let said = [
            SourceError::NotFound { what: what() },
            SourceError::TooLarge { what: what(), limit_bytes: 20 << 20 },
            SourceError::Malformed { what: what(), place: what() },
            SourceError::RateLimited { after: None },
            SourceError::Revoked,
        ]
        .map(|error| because("lexoffice", &error));
        let expected = [
            "lexoffice has none",
            "it is larger than 20 MB",
            "what lexoffice has is no file that can be passed on",
            "lexoffice did not give it in time",
            "lexoffice did not give it: the key was revoked",
        ];
        assert_eq!(said, expected);
    }
}
