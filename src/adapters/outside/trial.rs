//! Mails and letters that are no notice: what a text looks like, and tests. Made by the very code that makes notices; nothing of them
//! stands in the ledger, and no instance knows of them.

use super::{Outside, letter, mail};
use crate::adapters::texts::TextSets;
use crate::domain::ids::{StepId, TenantId};
use crate::domain::notice::Notice;
use crate::domain::pool::Pool;
use crate::domain::tenant::MailIdentity;
use crate::domain::time::Timestamp;
use crate::engine::ports::{Enclosure, Envelope, Job, Mailer, Material, Outcome};
use crate::store::documents::Document;
use std::sync::Arc;

/// What is tried.
#[derive(Clone, Debug)]
pub struct Trial {
    pub tenant: TenantId,
    /// An invented notice.
    pub notice: Notice,
    pub identity: MailIdentity,
    pub at: Timestamp,
    /// The mail takes the letter along.
    pub attach_letter: bool,
    /// The invoices' own documents that it takes along.
    pub attach: Vec<(Enclosure, Option<Document>)>,
}

impl Trial {
    pub(super) fn job(&self, pool: Pool) -> Job {
        Job {
            tenant: self.tenant,
            step: StepId(0),
            epoch: 1,
            attempt: 1,
            position: 0,
            pool,
            last: true,
            at: self.at,
            notice: self.notice.clone(),
            paper_reason: None,
            identity: self.identity.clone(),
            attach: self.attach.iter().map(|(enclosure, _)| enclosure.clone()).collect(),
            attach_letter: self.attach_letter,
            letter: None,
            dunnings: Vec::new(),
            documents: self.attach.iter().filter_map(|(enclosure, document)| enclosure.hash.zip(document.clone())).collect(),
        }
    }
}

impl Outside {
    /// The mail, with whom it would go to.
    ///
    /// # Errors
    /// Why it can't be made.
    pub async fn try_mail(&self, texts: Arc<TextSets>, trial: &Trial) -> Result<(Envelope, Document), String> {
        let job = trial.job(Pool::Send);
        let made = async {
            let letter = match trial.attach_letter {
                true => Some(letter::enclosed(texts.clone(), self.ways(trial.tenant)?.letters, &job).await?),
                false => None,
            };
            mail::prepare(&texts, &job, letter)
        };
        let Material { mail, .. } = made.await.map_err(why)?;
        mail.ok_or_else(|| "no mail was made".to_owned())
    }

    /// The letter, in the tenant's look.
    ///
    /// # Errors
    /// Why it can't be made.
    pub async fn try_letter(&self, texts: Arc<TextSets>, trial: &Trial) -> Result<Document, String> {
        let engine = self.ways(trial.tenant).map_err(why)?.letters;
        let Material { letter, .. } = letter::render(texts, engine, &trial.job(Pool::Print)).await.map_err(why)?;
        letter.ok_or_else(|| "no letter was made".to_owned())
    }

    /// What the tenant's own mails leave through.
    ///
    /// # Errors
    /// When this process has none yet.
    pub fn mailer(&self, tenant: TenantId) -> Result<Arc<dyn Mailer>, String> {
        self.ways(tenant).map(|ways| ways.mailer).map_err(why)
    }
}

fn why(outcome: Outcome) -> String {
    match outcome {
        Outcome::Retry { reason, .. } | Outcome::Failed { reason } | Outcome::Unknown { reason } => reason,
        Outcome::Done { reply } => reply,
    }
}
