//! The effects as they really happen: texts, mails, letters and the print batch, put together per tenant.
//!
//! Decides nothing about dunning; it makes what a job says and tells how it ended. The parts are in `texts`, `mail`, `letters`. `dunning`
//! is what the accounting system makes: its words, and where its documents go.

mod alike;
mod dunning;
mod enclosed;
mod letter;
mod mail;
mod owner_mail;
mod trial;

pub use trial::Trial;

use self::alike::Alike;
use super::texts::TextSets;
use crate::domain::ids::TenantId;
use crate::domain::notice::Notice;
use crate::domain::pool::Pool;
use crate::engine::ports::{Effects, Job, LetterEngine, LetterPost, Mailer, Material, Numbered, Outcome};
use crate::engine::source::ports::DunningText;
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A tenant's ways out.
#[derive(Clone)]
pub struct Ways {
    pub mailer: Arc<dyn Mailer>,
    pub letters: Arc<dyn LetterEngine>,
    pub post: Arc<dyn LetterPost>,
}

impl std::fmt::Debug for Ways {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ways").field("mailer", &self.mailer.describe()).field("letters", &self.letters.name()).finish_non_exhaustive()
    }
}

/// All tenants' ways out, and what they write.
#[derive(Debug)]
pub struct Outside {
    /// For tenants that have no texts of their own.
    texts: Arc<TextSets>,
    own_texts: RwLock<BTreeMap<TenantId, Arc<TextSets>>>,
    tenants: RwLock<BTreeMap<TenantId, Ways>>,
    alike: Alike,
}

impl Outside {
    #[must_use]
    pub fn new(texts: Arc<TextSets>) -> Self {
        Self { texts, own_texts: RwLock::default(), tenants: RwLock::default(), alike: Alike::default() }
    }

    /// Lets a tenant write with these texts from now on; `None`: with those of the installation.
    pub fn word(&self, tenant: TenantId, texts: Option<Arc<TextSets>>) {
        let mut own = self.own_texts.write().unwrap_or_else(PoisonError::into_inner);
        match texts {
            Some(texts) => own.insert(tenant, texts),
            None => own.remove(&tenant),
        };
    }

    /// What a tenant writes with.
    #[must_use]
    pub fn texts(&self, tenant: TenantId) -> Arc<TextSets> {
        let own = self.own_texts.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned();
        own.unwrap_or_else(|| self.texts.clone())
    }

    /// Gives a tenant its ways out, or other ones.
    pub fn open(&self, tenant: TenantId, ways: Ways) {
        self.tenants.write().unwrap_or_else(PoisonError::into_inner).insert(tenant, ways);
    }

    fn ways(&self, tenant: TenantId) -> Result<Ways, Outcome> {
        let held = self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned();
        held.ok_or_else(|| Outcome::Retry { reason: format!("tenant {tenant} has no senders in this process yet"), after: None })
    }
}

impl Effects for Outside {
    fn prepare<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>> {
        Box::pin(async move {
            match job.pool {
                Pool::Send => {
                    let texts = self.texts(job.tenant);
                    // Where the accounting system's dunning is the letter it travels by itself.
                    let letter = match job.attach_letter && dunning::letter(job).is_none() {
                        true => Some(letter::enclosed(texts.clone(), self.ways(job.tenant)?.letters, job).await?),
                        false => None,
                    };
                    let made = mail::prepare(&texts, job, letter)?;
                    Ok(Material { dictionary: self.alike.to(&texts, job), ..made })
                }
                Pool::Print => letter::render(self.texts(job.tenant), self.ways(job.tenant)?.letters, job).await,
                Pool::Post => Ok(letter::address(job)),
            }
        })
    }

    fn act<'a>(&'a self, job: &'a Job, material: &'a Material) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let ways = match self.ways(job.tenant) {
                Ok(ways) => ways,
                Err(outcome) => return outcome,
            };
            match (job.pool, &material.mail) {
                (Pool::Send, Some((envelope, message))) => {
                    mail::remark(job, material.letter.as_ref(), ways.mailer.send(&job.notice.id.0, envelope, &message.bytes).await)
                }
                (Pool::Send, None) => Outcome::Failed { reason: "no mail was made".to_owned() },
                // The letter was made before and is kept with the intent; printing has no other effect.
                (Pool::Print, _) => Outcome::Done { reply: format!("printed by {}", ways.letters.name()) },
                (Pool::Post, _) => letter::post(ways.post.as_ref(), job).await,
            }
        })
    }

    fn language(&self, tenant: TenantId, template: &str, wanted: &str) -> String {
        self.texts(tenant).resolve_language(template, wanted)
    }

    fn dunning_text(&self, tenant: TenantId, notice: &Notice, dunning: &Numbered<'_>) -> Result<DunningText, Outcome> {
        dunning::text(&self.texts(tenant), notice, dunning)
    }
}
