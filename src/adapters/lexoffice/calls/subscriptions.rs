//! Event subscriptions: what the vendor calls us for, and where.

use super::super::client::LexofficeClient;
use super::super::error::ApiError;
use super::super::request::Request;
use super::super::values::{Moment, ResourceId};
use super::super::words::EventType;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    pub subscription_id: ResourceId,
    pub event_type: EventType,
    pub callback_url: Option<String>,
    pub created_date: Option<Moment>,
}

#[derive(Deserialize)]
struct All {
    content: Vec<Subscription>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct New<'a> {
    event_type: &'a EventType,
    callback_url: &'a str,
}

#[derive(Deserialize)]
struct Created {
    id: ResourceId,
}

impl LexofficeClient {
    /// Subscribes; the subscription's id.
    ///
    /// # Errors
    /// An [`ApiError`]; `Conflict` if there is one for the same event and address.
    pub async fn subscribe(&self, event: &EventType, callback_url: &str) -> Result<ResourceId, ApiError> {
        let created: Created = self.read(&Request::post(&["event-subscriptions"], &New { event_type: event, callback_url })?).await?;
        Ok(created.id)
    }

    /// All subscriptions of the key.
    ///
    /// # Errors
    /// An [`ApiError`].
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, ApiError> {
        let all: All = self.read(&Request::get(&["event-subscriptions"])).await?;
        Ok(all.content)
    }

    /// Ends a subscription. One that is gone already is fine.
    ///
    /// # Errors
    /// An [`ApiError`].
    pub async fn unsubscribe(&self, id: &ResourceId) -> Result<(), ApiError> {
        self.remove(&Request::delete(&["event-subscriptions", id.as_str()])).await
    }
}
