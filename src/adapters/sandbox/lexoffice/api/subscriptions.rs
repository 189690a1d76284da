//! `/event-subscriptions`: who is told of what. No change, and no two alike.

use super::super::answer::{Answer, Detail, Refusal};
use super::super::ids::Id;
use super::super::time::stamp;
use super::super::webhook::is_loopback;
use super::super::world::{EVENT_TYPES, Subscription};
use super::Call;
use serde_json::{Value, json};

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let list: Vec<Value> = call.organization.subscriptions.iter().map(|subscription| write(call, subscription)).collect();
    Ok(Answer::json(json!({ "content": list })))
}

pub(super) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let found = call.organization.subscriptions.iter().find(|subscription| Some(subscription.id) == call.id());
    found.map(|subscription| Answer::json(write(call, subscription))).ok_or_else(Refusal::not_found)
}

/// Callbacks are on this machine, in plain HTTP: the sandbox calls nobody else.
pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let body = call.asked.json().ok_or_else(|| Refusal::regular(400, "Malformed JSON"))?;
    let (event_type, callback) = (body["eventType"].as_str().unwrap_or_default(), body["callbackUrl"].as_str().unwrap_or_default());
    let mut faults = Vec::new();
    if !EVENT_TYPES.iter().any(|known| known == event_type) {
        faults.push(Detail::new("INVALID", "eventType", "unknown event type"));
    }
    if !is_loopback(callback) {
        faults.push(Detail::new("INVALID", "callbackUrl", "this sandbox calls http://127.0.0.1:PORT/… only"));
    }
    if !faults.is_empty() {
        return Err(Refusal::invalid(faults));
    }
    if call.organization.subscriptions.iter().any(|known| known.event_type == event_type && known.callback == callback) {
        return Err(Refusal::regular(409, "This subscription exists"));
    }
    let subscription = Subscription {
        id: Id::new(call.dice),
        event_type: event_type.to_owned(),
        callback: callback.to_owned(),
        created: call.now,
        key: call.key,
    };
    let id = subscription.id;
    call.organization.subscriptions.push(subscription);
    Ok(Answer::created(call.asked, id, call.now, 0))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.id();
    let before = call.organization.subscriptions.len();
    call.organization.subscriptions.retain(|subscription| Some(subscription.id) != id);
    if call.organization.subscriptions.len() == before { Err(Refusal::not_found()) } else { Ok(Answer::nothing()) }
}

/// Reads say `subscriptionId` where the answer to the making said `id`.
fn write(call: &Call<'_>, subscription: &Subscription) -> Value {
    json!({
        "subscriptionId": subscription.id, "organizationId": call.organization.id, "createdDate": stamp(subscription.created),
        "eventType": subscription.event_type, "callbackUrl": subscription.callback,
    })
}
