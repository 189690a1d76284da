//! The ledger as commands use it: opened beside a running `serve`, with the tenants that the configuration describes.
//!
//! Nothing here takes the engine's lock: commands write through the database's own locks and wait for each other.

use super::{Globals, key_file};
use crate::assembly;
use crate::config::{Config, NamedTenant};
use crate::domain::ids::TenantId;
use crate::domain::tenant::TenantSettings;
use crate::engine::Engine;
use crate::engine::clock::{Clock, SystemClock, SystemEntropy};
use crate::store::Store;
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::sync::Arc;

/// The configuration and the ledger that it names.
#[derive(Debug)]
pub(super) struct Ledger {
    pub config: Config,
    pub store: Store,
}

/// One tenant of it, with an engine that acts for this command.
#[derive(Debug)]
pub(super) struct Desk {
    pub store: Store,
    pub engine: Arc<Engine>,
    pub tenant: TenantId,
    pub settings: TenantSettings,
}

/// The file of an embedded ledger.
pub(super) fn sqlite_file(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite:").map(|path| PathBuf::from(path.trim_start_matches("//")))
}

impl Ledger {
    /// Opens the ledger, which must be there and be of this program's version.
    ///
    /// # Errors
    /// When it is missing, can't be reached or has to be migrated; the message says how.
    pub(super) async fn open(globals: &Globals) -> anyhow::Result<Self> {
        let config = globals.config()?;
        let url = &config.ledger.url;
        if let Some(file) = sqlite_file(url.expose()).filter(|file| !file.exists()) {
            bail!("there is no ledger at {} yet: `mahnwerk import invoices` or `mahnwerk migrate` makes it", file.display());
        }
        let store = assembly::store(&config.ledger).await?;
        let schema = store.schema().await.with_context(|| format!("reading the ledger {url}"))?;
        if let Some(advice) = schema.advice() {
            bail!("the ledger {url} {advice}");
        }
        Ok(Self { config, store })
    }

    /// Opens the ledger; makes and migrates it first where that is needed.
    ///
    /// # Errors
    /// When it can't be reached or is newer than this program.
    pub(super) async fn make(globals: &Globals) -> anyhow::Result<Self> {
        let config = globals.config()?;
        let url = &config.ledger.url;
        let store = assembly::store(&config.ledger).await?;
        let schema = store.schema().await.with_context(|| format!("reading the ledger {url}"))?;
        if let Some(advice) = schema.advice().filter(|_| schema.is_newer()) {
            bail!("the ledger {url} {advice}");
        }
        if schema.advice().is_some() {
            store.migrate().await.with_context(|| format!("migrating the ledger {url}"))?;
        }
        Ok(Self { config, store })
    }

    /// The named tenants of the ledger, or the one that was asked for.
    ///
    /// # Errors
    /// When there is no such tenant; the message names those that there are.
    pub(super) async fn tenants(&self, name: Option<&str>) -> anyhow::Result<Vec<(TenantId, String)>> {
        let all = self.store.tenants().await?;
        let Some(name) = name else { return Ok(all) };
        let found: Vec<_> = all.iter().filter(|(_, known)| known == name).cloned().collect();
        if found.is_empty() {
            let known: Vec<_> = all.iter().map(|(_, name)| name.as_str()).collect();
            let known = if known.is_empty() { "it has none yet".to_owned() } else { format!("there are {}", known.join(", ")) };
            bail!("the ledger has no tenant `{name}`; {known}");
        }
        Ok(found)
    }

    /// The tenant that was named, or the only one.
    ///
    /// # Errors
    /// When it is missing, or none was named and there are several.
    pub(super) async fn desk(self, name: Option<&str>) -> anyhow::Result<Desk> {
        let found = self.tenants(name).await?;
        match found.as_slice() {
            [(id, name)] => {
                let (id, name) = (*id, name.clone());
                self.desk_of(id, &name).await
            }
            [] => bail!("the ledger has no tenant yet: `mahnwerk import invoices FILE --tenant NAME` makes one"),
            several => {
                let names: Vec<_> = several.iter().map(|(_, name)| name.as_str()).collect();
                bail!("there are several tenants: write --tenant and one of {}", names.join(", "))
            }
        }
    }

    /// The tenant of this name, made if it is missing.
    ///
    /// # Errors
    /// When the ledger fails or its configuration can't be used.
    pub(super) async fn desk_made(self, name: &str) -> anyhow::Result<Desk> {
        let id = self.store.tenant_named(name, SystemClock.now()).await?;
        self.desk_of(id, name).await
    }

    /// An engine without tenants, for what concerns the ledger as a whole.
    pub(super) fn engine(&self) -> Engine {
        let owner = format!("command-{}", std::process::id());
        let limits = assembly::limits(&self.config.pools);
        Engine::new(self.store.clone(), Arc::new(SystemClock), Arc::new(SystemEntropy), owner, limits, Vec::new())
    }

    /// A desk for each of these tenants.
    ///
    /// # Errors
    /// When the configuration of one can't be used.
    pub(super) async fn desks(&self, tenants: &[(TenantId, String)]) -> anyhow::Result<Vec<Desk>> {
        let mut desks = Vec::new();
        for (tenant, name) in tenants {
            desks.push(desk(&self.config, &self.store, *tenant, name).await?);
        }
        Ok(desks)
    }

    async fn desk_of(self, tenant: TenantId, name: &str) -> anyhow::Result<Desk> {
        desk(&self.config, &self.store, tenant, name).await
    }
}

impl Desk {
    /// What the tenant goes by, with its secrets: for commands that log in somewhere.
    ///
    /// # Errors
    /// When the ledger fails, or the key of its secrets is not here.
    pub(super) async fn configured(&self, config: &Config) -> anyhow::Result<NamedTenant> {
        if let Some(key) = key_file::read_if_there(&config.server.key_file)? {
            self.engine.unlock(&key);
        }
        assembly::configured(&self.engine, config, self.tenant, &self.settings.name).await
    }

    /// What the tenant goes by, without its secrets.
    ///
    /// # Errors
    /// When the ledger fails.
    pub(super) async fn configured_for_looking(&self, config: &Config) -> anyhow::Result<NamedTenant> {
        assembly::configured_for_looking(&self.store, config, self.tenant, &self.settings.name).await
    }
}

async fn desk(config: &Config, store: &Store, tenant: TenantId, name: &str) -> anyhow::Result<Desk> {
    let held = assembly::configured_for_looking(store, config, tenant, name).await?;
    let settings = assembly::tenant_settings(tenant, name, &held)?;
    let owner = format!("command-{}", std::process::id());
    let limits = assembly::limits(&config.pools);
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let engine = Arc::new(Engine::new(store.clone(), clock, entropy, owner, limits, vec![settings.clone()]));
    Ok(Desk { store: store.clone(), engine, tenant, settings })
}
