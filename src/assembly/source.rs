//! The accounting system that a tenant is kept in step with.

use super::{given, workflow};
use crate::adapters::lexoffice::{ApiKey, LexofficeClient, LexofficeSettings, LexofficeSource, TURN, WebhookKey, WebhookKeyError};
use crate::config::{Config, Lexoffice, NamedTenant};
use crate::domain::ids::{TenantId, WorkflowId};
use crate::engine::Engine;
use crate::engine::source::connection::{Connection, SourceSettings};
use crate::engine::source::pace::StoredPace;
use crate::engine::source::ports::{ClaimKind, Source};
use anyhow::Context;
use std::sync::Arc;
use std::time::Duration;

/// Who would wait longer for a turn at a source gets none, and comes back later.
const TURN_PATIENCE: Duration = Duration::from_secs(60);

/// Connects a tenant with the source that its settings name, if they do. Where it is new, nothing leaves before the owner has chosen what
/// becomes of the backlog.
///
/// # Errors
/// When the account or the workflow can't be used, or the ledger fails.
pub async fn connect(engine: &Engine, tenant: TenantId, name: &str, held: &NamedTenant, config: &Config) -> anyhow::Result<()> {
    let Some(connection) = connection(engine, tenant, name, held, config).await? else { return Ok(()) };
    ask_for_backlog(engine, tenant, name, &connection).await?;
    engine.connect(tenant, connection)?;
    Ok(())
}

/// Holds notices back where the source is new.
///
/// # Errors
/// When the ledger fails.
pub(super) async fn ask_for_backlog(engine: &Engine, tenant: TenantId, name: &str, connection: &Connection) -> anyhow::Result<()> {
    if engine.ask_for_new_source(tenant, connection.name()).await? {
        tracing::warn!(
            tenant = name,
            "nothing leaves before it is chosen what becomes of invoices that are overdue already: `mahnwerk backlog preview`"
        );
    }
    Ok(())
}

/// A tenant's source with its settings; `None` if it has none. Its workflow is published.
///
/// # Errors
/// When the account or the workflow can't be used.
pub(super) async fn connection(
    engine: &Engine,
    tenant: TenantId,
    name: &str,
    held: &NamedTenant,
    config: &Config,
) -> anyhow::Result<Option<Connection>> {
    let Some(lexoffice) = &held.lexoffice else { return Ok(None) };
    let workflow = workflow::of_tenant(&lexoffice.workflow, &engine.store, tenant, config)
        .await
        .with_context(|| format!("[tenants.{name}.lexoffice] workflow"))?;
    let source = source(engine, lexoffice).with_context(|| format!("[tenants.{name}.lexoffice]"))?;
    let workflow = engine.publish(tenant, &workflow).await?;
    Ok(Some(Connection::new(source, source_settings(workflow, name, lexoffice, config))))
}

/// As [`connection`], for those who only look: nothing is published, so nothing can be taken in through it.
///
/// # Errors
/// When the account can't be used.
pub fn onlooker(engine: &Engine, name: &str, held: &NamedTenant, config: &Config) -> anyhow::Result<Option<Connection>> {
    let Some(lexoffice) = &held.lexoffice else { return Ok(None) };
    let source = source(engine, lexoffice).with_context(|| format!("[tenants.{name}.lexoffice]"))?;
    Ok(Some(Connection::new(source, source_settings(WorkflowId(0), name, lexoffice, config))))
}

fn source_settings(workflow: WorkflowId, name: &str, lexoffice: &Lexoffice, config: &Config) -> SourceSettings {
    let mut settings = SourceSettings::new(workflow);
    settings.sync = lexoffice.sync;
    settings.kinds.extend(lexoffice.revenue_vouchers.then_some(ClaimKind::RevenueVoucher));
    settings.sync_from = lexoffice.sync_from;
    settings.excluded_terms.clone_from(&lexoffice.excluded_terms);
    settings.max_data_age_ms = i64::from(lexoffice.max_data_age_hours) * 3_600_000;
    let public_url = &config.server.public_url;
    let is_told = lexoffice.webhooks && lexoffice.sync && !public_url.is_empty();
    settings.callback = is_told.then(|| format!("{public_url}/hooks/lexoffice/{name}"));
    settings.dunnings = lexoffice.dunnings;
    settings.check_letterhead = lexoffice.check_letterhead;
    settings.dunning_search_ms = i64::from(lexoffice.dunning_search_minutes) * 60_000;
    settings
}

/// Whether the account that the settings name lets us in, by one harmless request.
///
/// # Errors
/// The source's own words.
pub(super) async fn lets_in(engine: &Engine, lexoffice: &Lexoffice) -> Result<(), String> {
    let source = source(engine, lexoffice).map_err(|error| format!("{error:#}"))?;
    source.identity().await.map(drop).map_err(|error| error.to_string())
}

/// The account behind the port. Its turns stand in the ledger, for all processes that use its key.
fn source(engine: &Engine, lexoffice: &Lexoffice) -> anyhow::Result<Arc<dyn Source>> {
    let key = ApiKey::new(lexoffice.api_key.expose().to_owned())?;
    let pace = StoredPace::new(engine.store.clone(), engine.clock.clone(), key.hash(), TURN, TURN_PATIENCE);
    let settings = LexofficeSettings::new(lexoffice.base_url.clone(), key, engine.entropy.key());
    let source = LexofficeSource::new(LexofficeClient::new(settings, Arc::new(pace))?);
    Ok(Arc::new(source.with_webhook_key(webhook_key(lexoffice)?)))
}

/// The key that lexoffice's calls are checked with: the vendor's if no file is named.
///
/// # Errors
/// When the file holds none.
pub fn webhook_key(lexoffice: &Lexoffice) -> Result<WebhookKey, WebhookKeyError> {
    given(&lexoffice.webhook_key_file).map_or_else(|| Ok(WebhookKey::default()), |file| WebhookKey::from_file(&file))
}
