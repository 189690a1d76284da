//! The documents of claims, fetched when a mail is about to take them along: not before, for most never travel.

use super::ports::SourceError;
use super::words::claim_key;
use crate::domain::ids::TenantId;
use crate::domain::pool::Pool;
use crate::engine::snapshot::Snapshot;
use crate::engine::unit::Unit;
use crate::engine::{Engine, EngineError};
use std::time::Duration;

/// A mail does not wait longer for an attachment.
const PATIENCE: Duration = Duration::from_secs(45);

impl Engine {
    /// Fetches the documents that the snapshot's mail is to take along and the ledger does not have. A mail leaves without one that
    /// can't be had; its history says so.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn fetch_documents(&self, tenant: TenantId, snapshot: &mut Snapshot) -> Result<(), EngineError> {
        let held = self.tenant(tenant)?;
        let Some(connection) = held.source().filter(|connection| connection.settings.sync) else { return Ok(()) };
        let notice = &mut snapshot.notice;
        let attaches =
            |edition: &crate::engine::edition::Edition| edition.workflow.stages.get(notice.stage).is_some_and(|stage| stage.attach_invoice);
        if snapshot.step.pool != Pool::Send || !held.known(notice.workflow).is_some_and(|edition| attaches(&edition)) {
            return Ok(());
        }
        let missing: Vec<_> = notice.lines.iter().filter(|line| line.document_hash.is_none()).map(|line| line.instance).collect();
        for record in self.store.claims_of(tenant, &missing).await? {
            let _turn = connection.asking.lock().await;
            if connection.down(self.clock.now()).is_some() {
                return Ok(());
            }
            let key = claim_key(&record);
            let answer = tokio::time::timeout(PATIENCE, connection.source.document(&key)).await;
            let answer = answer.unwrap_or(Err(SourceError::RateLimited { after: None }));
            let (Ok(document), Some(invoice)) = (&answer, record.invoice) else {
                connection.heard(answer.as_ref().map(drop), self.clock.now());
                tracing::debug!(claim = record.external_id, "its document can't be had; the mail leaves without it");
                continue;
            };
            let mut unit = Unit::begin(&self.store, held.clone(), self.clock.now(), &connection.actor()).await?;
            let now = unit.now;
            let hash = unit.tx.put_document(document, now).await?;
            unit.tx.set_invoice_document(invoice, &hash).await?;
            // What a notice says is the same; only this snapshot knew of no document.
            unit.commit_keeping_facts().await?;
            notice.lines.iter_mut().filter(|line| line.instance == invoice).for_each(|line| line.document_hash = Some(hash));
        }
        Ok(())
    }
}
