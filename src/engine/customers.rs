//! What a person decides about a customer, above what sources bring: its language, the way that its notices go, the workflow of its
//! invoices to come. Each can be taken back. Its addresses: `addresses`.

use super::Engine;
use super::edition::Tenant;
use super::error::EngineError;
use super::operate::{Cause, because};
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::workflow::Channel;
use crate::store::by_hand::ByHand;

/// What is decided; `None` takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// ISO 639: two or three small letters. What is not out yet is made anew.
    Language(Option<String>),
    /// From the next notice on.
    Channel(Option<Channel>),
    /// A published workflow, by name: its newest version holds whenever an invoice comes in.
    Workflow(Option<String>),
}

impl Decision {
    /// The cause that the history has for it.
    fn word(&self) -> &'static str {
        match self {
            Self::Language(_) => "language",
            Self::Channel(_) => "channel",
            Self::Workflow(_) => "workflow",
        }
    }

    fn value(&self) -> Option<&str> {
        match self {
            Self::Language(value) | Self::Workflow(value) => value.as_deref(),
            Self::Channel(channel) => channel.map(Channel::word),
        }
    }

    fn check(&self, tenant: &Tenant) -> Result<(), EngineError> {
        match self {
            Self::Language(Some(code)) if !is_language(code) => {
                Err(EngineError::Invalid(format!("`{code}` is no language: write a code such as de or en")))
            }
            Self::Workflow(Some(name)) if tenant.newest(name).is_none() => {
                Err(EngineError::NotFound(format!("no workflow `{name}` was published here")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a text is shaped like a language's code.
fn is_language(code: &str) -> bool {
    matches!(code.len(), 2 | 3) && code.bytes().all(|letter| letter.is_ascii_lowercase())
}

impl Engine {
    /// Decides something about a customer; all that is decided about it now.
    ///
    /// # Errors
    /// When there is no such customer, language or workflow, or the ledger fails.
    pub async fn decide_for(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        decision: &Decision,
        cause: &Cause,
    ) -> Result<ByHand, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        decision.check(&unit.tenant)?;
        let unknown = || EngineError::NotFound(format!("there is no customer {}", customer.0));
        let mut decided = unit.tx.by_hand(customer).await?.ok_or_else(unknown)?;
        match decision.clone() {
            Decision::Language(language) => decided.language = language,
            Decision::Channel(channel) => decided.channel = channel,
            Decision::Workflow(workflow) => decided.workflow = workflow,
        }
        unit.tx.set_by_hand(customer, &decided).await?;
        if let Decision::Channel(_) = decision {
            // What stands in one sender's queue may belong into the other's.
            let queued = unit.tx.queued_of(customer).await?;
            unit.tx.postpone(&queued).await?;
        }
        let mut detail = because(cause);
        detail.insert("customer".to_owned(), customer.0.into());
        if let Some(value) = decision.value() {
            detail.insert("value".to_owned(), value.into());
        }
        unit.note(decision.word(), "", if decision.value().is_some() { "by_hand" } else { "as_imported" }, detail);
        unit.commit().await?;
        Ok(decided)
    }
}
