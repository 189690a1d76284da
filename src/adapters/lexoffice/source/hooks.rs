//! lexoffice tells by itself: its event subscriptions and its signed calls, as the engine wants them.

use super::super::error::{ApiError, Fault};
use super::super::words::EventType;
use super::account::LexofficeSource;
use super::errors::{SourceAnswer, id};
use crate::engine::source::ports::{ClaimKind, Event, Hooks, SourceError, Subscription, Unbelieved};
use futures::FutureExt;
use futures::future::BoxFuture;

/// What concerns every tenant.
const ALWAYS: [EventType; 13] = [
    EventType::InvoiceCreated,
    EventType::InvoiceChanged,
    EventType::InvoiceDeleted,
    EventType::InvoiceStatusChanged,
    EventType::DownPaymentInvoiceCreated,
    EventType::DownPaymentInvoiceChanged,
    EventType::DownPaymentInvoiceDeleted,
    EventType::DownPaymentInvoiceStatusChanged,
    EventType::CreditNoteStatusChanged,
    EventType::PaymentChanged,
    EventType::ContactChanged,
    EventType::ContactDeleted,
    EventType::TokenRevoked,
];
/// These tell of what is owed to suppliers, too: only where revenue vouchers are dunned.
const OF_VOUCHERS: [EventType; 4] =
    [EventType::VoucherCreated, EventType::VoucherChanged, EventType::VoucherDeleted, EventType::VoucherStatusChanged];

impl LexofficeSource {
    async fn make_subscription(&self, event: &str, callback: &str) -> Result<(), SourceError> {
        match self.client().subscribe(&EventType::from(event.to_owned()), callback).await {
            Ok(_) | Err(ApiError { fault: Fault::Conflict { .. }, .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Hooks for LexofficeSource {
    fn wanted(&self, kinds: &[ClaimKind]) -> Vec<String> {
        let vouchers = OF_VOUCHERS.iter().filter(|_| kinds.contains(&ClaimKind::RevenueVoucher));
        ALWAYS.iter().chain(vouchers).map(ToString::to_string).collect()
    }

    fn subscriptions(&self) -> BoxFuture<'_, Result<Vec<Subscription>, SourceError>> {
        let read = async {
            let all = self.client().subscriptions().await.answer()?;
            let subscription = |known: super::super::Subscription| Subscription {
                id: known.subscription_id.to_string(),
                event: known.event_type.to_string(),
                callback: known.callback_url.unwrap_or_default(),
            };
            Ok(all.into_iter().map(subscription).collect())
        };
        read.boxed()
    }

    fn subscribe<'a>(&'a self, event: &'a str, callback: &'a str) -> BoxFuture<'a, Result<(), SourceError>> {
        self.make_subscription(event, callback).boxed()
    }

    fn unsubscribe<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<(), SourceError>> {
        async move { self.client().unsubscribe(&id(subscription)?).await.answer() }.boxed()
    }

    fn signature_header(&self) -> &'static str {
        "x-lxo-signature"
    }

    fn read(&self, body: &[u8], signature: Option<&str>) -> Result<Event, Unbelieved> {
        self.webhook_key().read(body, signature)
    }
}
