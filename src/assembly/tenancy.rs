//! The tenants of a running process as they are configured now: the file's settings, and above them what was published on the pages.
//!
//! A publication counts from the next look on ([`Tenancy::take_on`]), in every process that shares the ledger.

use super::settings::complete_settings;
use super::source::{ask_for_backlog, connection};
use super::trial::{self, Tried};
use super::{letter_engine, mailer, pictures, read_over, tenant_settings, texts_of};
use crate::adapters::letters::PrintBatch;
use crate::adapters::outside::{Outside, Ways};
use crate::adapters::texts::TextSets;
use crate::config::{Config, NamedTenant};
use crate::domain::ids::TenantId;
use crate::domain::publication::Kind;
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
    /// What each goes by.
    held: std::sync::Mutex<BTreeMap<TenantId, NamedTenant>>,
    /// One look at a time.
    looked: Mutex<Looked>,
    /// Something was published in this process.
    pub changed: Notify,
}

/// What was found out in earlier looks.
#[derive(Debug, Default)]
struct Looked {
    /// Up to which publication each tenant was taken on.
    taken_on: BTreeMap<TenantId, i64>,
    /// Which publication was told to be unusable.
    told_of: BTreeMap<TenantId, i64>,
}

/// What a tenant's settings were made into.
struct Made {
    tenant: NamedTenant,
    /// `None`: those that it has fit.
    ways: Option<Ways>,
    settings: TenantSettings,
    source: Option<Arc<Connection>>,
}

impl Tenancy {
    /// `texts`: what tenants without texts of their own write with.
    #[must_use]
    pub fn new(config: Config, engine: Arc<Engine>, texts: Arc<TextSets>) -> Self {
        let outside = Arc::new(Outside::new(texts));
        Self { config, engine, outside, held: std::sync::Mutex::default(), looked: Mutex::default(), changed: Notify::new() }
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
    /// When the ledger fails or a new tenant's settings can't be used. One that is known keeps what it had; that is
    /// logged, and tried again.
    pub async fn take_on(&self) -> anyhow::Result<()> {
        let mut looked = self.looked.lock().await;
        let newest: BTreeMap<_, _> = self.engine.store.newest_publications().await?.into_iter().collect();
        let mut ended = Ok(());
        for (id, name) in self.engine.store.tenants().await? {
            let publication = newest.get(&id).copied().unwrap_or(0);
            let taken = match looked.taken_on.get(&id) {
                Some(known) if *known == publication => continue,
                Some(_) => self.take_on_again(id, &name).await,
                None => self.take_on_new(id, &name).await,
            };
            match taken {
                Ok(()) => drop(looked.taken_on.insert(id, publication)),
                // One that can't be taken on is tried again, and keeps nobody else.
                Err(error) if looked.taken_on.contains_key(&id) => {
                    if looked.told_of.insert(id, publication) != Some(publication) {
                        let error = format!("{error:#}");
                        tracing::error!(tenant = name, error, "what was published can't be used yet; it goes on as before");
                    }
                }
                Err(error) => ended = Err(error),
            }
        }
        ended
    }

    async fn take_on_new(&self, id: TenantId, name: &str) -> anyhow::Result<()> {
        if self.engine.confirm_mark(id).await? {
            tracing::error!(tenant = name, "fenced: the ledger is older than what was sent; see `mahnwerk fence show`");
        }
        let made = self.make(id, name, None).await?;
        match self.own_texts(id).await {
            Ok(texts) => self.outside.word(id, texts),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(tenant = name, error, "its own texts can't be used; it writes with the installation's");
            }
        }
        self.fit(id, made).await?;
        tracing::info!(tenant = name, "taken on");
        Ok(())
    }

    fn held(&self, id: TenantId) -> Option<NamedTenant> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// What was published since counts from now on. Everything is made before anything is changed.
    async fn take_on_again(&self, id: TenantId, name: &str) -> anyhow::Result<()> {
        let texts = self.own_texts(id).await?;
        let made = self.make(id, name, self.held(id).as_ref()).await?;
        self.outside.word(id, texts);
        self.fit(id, made).await?;
        tracing::info!(tenant = name, "goes by what was published");
        Ok(())
    }

    /// Everything that a tenant's settings ask for.
    async fn make(&self, id: TenantId, name: &str, held: Option<&NamedTenant>) -> anyhow::Result<Made> {
        let tenant = self.configured(id, name).await?;
        // A text or workflow that was published closes no connection and reads no fonts anew.
        let ways = match held {
            Some(held) if *held == tenant => None,
            _ => Some(self.ways(id, &tenant).await.with_context(|| format!("tenant {name}"))?),
        };
        let settings = tenant_settings(id, name, &tenant)?;
        if self.engine.tenant(id).is_err() {
            // A source's workflow is published for it. Without senders nothing of it leaves yet.
            self.engine.add_tenant(settings.clone());
        }
        let source = self.source(id, name, &tenant, held).await?;
        Ok(Made { tenant, ways, settings, source })
    }

    /// The source that the settings name. One that is asked as before, for the same workflow, goes on as it is.
    async fn source(
        &self,
        id: TenantId,
        name: &str,
        tenant: &NamedTenant,
        held: Option<&NamedTenant>,
    ) -> anyhow::Result<Option<Arc<Connection>>> {
        let Some(made) = connection(&self.engine, id, name, tenant, &self.config).await? else { return Ok(None) };
        if held.is_some_and(|held| held.lexoffice == tenant.lexoffice) {
            let known = self.engine.connection(id)?.filter(|known| known.settings.workflow == made.settings.workflow);
            return Ok(Some(known.unwrap_or_else(|| Arc::new(made))));
        }
        ask_for_backlog(&self.engine, id, name, &made).await?;
        Ok(Some(Arc::new(made)))
    }

    async fn fit(&self, id: TenantId, made: Made) -> anyhow::Result<()> {
        if let Some(ways) = made.ways {
            self.outside.open(id, ways);
        }
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
                let held = self.held(id);
                let mut problems = trial::problems(&self.engine, &self.config, id, &tenant, held.as_ref()).await?;
                if asking && problems.is_empty() {
                    problems = trial::source_problems(&self.engine, &tenant, held.as_ref()).await;
                }
                Ok(Tried { tenant: Some(tenant), problems })
            }
        }
    }

    /// The texts that were published for a tenant, above those of the installation; `None` if there are none.
    async fn own_texts(&self, id: TenantId) -> anyhow::Result<Option<Arc<TextSets>>> {
        if self.engine.store.published(id, Kind::Text).await?.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(texts_of(&self.engine.store, id, &self.config).await?)))
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
