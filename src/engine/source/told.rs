//! A source tells something: it is checked, kept, and taken up later. Nobody is asked anything here, so that the answer is quick.

use super::connection::Connection;
use super::ports::Unbelieved;
use crate::domain::ids::TenantId;
use crate::engine::{Engine, EngineError};
use crate::store::source_events::NewEvent;
use std::sync::Arc;

/// So long events are kept, in milliseconds. Older ones are not taken any more: nobody could tell whether they had been before. Sources
/// try for two days at most.
pub(super) const KEPT_MS: i64 = 14 * 24 * 3_600_000;

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It waits to be taken up.
    Stored,
    /// It was told before.
    Known,
    /// It is older than what is remembered.
    Late,
    /// Nothing is to be told to this tenant by this source.
    Off,
    /// Whose account this is was not asked yet: later.
    Early,
    Unbelieved(Unbelieved),
    /// It is about somebody else's account.
    WrongOrganisation,
}

impl Receipt {
    /// The word under which it is counted.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Known => "known",
            Self::Late => "late",
            Self::Off => "off",
            Self::Early => "early",
            Self::Unbelieved(Unbelieved::Unsigned) => "unsigned",
            Self::Unbelieved(Unbelieved::Forged) => "forged",
            Self::Unbelieved(Unbelieved::Unreadable(_)) => "unreadable",
            Self::WrongOrganisation => "wrong_organisation",
        }
    }
}

impl Engine {
    /// The tenant of this name with its source, if that source may tell it something.
    #[must_use]
    pub fn told_by(&self, source: &str, tenant: &str) -> Option<(TenantId, Arc<Connection>)> {
        let named = |id: &TenantId| self.tenant(*id).is_ok_and(|held| held.settings.name == tenant);
        let id = self.tenants().into_iter().find(named)?;
        let connection = self.connection(id).ok().flatten()?;
        let listens = connection.name() == source && connection.settings.callback.is_some() && connection.source.hooks().is_some();
        listens.then_some((id, connection))
    }

    /// Takes a call of a source: its body as it came, and its signature.
    ///
    /// # Errors
    /// When the ledger fails; then nothing is kept.
    pub async fn hear_of(
        &self,
        tenant: TenantId,
        connection: &Connection,
        body: &[u8],
        signature: Option<&str>,
    ) -> Result<Receipt, EngineError> {
        let Some(hooks) = connection.source.hooks() else { return Ok(Receipt::Off) };
        let event = match hooks.read(body, signature) {
            Ok(event) => event,
            Err(why) => return Ok(Receipt::Unbelieved(why)),
        };
        let (name, now) = (connection.name(), self.clock.now());
        let Some(organisation) = self.store.source(tenant, name).await?.and_then(|row| row.organisation) else { return Ok(Receipt::Early) };
        if organisation != event.organisation {
            return Ok(Receipt::WrongOrganisation);
        }
        if event.at.0 < now.0 - KEPT_MS {
            return Ok(Receipt::Late);
        }
        let (resource, word) = (event.resource.as_str(), event.word.as_str());
        let new = NewEvent { source: name, resource, event: word, happened_at: event.at, kind: event.kind.as_str() };
        let Some(times) = self.store.store_event(tenant, new, now).await? else { return Ok(Receipt::Known) };
        tracing::debug!(source = name, event = word, resource, times, "a source told of a change");
        connection.told.notify_one();
        Ok(if times == 1 { Receipt::Stored } else { Receipt::Known })
    }
}
