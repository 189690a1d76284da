//! The document of a dunning that was made: fetched, looked at for a letterhead, and kept.

use super::make::PATIENCE;
use super::obtain::{Enclosed, Obtained, Scene};
use super::ports::{Expected, Letterhead};
use super::wanted::Wanted;
use crate::engine::EngineError;
use crate::engine::ports::Outcome;
use crate::engine::source::ports::SourceError;
use crate::store::documents::Document;
use crate::store::source_dunnings::{DunningRecord, DunningState};

impl Scene<'_> {
    /// The dunning with its document, for the snapshot's notice.
    pub(super) async fn take(&self, wanted: &Wanted, mut row: DunningRecord) -> Result<Result<Enclosed, Obtained>, EngineError> {
        let document = match self.kept(&row).await? {
            Some(document) => document,
            None => match self.fetched(wanted, &row).await? {
                Ok(document) => document,
                Err(obtained) => return Ok(Err(obtained)),
            },
        };
        let hash = document.hash();
        if row.document != Some(hash) || row.notice != self.snapshot.notice.id {
            (row.document, row.notice) = (Some(hash), self.snapshot.notice.id.clone());
            let mut tx = self.engine.store.begin_tenant(self.tenant).await?;
            tx.put_document(&document, self.now()).await?;
            tx.save_dunning(&row).await?;
            tx.commit_keeping_facts().await?;
        }
        let number = wanted.notice.lines.first().map(|line| line.invoice.clone()).unwrap_or_default();
        Ok(Ok(Enclosed { number, pay_by: row.pay_by, hash, document }))
    }

    async fn kept(&self, row: &DunningRecord) -> Result<Option<Document>, EngineError> {
        match &row.document {
            Some(hash) => Ok(self.engine.store.document(self.tenant, hash).await?),
            None => Ok(None),
        }
    }

    async fn fetched(&self, wanted: &Wanted, row: &DunningRecord) -> Result<Result<Document, Obtained>, EngineError> {
        let id = row.external_id.as_deref().unwrap_or_default();
        let expected = match self.expected(wanted, row).await? {
            Ok(expected) => expected,
            Err(outcome) => return Ok(Err(Obtained::Refused(outcome))),
        };
        match self.asked(PATIENCE, self.dunnings.document(id, &expected)).await {
            Ok(found) if found.letterhead == Letterhead::Missing && self.connection.settings.check_letterhead => {
                Ok(Err(Obtained::Refused(Outcome::Failed { reason: self.without_sender(id) })))
            }
            Ok(found) => Ok(Ok(found.document)),
            Err(SourceError::NotFound { .. }) => self.missing(row).await.map(Err),
            Err(error) => Ok(Err(self.trouble(&error))),
        }
    }

    /// What says whom a document is from; and what we have written into it ourselves.
    async fn expected(&self, wanted: &Wanted, row: &DunningRecord) -> Result<Result<Expected, Outcome>, EngineError> {
        let text = match self.new_dunning(wanted, &row.token) {
            Ok(new) => new.text,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let account = self.engine.store.source(self.tenant, &row.source).await?.and_then(|source| source.account);
        let own = &self.held.settings.creditor;
        let particulars = [&own.name, &own.street, &own.iban, &own.phone, &own.email, &own.website, &own.tax_id];
        let sender = particulars.into_iter().cloned().chain(account).filter(|word| !word.trim().is_empty()).collect();
        let written = [text.title, text.introduction, text.claim, text.fee, text.remark].join("\n");
        Ok(Ok(Expected { sender, written }))
    }

    fn without_sender(&self, id: &str) -> String {
        format!(
            "the dunning {id} of {} does not say whom it is from: tick \"Briefpapier mitdrucken\" in the print layout there, then let this notice \
             be tried again. Nothing was sent. If it does say so, check_letterhead = false ends this check",
            self.connection.name()
        )
    }

    /// What is not there: what was made a moment ago may not be seen yet; what was is gone.
    async fn missing(&self, row: &DunningRecord) -> Result<Obtained, EngineError> {
        let error = SourceError::NotFound { what: format!("dunning {}", row.external_id.as_deref().unwrap_or_default()) };
        let now = self.now();
        if now.0 < row.intended_at.0.saturating_add(self.connection.settings.dunning_search_ms) {
            let why = format!("{}: {error} yet", self.connection.name());
            return Ok(Obtained::Wait { until: self.shortly(), why });
        }
        let gone = DunningRecord { state: DunningState::Gone, error: Some("it is not there any more".to_owned()), ..row.clone() };
        self.write(&gone).await?;
        let reason = format!(
            "the dunning {} was deleted in {}; let this notice be tried again and another one is made",
            row.external_id.as_deref().unwrap_or_default(),
            row.source
        );
        Ok(Obtained::Refused(Outcome::Failed { reason }))
    }
}
