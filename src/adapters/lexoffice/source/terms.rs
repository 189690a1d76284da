//! Terms of payment. An invoice has a copy of them without an id: which of the organisation's they are is told by their text and days.

use super::super::calls::organisation::PaymentCondition;
use super::super::calls::sales::PaymentTerms;
use super::super::client::LexofficeClient;
use super::errors::SourceAnswer;
use crate::engine::source::ports::{PaymentTerm, SourceError};
use std::sync::{Arc, Mutex, PoisonError};

/// The organisation's terms, asked for once.
#[derive(Debug, Default)]
pub(super) struct Terms(Mutex<Option<Arc<[PaymentCondition]>>>);

impl Terms {
    /// The next one who wants them asks anew.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// An invoice's terms, with their id if exactly one of the organisation's is the same.
    pub(super) async fn term(&self, client: &LexofficeClient, written: &PaymentTerms) -> Result<PaymentTerm, SourceError> {
        let all = self.all(client).await?;
        let mut same = all.iter().filter(|condition| is_same(condition, written));
        let id = match (same.next(), same.next()) {
            (Some(condition), None) => Some(condition.id.clone()),
            _ => None,
        };
        let text = written.payment_term_label.clone().or_else(|| written.payment_term_label_template.clone());
        Ok(PaymentTerm { id, text: text.unwrap_or_default() })
    }

    async fn all(&self, client: &LexofficeClient) -> Result<Arc<[PaymentCondition]>, SourceError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let all: Arc<[PaymentCondition]> = match client.payment_conditions().await.answer() {
            // A key without this right still reads invoices; terms are then known by their text alone.
            Err(SourceError::Refused { why }) => {
                tracing::warn!(why, "payment terms can't be told by their ids");
                Arc::new([])
            }
            answered => answered?.into(),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(all.clone());
        Ok(all)
    }
}

fn is_same(condition: &PaymentCondition, written: &PaymentTerms) -> bool {
    condition.payment_term_label_template.is_some()
        && condition.payment_term_label_template == written.payment_term_label_template
        && condition.payment_term_duration == written.payment_term_duration
        && condition.payment_discount_conditions == written.payment_discount_conditions
}
