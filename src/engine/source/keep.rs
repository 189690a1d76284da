//! The loop that keeps every tenant's source in step while the process runs.

use super::connection::Connection;
use super::run::Advance;
use crate::domain::ids::TenantId;
use crate::engine::{Engine, EngineError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often it looks for tenants that were connected while it runs.
const NEW_TENANTS: Duration = Duration::from_secs(2);
/// How long it rests at most: a run that a command beside an embedded ledger asks for begins within it.
const LONGEST_REST: Duration = Duration::from_secs(5);
/// After a failure of the ledger.
const PAUSE: Duration = Duration::from_secs(5);

impl Engine {
    /// Synchronises a tenant of this process with a source from now on.
    ///
    /// # Errors
    /// When the tenant is not configured here.
    pub fn connect(&self, tenant: TenantId, connection: Connection) -> Result<(), EngineError> {
        self.tenant(tenant)?.connect(Arc::new(connection));
        Ok(())
    }

    /// The source that a tenant is synchronised with, if it has one.
    ///
    /// # Errors
    /// When the tenant is not configured here.
    pub fn connection(&self, tenant: TenantId) -> Result<Option<Arc<Connection>>, EngineError> {
        Ok(self.tenant(tenant)?.source())
    }

    /// Keeps the sources of all tenants in step until told to stop.
    pub async fn keep_in_step(self: Arc<Self>, stop: CancellationToken) {
        let (mut kept, mut tasks) = (BTreeSet::new(), JoinSet::new());
        while !stop.is_cancelled() {
            for tenant in self.tenants() {
                if self.connection(tenant).is_ok_and(|connection| connection.is_some()) && kept.insert(tenant) {
                    tasks.spawn(self.clone().keep_one_in_step(tenant, stop.clone()));
                }
            }
            tokio::select! {
                () = tokio::time::sleep(NEW_TENANTS) => {}
                () = stop.cancelled() => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    async fn keep_one_in_step(self: Arc<Self>, tenant: TenantId, stop: CancellationToken) {
        loop {
            let rest = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                rest = self.advance_present(tenant) => rest,
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(rest) => {}
                () = self.told(tenant) => {}
            }
        }
        if let Err(error) = self.let_source_go(tenant).await {
            tracing::debug!(%error, "the source's lease could not be given back; it will end");
        }
    }

    /// Waits until the tenant's source tells something.
    async fn told(&self, tenant: TenantId) {
        match self.connection(tenant) {
            Ok(Some(connection)) => connection.told.notified().await,
            _ => std::future::pending().await,
        }
    }

    /// Another process may have been told something; this one may be the one that takes it up.
    pub(in crate::engine) fn wake_keepers(&self) {
        for connection in self.tenants().into_iter().filter_map(|tenant| self.connection(tenant).ok().flatten()) {
            connection.told.notify_one();
        }
    }

    /// One step, as soon as this process may take any; how long to rest then.
    async fn advance_present(&self, tenant: TenantId) -> Duration {
        self.owner.present().await;
        if let Err(error) = self.keep_subscribed(tenant).await {
            tracing::warn!(%error, "a source's subscriptions could not be looked at; trying again");
            return PAUSE;
        }
        match self.advance(tenant).await {
            Ok(Advance::More) => Duration::ZERO,
            Ok(Advance::Idle(until)) => {
                if self.search_for_dunnings(tenant).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "a dunning could not be looked for; trying again");
                    false
                }) {
                    return Duration::ZERO;
                }
                let millis = u64::try_from(until.0 - self.clock.now().0).unwrap_or(0);
                Duration::from_millis(millis).clamp(Duration::from_millis(10), LONGEST_REST)
            }
            Ok(Advance::Elsewhere | Advance::Off) => LONGEST_REST,
            Err(error) => {
                tracing::warn!(%error, "a source could not be kept in step; trying again");
                PAUSE
            }
        }
    }
}
