//! Settings as they hold: what the file says of a tenant, and above it what was published on the pages.

use super::complete;
use crate::config::{self, Config, NamedTenant, Problem};
use crate::domain::ids::TenantId;
use crate::domain::publication::Kind;
use crate::engine::Engine;
use crate::store::Store;
use crate::store::publications::{Publication, SealedSecret};
use anyhow::{Context, anyhow};

/// What of a tenant's settings was published last; `None` if what the file says holds.
///
/// # Errors
/// When the ledger fails.
pub async fn published_settings(store: &Store, id: TenantId) -> anyhow::Result<Option<Publication>> {
    Ok(store.published(id, Kind::Settings).await?.into_iter().next())
}

/// A tenant's settings as they hold, with their secrets.
///
/// # Errors
/// When the ledger fails or what was published can't be used.
pub async fn configured(engine: &Engine, config: &Config, id: TenantId, name: &str) -> anyhow::Result<NamedTenant> {
    let base = config.tenant_named(name);
    let Some(publication) = published_settings(&engine.store, id).await? else { return Ok(base) };
    let read = read_over(engine, id, &base, &publication.content).await?;
    read.map_err(|problems| unusable(name, &problems))
}

/// The same for those who look and never log in anywhere: without the key of the secrets.
///
/// # Errors
/// When the ledger fails or what was published can't be used.
pub async fn configured_for_looking(store: &Store, config: &Config, id: TenantId, name: &str) -> anyhow::Result<NamedTenant> {
    let base = config.tenant_named(name);
    let Some(publication) = published_settings(store, id).await? else { return Ok(base) };
    let stands_in = |_: i64, _: &str| Ok("-".to_owned());
    config::published(&publication.content, &base, &stands_in).map_err(|problems| unusable(name, &problems))
}

/// Reads a text of the pages over what the file says of the tenant.
///
/// # Errors
/// When the ledger fails; what is wrong with the text is the inner error.
pub async fn read_over(engine: &Engine, id: TenantId, base: &NamedTenant, text: &str) -> anyhow::Result<Result<NamedTenant, Vec<Problem>>> {
    let secrets = if text.contains("_secret") { engine.store.secrets(id).await? } else { Vec::new() };
    let open = |secret: i64, purpose: &str| open(engine, id, &secrets, secret, purpose);
    Ok(config::published(text, base, &open))
}

fn open(engine: &Engine, tenant: TenantId, secrets: &[SealedSecret], id: i64, purpose: &str) -> Result<String, String> {
    let secret = secrets.iter().find(|secret| secret.id == id).ok_or_else(|| "is not kept any more: enter it anew".to_owned())?;
    engine.open_secret(tenant, secret, purpose).map_err(|error| error.to_string())
}

fn unusable(name: &str, problems: &[Problem]) -> anyhow::Error {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    anyhow!("the settings that were published for tenant {name} can't be used:\n{}", lines.join("\n"))
}

/// As [`configured`], complete: with what stands in where nothing leaves this machine.
///
/// # Errors
/// As there, and what is missing to write to the world.
pub(super) async fn complete_settings(engine: &Engine, config: &Config, id: TenantId, name: &str) -> anyhow::Result<NamedTenant> {
    let mut tenant = configured(engine, config, id, name).await.with_context(|| format!("tenant {name}"))?;
    complete(name, &mut tenant)?;
    Ok(tenant)
}
