//! The hands of a rehearsal: effects that are recorded, or the configured queue with the real pools.

use super::Args;
use crate::adapters::texts::TextSets;
use crate::config::{Config, NamedTenant};
use crate::domain::ids::TenantId;
use crate::domain::pool::Chunk;
use crate::engine::Engine;
use crate::engine::issue::Ready;
use crate::engine::perform::Work;
use crate::engine::ports::{Bell, Effects, Job, Material, Outcome, Performer};
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};

/// Effects that are recorded in the ledger instead of done.
#[derive(Debug)]
struct Recorded(Arc<TextSets>);

impl Effects for Recorded {
    fn prepare<'a>(&'a self, _: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>> {
        Box::pin(async { Ok(Material::default()) })
    }

    fn act<'a>(&'a self, _: &'a Job, _: &'a Material) -> BoxFuture<'a, Outcome> {
        Box::pin(async { Outcome::Done { reply: "recorded".to_owned() } })
    }

    fn language(&self, template: &str, wanted: &str) -> String {
        self.0.resolve_language(template, wanted)
    }
}

/// The queue in the process: what was rung is performed when the driver asks.
#[derive(Debug, Default)]
struct Shelf(Mutex<Vec<Chunk>>);

impl Bell for Shelf {
    fn ring(&self, chunks: Vec<Chunk>) -> BoxFuture<'_, Result<(), String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(chunks);
        Box::pin(async { Ok(()) })
    }
}

impl Shelf {
    fn take(&self) -> Vec<Chunk> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What carries out the steps of a rehearsal.
pub(super) struct Hands {
    work: Arc<Work>,
    shelf: Arc<Shelf>,
}

impl Hands {
    /// Carries out these steps and all that follow from them.
    ///
    /// # Errors
    /// When the ledger fails.
    pub(super) async fn carry_out(&self, engine: &Engine, tenant: TenantId, ready: &[Ready]) -> anyhow::Result<()> {
        let mut chunks = engine.chunks(tenant, ready);
        while !chunks.is_empty() {
            for chunk in chunks {
                self.work.perform(chunk).await;
            }
            chunks = self.shelf.take();
        }
        Ok(())
    }

    pub(super) async fn close(self) {}
}

/// The hands that the command line asks for.
///
/// # Errors
/// When a part of the outside can't be opened.
pub(super) async fn open(
    _args: &Args,
    _config: &Config,
    _tenant: &NamedTenant,
    texts: Arc<TextSets>,
    engine: Arc<Engine>,
) -> anyhow::Result<Hands> {
    let work = Work::new(engine, Arc::new(Recorded(texts)));
    let shelf = Arc::new(Shelf::default());
    work.set_bell(shelf.clone());
    Ok(Hands { work, shelf })
}

/// A rehearsal needs a creditor to sign; where the configuration names none, an invented one does.
pub(super) fn complete(tenant: &mut NamedTenant) {
    let creditor = &mut tenant.tenant.creditor;
    if creditor.name.is_empty() {
        creditor.name = "Muster & Söhne GmbH".to_owned();
        creditor.street = "Beispielstraße 1".to_owned();
        creditor.postcode = "10115".to_owned();
        creditor.city = "Berlin".to_owned();
        creditor.country = "DE".to_owned();
        creditor.iban = "DE02120300000000202051".to_owned();
    }
    if tenant.mail.from.is_empty() {
        tenant.mail.from = "mahnung@muster.example".to_owned();
    }
}
