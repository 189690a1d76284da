//! The hands of a rehearsal: effects that are recorded, or the configured queue with the real pools.

use super::Args;
use crate::adapters::letters::PrintBatch;
use crate::adapters::mail::{FileMailer, Security, SmtpMailer, SmtpSettings};
use crate::adapters::outside::{Outside, Ways};
use crate::adapters::texts::TextSets;
use crate::assembly;
use crate::config::{Config, NamedTenant};
use crate::domain::ids::TenantId;
use crate::domain::pool::Chunk;
use crate::engine::Engine;
use crate::engine::issue::Ready;
use crate::engine::perform::Work;
use crate::engine::ports::{Bell, Effects, Job, Mailer, Material, Outcome, Performer};
use crate::engine::width::Width;
use crate::workers::{PoolSizes, Pools, Queues};
use anyhow::Context;
use futures::future::BoxFuture;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How long the queue may stay silent before it is rung again.
const SILENCE: Duration = Duration::from_secs(10);

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

    fn language(&self, _: TenantId, template: &str, wanted: &str) -> String {
        self.0.resolve_language(template, wanted)
    }
}

/// The queue in the process: what was rung is performed when the driver asks.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<Vec<Chunk>>);

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

/// A performer that tells when a chunk is done.
struct Watched {
    work: Arc<Work>,
    done: Arc<Notify>,
}

impl Performer for Watched {
    fn perform(&self, chunk: Chunk) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.work.perform(chunk).await;
            self.done.notify_one();
        })
    }
}

/// What carries out the steps of a rehearsal.
pub(super) enum Hands {
    Recorded { work: Arc<Work>, shelf: Arc<Shelf> },
    Real(Box<RealHands>),
}

/// The configured queue with the real pools.
pub(super) struct RealHands {
    queues: Queues,
    pools: Pools,
    done: Arc<Notify>,
    _letters: Option<tempfile::TempDir>,
}

impl Hands {
    /// Carries out these steps and all that follow from them.
    ///
    /// # Errors
    /// When the ledger fails.
    pub(super) async fn carry_out(&self, engine: &Engine, tenant: TenantId, ready: &[Ready]) -> anyhow::Result<()> {
        let mut chunks = engine.chunks(tenant, ready);
        match self {
            Self::Recorded { work, shelf } => {
                while !chunks.is_empty() {
                    for chunk in chunks {
                        work.perform(chunk).await;
                    }
                    chunks = shelf.take();
                }
            }
            Self::Real(real) => {
                let bell = real.queues.bell();
                while engine.store.busy_steps(tenant).await? > 0 {
                    // Rung once, and again should the queue have lost it: their starts decide, not the messages.
                    bell.ring(chunks.clone()).await.map_err(anyhow::Error::msg)?;
                    self.quiet(engine, tenant, &real.done).await?;
                    chunks = engine.chunks(tenant, &engine.unheard(tenant, engine.clock.now()).await?);
                }
            }
        }
        Ok(())
    }

    /// Waits until no step is queued or in a worker's hands, or until nothing was heard for a while.
    async fn quiet(&self, engine: &Engine, tenant: TenantId, done: &Notify) -> anyhow::Result<()> {
        while engine.store.busy_steps(tenant).await? > 0 {
            if tokio::time::timeout(SILENCE, done.notified()).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) async fn close(self) {
        if let Self::Real(real) = self {
            real.pools.stop(Duration::from_secs(30)).await;
        }
    }
}

/// The hands that the command line asks for.
///
/// # Errors
/// When a part of the outside can't be opened.
pub(super) async fn open(
    args: &Args,
    config: &Config,
    tenant: &NamedTenant,
    texts: Arc<TextSets>,
    engine: Arc<Engine>,
) -> anyhow::Result<Hands> {
    if args.deliver.is_none() && args.smtp.is_none() {
        let work = Work::new(engine, Arc::new(Recorded(texts)), Width::unbounded());
        let shelf = Arc::new(Shelf::default());
        work.set_bell(shelf.clone());
        return Ok(Hands::Recorded { work, shelf });
    }
    let letters = if args.deliver.is_none() { Some(tempfile::tempdir().context("making a temporary folder")?) } else { None };
    let folder = args.deliver.as_deref().or(letters.as_ref().map(tempfile::TempDir::path)).unwrap_or(Path::new("."));
    let ways = Ways {
        mailer: mailer(args.smtp.as_deref(), folder)?,
        letters: assembly::letter_engine(&config.print, &assembly::Pictures::of_files(tenant), &tenant.layout)?,
        post: Arc::new(PrintBatch::new(folder.join("letters"))),
    };
    let outside = Outside::new(texts);
    for id in engine.tenants() {
        outside.open(id, ways.clone());
    }
    let work = Work::new(engine, Arc::new(outside), Width::new(args.workers, args.workers, args.workers));
    let tag = format!("rehearsal-{}", std::process::id());
    let mut settings = assembly::queue_settings(&config.queue, &tag);
    settings.namespace = format!("{}-{tag}", settings.namespace);
    let queues = Queues::open(&settings).await?;
    work.set_bell(queues.bell());
    let done = Arc::new(Notify::new());
    let sizes = PoolSizes { print: args.workers, send: args.workers, post: args.workers };
    let pools = queues.start(&sizes, Arc::new(Watched { work, done: done.clone() }));
    Ok(Hands::Real(Box::new(RealHands { queues, pools, done, _letters: letters })))
}

fn mailer(smtp: Option<&str>, folder: &Path) -> anyhow::Result<Arc<dyn Mailer>> {
    let Some(url) = smtp else {
        let mails = folder.join("mails");
        std::fs::create_dir_all(&mails).with_context(|| format!("making {}", mails.display()))?;
        return Ok(Arc::new(FileMailer::new(mails)));
    };
    let place = url.strip_prefix("smtp://").and_then(|rest| rest.trim_end_matches('/').rsplit_once(':'));
    let (host, port) = place.with_context(|| format!("--smtp {url}: write smtp://HOST:PORT"))?;
    let port = port.parse().with_context(|| format!("--smtp {url}: {port} is no port"))?;
    Ok(Arc::new(SmtpMailer::new(SmtpSettings::new(host, port, Security::None))?))
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
        creditor.email = "buchhaltung@muster.example".to_owned();
        creditor.phone = "+49 30 1234567".to_owned();
        creditor.contact = "Erika Muster".to_owned();
        creditor.bank = "Musterbank".to_owned();
        creditor.iban = "DE02120300000000202051".to_owned();
        creditor.bic = "BYLADEM1001".to_owned();
    }
    if tenant.mail.from.is_empty() {
        tenant.mail.from = "mahnung@muster.example".to_owned();
    }
}
