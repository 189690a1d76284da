//! The tenants of a running process as they are configured now: the file's settings, and above them what was published on the pages.
//!
//! A publication counts from the next look on ([`Tenancy::take_on`]), in every process that shares the ledger.

use super::{complete, connect, letter_engine, mailer, tenant_settings, texts_of};
use crate::adapters::letters::PrintBatch;
use crate::adapters::outside::{Outside, Ways};
use crate::adapters::texts::TextSets;
use crate::config::{Config, NamedTenant};
use crate::domain::ids::TenantId;
use crate::domain::publication::Kind;
use crate::engine::Engine;
use anyhow::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, Notify};

/// All tenants of a process.
#[derive(Debug)]
pub struct Tenancy {
    pub config: Config,
    pub engine: Arc<Engine>,
    pub outside: Arc<Outside>,
    /// Up to which publication each was taken on. One look at a time.
    taken_on: Mutex<BTreeMap<TenantId, i64>>,
    /// Something was published in this process.
    pub changed: Notify,
}

impl Tenancy {
    /// `texts`: what tenants without texts of their own write with.
    #[must_use]
    pub fn new(config: Config, engine: Arc<Engine>, texts: Arc<TextSets>) -> Self {
        let outside = Arc::new(Outside::new(texts));
        Self { config, engine, outside, taken_on: Mutex::default(), changed: Notify::new() }
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
        let tenant = self.configured(id, name).await?;
        match self.own_texts(id).await {
            Ok(texts) => self.outside.word(id, texts),
            Err(error) => tracing::error!(
                tenant = name,
                error = format!("{error:#}"),
                "its own texts can't be used; it writes with the installation's"
            ),
        }
        self.outside.open(id, self.ways(&tenant).with_context(|| format!("tenant {name}"))?);
        let settings = tenant_settings(id, name, &tenant)?;
        if self.engine.confirm_mark(id).await? {
            tracing::error!(tenant = name, "fenced: the ledger is older than what was sent; see `mahnwerk fence show`");
        }
        self.engine.add_tenant(settings);
        if self.engine.apply_address_rule(id).await? {
            tracing::info!(tenant = name, "customers' addresses are chosen by the configured rule from now on");
        }
        connect(&self.engine, id, name, &self.config).await?;
        tracing::info!(tenant = name, "taken on");
        Ok(())
    }

    /// What was published since counts from now on. Everything is made before anything is changed.
    async fn take_on_again(&self, id: TenantId, name: &str) -> anyhow::Result<()> {
        let texts = self.own_texts(id).await?;
        self.outside.word(id, texts);
        connect(&self.engine, id, name, &self.config).await?;
        tracing::info!(tenant = name, "goes by what was published");
        Ok(())
    }

    /// A tenant's settings as they hold now.
    ///
    /// # Errors
    /// When the ledger fails or the settings can't be used.
    pub async fn configured(&self, _id: TenantId, name: &str) -> anyhow::Result<NamedTenant> {
        let mut tenant = self.config.tenant_named(name);
        complete(name, &mut tenant)?;
        Ok(tenant)
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

    fn ways(&self, tenant: &NamedTenant) -> anyhow::Result<Ways> {
        Ok(Ways {
            mailer: mailer(&tenant.smtp, &tenant.mail)?,
            letters: letter_engine(&self.config.print, &tenant.letterhead, &tenant.layout)?,
            post: Arc::new(PrintBatch::new(self.config.post.folder.clone())),
        })
    }
}
