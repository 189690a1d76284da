//! How a source stands, for people.

use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::engine::{Engine, EngineError};
use crate::store::source::SourceRow;
use crate::store::source_claims::ClaimRecord;
use crate::store::source_events::HooksRow;

/// Claims that are named one by one at most.
const NAMED: i64 = 1000;

/// How a tenant's source stands.
#[derive(Clone, Debug)]
pub struct Status {
    pub name: String,
    /// Where it is, without secrets.
    pub place: String,
    pub sync: bool,
    /// `None`: it was never asked.
    pub row: Option<SourceRow>,
    /// Claims that are believed open.
    pub open: i64,
    /// Claims whose details are to be read now.
    pub undetailed: i64,
    /// Why open claims are not dunned, and how many each reason holds.
    pub reasons: Vec<(String, i64)>,
    pub hooks: HooksStatus,
}

/// Whether a source tells of changes by itself.
#[derive(Clone, Debug)]
pub struct HooksStatus {
    /// Where it is to call; `None`: it is not to.
    pub callback: Option<String>,
    /// `None`: it was never asked to.
    pub row: Option<HooksRow>,
    /// Events that nobody has taken up yet.
    pub waiting: i64,
    pub last_event: Option<Timestamp>,
}

impl Engine {
    /// How a tenant's source stands; `None` if it has none.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn source_status(&self, tenant: TenantId) -> Result<Option<Status>, EngineError> {
        let Some(connection) = self.connection(tenant)? else { return Ok(None) };
        let (store, name) = (&self.store, connection.name());
        let until = self.details_until(tenant, &connection)?;
        Ok(Some(Status {
            name: name.to_owned(),
            place: connection.source.describe(),
            sync: connection.settings.sync,
            row: store.source(tenant, name).await?,
            open: store.open_claims(tenant, name).await?,
            undetailed: store.undetailed_claims(tenant, name, until).await?,
            reasons: store.claim_reasons(tenant, name).await?,
            hooks: HooksStatus {
                callback: connection.settings.callback.clone(),
                row: store.hooks(tenant, name).await?,
                waiting: store.events_waiting(tenant, name).await?,
                last_event: store.last_event(tenant, name).await?,
            },
        }))
    }

    /// The open claims that are not dunned, by reason: a thousand at most.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn not_dunnable(&self, tenant: TenantId) -> Result<Vec<ClaimRecord>, EngineError> {
        match self.connection(tenant)? {
            Some(connection) => Ok(self.store.not_dunnable_claims(tenant, connection.name(), NAMED).await?),
            None => Ok(Vec::new()),
        }
    }
}
