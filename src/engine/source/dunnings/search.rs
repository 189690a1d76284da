//! What nobody knows of is looked for, whatever became of its notice: so that in the end the ledger says what is there.

use super::make::{PATIENCE, known, looked, recognise};
use crate::domain::ids::TenantId;
use crate::engine::source::ports::{ClaimKey, SourceError};
use crate::engine::source::words::kind;
use crate::engine::{Engine, EngineError};
use crate::store::source_dunnings::DunningState;

impl Engine {
    /// Looks for one dunning that is due to be looked for; whether there was one.
    ///
    /// # Errors
    /// When the ledger fails. A source that fails is asked again later.
    pub async fn search_for_dunnings(&self, tenant: TenantId) -> Result<bool, EngineError> {
        let Some(connection) = self.connection(tenant)?.filter(|connection| connection.settings.sync) else { return Ok(false) };
        let Some(dunnings) = connection.source.dunnings() else { return Ok(false) };
        let now = self.clock.now();
        if connection.down(now).is_some() {
            return Ok(false);
        }
        let Some(row) = self.store.dunning_in_doubt(tenant, now).await? else { return Ok(false) };
        let rows = self.store.dunnings_of(tenant, &[row.instance]).await?;
        let (known, claim) = (known(&rows), ClaimKey { kind: kind(&row.claim_kind), id: row.claim_id.clone() });
        let standing = {
            let _turn = connection.asking.lock().await;
            let answer = tokio::time::timeout(PATIENCE, dunnings.standing(&claim, &known)).await;
            answer.unwrap_or_else(|_| Err(SourceError::Unreachable { why: "it did not answer in time".to_owned() }))
        };
        connection.heard(standing.as_ref().map(drop), self.clock.now());
        let mut tx = self.store.begin_tenant(tenant).await?;
        let mut rows = tx.dunnings_of(&[row.instance]).await?;
        let found = standing.as_ref().map(|standing| recognise(&mut rows, standing)).unwrap_or_default();
        for place in &found {
            tracing::info!(token = rows[*place].token, "a dunning that nobody knew of was found at its source");
            tx.save_dunning(&rows[*place]).await?;
        }
        let doubtful = rows.iter_mut().find(|own| own.id == row.id && matches!(own.state, DunningState::Intended | DunningState::Unknown));
        if let Some(doubtful) = doubtful {
            looked(doubtful, now);
            tx.save_dunning(doubtful).await?;
        }
        tx.commit_keeping_facts().await?;
        Ok(true)
    }
}
