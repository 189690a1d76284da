//! The tenants of a running process as they are configured now: the file's settings, and above them what was published on the pages.
//!
//! A publication counts from the next look on ([`Tenancy::take_on`]), in every process that shares the ledger.

use super::published::complete_settings;
use super::source::{ask_for_backlog, connection};
use super::trial::{self, Tried};
use super::{letter_engine, mailer, pictures, read_over, tenant_settings};
use crate::adapters::letters::PrintBatch;
use crate::adapters::outside::{Outside, Ways};
use crate::adapters::texts::TextSets;
use crate::config::{Config, NamedTenant};
use crate::domain::ids::TenantId;
use crate::domain::tenant::TenantSettings;
use crate::engine::Engine;
use crate::engine::source::connection::Connection;
use anyhow::Context;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use tokio::sync::{Mutex, Notify};

/// All tenants of a process.
#[derive(Debug)]
pub struct Tenancy {
    pub config: Config,
    pub engine: Arc<Engine>,
    pub outside: Arc<Outside>,
    /// What tenants without texts of their own write with.
    texts: Arc<TextSets>,
    /// What each goes by.
    held: std::sync::Mutex<BTreeMap<TenantId, NamedTenant>>,
    /// Up to which publication each was taken on. One look at a time.
    taken_on: Mutex<BTreeMap<TenantId, i64>>,
    /// Something was published in this process.
    pub changed: Notify,
}

/// What a tenant's settings were made into.
struct Made {
    tenant: NamedTenant,
    ways: Ways,
    settings: TenantSettings,
    source: Option<Arc<Connection>>,
}

impl Tenancy {
    #[must_use]
    pub fn new(config: Config, engine: Arc<Engine>, texts: Arc<TextSets>) -> Self {
        let outside = Arc::new(Outside::new(texts.clone()));
        Self { config, engine, outside, texts, held: std::sync::Mutex::default(), taken_on: Mutex::default(), changed: Notify::new() }
    }

    /// Makes the tenants that the configuration describes.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn make_configured(&self) -> anyhow::Result<()> {
        for name in self.config.tenants.keys() {
            self.engine.store.tenant_named(name, self.engine.clock.now()).await?;
        }
        Ok(())
    }

    /// Takes on tenants that this process does not know yet, and anew those of which something was published since.
    ///
    /// # Errors
    /// When the ledger fails or a new tenant's settings can't be used. One that is known keeps what it had; that is logged.
    pub async fn take_on(&self) -> anyhow::Result<()> {
        let mut taken_on = self.taken_on.lock().await;
        let newest: BTreeMap<_, _> = self.engine.store.newest_publications().await?.into_iter().collect();
        for (id, name) in self.engine.store.tenants().await? {
            let publication = newest.get(&id).copied().unwrap_or(0);
            match taken_on.get(&id) {
                None => self.take_on_new(id, &name).await?,
                Some(known) if *known == publication => continue,
                Some(_) => {
                    if let Err(error) = self.take_on_again(id, &name).await {
                        tracing::error!(
                            tenant = name,
                            error = format!("{error:#}"),
                            "what was published can't be used; it goes on as before"
                        );
                    }
                }
            }
            taken_on.insert(id, publication);
        }
        Ok(())
    }

    async fn take_on_new(&self, id: TenantId, name: &str) -> anyhow::Result<()> {
        let made = self.make(id, name, None).await?;
        self.outside.word(id, self.own_texts(id).await?);
        if self.engine.confirm_mark(id).await? {
            tracing::error!(tenant = name, "fenced: the ledger is older than what was sent; see `mahnwerk fence show`");
        }
        self.fit(id, made).await?;
        tracing::info!(tenant = name, "taken on");
        Ok(())
    }

    /// What was published since counts from now on. Everything is made before anything is changed.
    async fn take_on_again(&self, id: TenantId, name: &str) -> anyhow::Result<()> {
        let texts = self.own_texts(id).await?;
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        let made = self.make(id, name, held.as_ref()).await?;
        self.outside.word(id, texts);
        self.fit(id, made).await?;
        tracing::info!(tenant = name, "goes by what was published");
        Ok(())
    }

    /// Everything that a tenant's settings ask for. A source whose settings are as they were goes on as it is.
    async fn make(&self, id: TenantId, name: &str, held: Option<&NamedTenant>) -> anyhow::Result<Made> {
        let tenant = self.configured(id, name).await?;
        let ways = self.ways(id, &tenant).await.with_context(|| format!("tenant {name}"))?;
        let settings = tenant_settings(id, name, &tenant)?;
        let source = match held.filter(|held| held.lexoffice == tenant.lexoffice) {
            Some(_) => self.engine.connection(id)?,
            None => {
                let connection = connection(&self.engine, id, name, &tenant, &self.config).await?;
                if let Some(connection) = &connection {
                    ask_for_backlog(&self.engine, id, name, connection).await?;
                }
                connection.map(Arc::new)
            }
        };
        Ok(Made { tenant, ways, settings, source })
    }

    async fn fit(&self, id: TenantId, made: Made) -> anyhow::Result<()> {
        self.outside.open(id, made.ways);
        self.engine.refit_tenant(made.settings, made.source);
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(id, made.tenant);
        if self.engine.apply_address_rule(id).await? {
            tracing::info!(tenant = id.0, "customers' addresses are chosen by the configured rule from now on");
        }
        Ok(())
    }

    /// A tenant's settings as they hold now: the file's, and above them what was published.
    ///
    /// # Errors
    /// When the ledger fails or the settings can't be used.
    pub async fn configured(&self, id: TenantId, name: &str) -> anyhow::Result<NamedTenant> {
        complete_settings(&self.engine, &self.config, id, name).await
    }

    /// What settings would be that are to be published, and what is wrong with them. `asking`: whether the accounting system is asked, too.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn try_settings(&self, id: TenantId, name: &str, text: &str, asking: bool) -> anyhow::Result<Tried> {
        let base = self.config.tenant_named(name);
        match read_over(&self.engine, id, &base, text).await? {
            Err(problems) => Ok(Tried { tenant: None, problems }),
            Ok(tenant) => {
                let mut problems = trial::problems(&self.engine, &self.config, id, &tenant).await?;
                let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
                if asking && problems.is_empty() {
                    problems = trial::source_problems(&self.engine, &tenant, held.as_ref()).await;
                }
                Ok(Tried { tenant: Some(tenant), problems })
            }
        }
    }

    /// The texts that were published for a tenant, above those of the installation; `None` if there are none.
    async fn own_texts(&self, id: TenantId) -> anyhow::Result<Option<Arc<TextSets>>> {
        let _ = id;
        Ok(None)
    }

    /// What a tenant writes with now.
    #[must_use]
    pub fn texts(&self, id: TenantId) -> Arc<TextSets> {
        self.outside.texts(id)
    }

    async fn ways(&self, id: TenantId, tenant: &NamedTenant) -> anyhow::Result<Ways> {
        let pictures = pictures(&self.engine.store, id, tenant).await?;
        Ok(Ways {
            mailer: mailer(&tenant.smtp, &tenant.mail)?,
            letters: letter_engine(&self.config.print, &pictures, &tenant.layout)?,
            post: Arc::new(PrintBatch::new(self.config.post.folder.clone())),
        })
    }
}
